#!/bin/sh
# Says which programs of the tests are missing, and installs them on Debian as root.
# NO_APT=1 leaves the machine as it is.
set -eu

# program:the Debian packages that bring it
needed="age:age tmux:tmux strace:strace cc:gcc,libc6-dev dbus-daemon:dbus mkfs.ext4:e2fsprogs mkfs.vfat:dosfstools fusefat:fusefat mkfs.exfat:exfatprogs mount.exfat-fuse:exfat-fuse gnome-keyring-daemon:gnome-keyring mariadbd:mariadb-server-core"

missing=
for pair in $needed; do
	if ! command -v "${pair%%:*}" >/dev/null; then
		missing="$missing $(echo "${pair#*:}" | tr , ' ')"
	fi
done
if [ -z "$missing" ]; then
	echo "packages: all there"
	exit 0
fi
echo "packages: missing, install them with: apt-get install --no-install-recommends$missing"
if [ "${NO_APT:-}" = 1 ]; then
	echo "packages: not installed, because of NO_APT=1"
elif [ ! -e /etc/debian_version ] || [ "$(id -u)" != 0 ]; then
	echo "packages: not installed, because this is not Debian as root"
else
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq
	# shellcheck disable=SC2086 # a list of names without spaces
	apt-get install -y -qq --no-install-recommends $missing
fi
