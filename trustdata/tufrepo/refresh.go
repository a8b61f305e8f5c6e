package tufrepo

import (
	"errors"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"
	"github.com/theupdateframework/go-tuf/v2/metadata/config"
	"github.com/theupdateframework/go-tuf/v2/metadata/trustedmetadata"
	"github.com/theupdateframework/go-tuf/v2/metadata/updater"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// maxRoots bounds how many versions of root one run follows.
const maxRoots = 512

// nowhere is go-tuf's folder of cached metadata. It looks there even if caching is off,
// and no file can have a name with a NUL, so it never finds one.
const nowhere = "\x00"

// refresh has go-tuf verify root, timestamp, snapshot and targets as of now. A chain of
// roots that is not the one seen before is the error that counts, whatever follows of it.
func refresh(src *source, root []byte, mem *memory, now time.Time) (*trustedmetadata.TrustedMetadata, error) {
	src.asked = trustdata.RoleRoot
	var set trustedmetadata.TrustedMetadata
	err := guarded(func() trustdata.Role { return src.asked }, func() error {
		if err := checkShape(trustdata.RoleRoot, root); err != nil {
			return err
		}
		up, err := updater.New(&config.UpdaterConfig{
			MaxRootRotations: maxRoots + 1, DisableLocalCache: true, LocalMetadataDir: nowhere,
			RootMaxLength:      notary.Limit(trustdata.RoleRoot),
			TimestampMaxLength: notary.Limit(trustdata.RoleTimestamp),
			SnapshotMaxLength:  notary.Limit(trustdata.RoleSnapshot),
			TargetsMaxLength:   notary.Limit(trustdata.RoleTargets),
			Fetcher:            src, LocalTrustedRoot: root, RemoteMetadataURL: updaterBase,
		})
		if err != nil {
			return err
		}
		up.UnsafeSetRefTime(now)
		err = up.Refresh()
		set = up.GetTrustedMetadataSet()
		return err
	})
	if err != nil {
		err = explainRoot(src.refusal(src.asked, err), set.Root, now)
	}
	if err == nil || set.Root != nil && errors.Is(err, trustdata.ErrVerify) && !isAbout(err, trustdata.RoleRoot) {
		if other := mem.checkRoot(src, set.Root); other != nil {
			return nil, other
		}
	}
	if err != nil {
		return nil, err
	}
	if len(src.roots) > maxRoots {
		return nil, trustdata.Refuse(trustdata.RoleRoot, trustdata.ReasonChain, "more than %d versions of it follow the one that was given", maxRoots)
	}
	if _, given := src.roots[set.Root.Signed.Version]; !given {
		src.raw[metadata.ROOT] = root
	}
	return &set, ended(&set, now)
}

func isAbout(err error, role trustdata.Role) bool {
	var refused *trustdata.VerifyError
	return errors.As(err, &refused) && refused.Role == role
}

// explainRoot names the role that an error is about. go-tuf looks at the end of the root
// only when it has the timestamp, and a root that is refused does not chain.
func explainRoot(err error, root *metadata.Metadata[metadata.RootType], now time.Time) error {
	var refused *trustdata.VerifyError
	if !errors.As(err, &refused) {
		return err
	}
	switch {
	case refused.Reason == trustdata.ReasonExpired && root != nil && !now.Before(root.Signed.Expires):
		return expired(trustdata.RoleRoot, root.Signed.Expires)
	case refused.Role == trustdata.RoleRoot && root != nil && (refused.Reason == trustdata.ReasonSignature || refused.Reason == trustdata.ReasonRollback):
		return trustdata.Refuse(trustdata.RoleRoot, trustdata.ReasonChain, "the version after %d: %s", root.Signed.Version, refused.Detail)
	}
	return err
}

// ended refuses a base role whose end is now. For go-tuf it is still valid then; the
// specification wants the end to lie after the time of reference.
func ended(set *trustedmetadata.TrustedMetadata, now time.Time) error {
	for _, r := range []struct {
		role trustdata.Role
		end  time.Time
	}{
		{trustdata.RoleRoot, set.Root.Signed.Expires},
		{trustdata.RoleTimestamp, set.Timestamp.Signed.Expires},
		{trustdata.RoleSnapshot, set.Snapshot.Signed.Expires},
		{trustdata.RoleTargets, set.Targets[metadata.TARGETS].Signed.Expires},
	} {
		if !now.Before(r.end) {
			return expired(r.role, r.end)
		}
	}
	return nil
}

func expired(role trustdata.Role, end time.Time) error {
	return trustdata.Refuse(role, trustdata.ReasonExpired, "expired at %s", end.UTC().Format("2006-01-02 15:04 UTC"))
}
