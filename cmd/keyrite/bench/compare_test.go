package bench

import (
	"encoding/hex"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"keyrite/cmd/keyrite/interop"
	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

const triedCompare = "Tried and kept: 24 requests at once over kept connections, none of them for a body. What remains is the line: a list of " +
	"tags, and a round trip for every 24 of them."

// comparison says of 1,000 tags whether each is what the registry serves, with both servers
// behind a slow line. The way without keyrite is the list of what is signed, and then one HEAD
// a tag over one kept connection, which is kinder than a process for each.
func (s stand) comparison(t *table) {
	const tags, delay = 1_000, 20 * time.Millisecond
	reg := interop.StartRegistry(s.b)
	image := reg.Push("team/app", tagName(0), "compared")
	sum, err := hex.DecodeString(strings.TrimPrefix(image.Digest, "sha256:"))
	must(s.b, err)
	signed := map[string]notary.Entry{}
	for i := range tags {
		reg.Tag("team/app", tagName(i), image)
		signed[tagName(i)] = notary.Entry{Hashes: notary.Hashes{SHA256: sum}, Length: image.Length}
	}
	gun := trustdata.GUN(reg.Host + "/team/app")
	size := publishSigned(s.b, generate(s.b), s.server, "", gun, signed)
	trust, ca := secured(s.b, delayed(s.b, s.server, delay))
	slow := delayed(s.b, reg.URL, delay)

	ours := once(s.b, s.ours(true, trust, "", "--tls-ca", ca, "--registry", slow, "tags", "--compare", string(gun))())
	list, who := s.listing(trust, ca, string(gun))
	stock := once(s.b, list)
	begin := time.Now()
	for i := range tags {
		s.head(slow+"/v2/team/app/manifests/"+tagName(i), image.Digest)
	}
	stock.Wall += time.Since(begin)
	t.add("compare 1000 tags with the registry, 20 ms each way; "+who+", then one HEAD a tag", "at most 3s", ours, stock, s.rates.metadata(size, size, 1, 7, delay), triedCompare)
}

// listing is what a stock client says of the signed tags, and which one.
func (s stand) listing(server, ca, gun string) (*exec.Cmd, string) {
	home := s.b.TempDir()
	docker, err := exec.LookPath("docker")
	if err != nil || exec.Command(docker, "trust", "inspect", "--help").Run() != nil {
		cmd := s.stock(true, server, "", "--tlscacert", ca, "list", gun)()
		return cmd, "notary list"
	}
	tls := filepath.Join(home, "tls", strings.TrimPrefix(server, "https://"))
	must(s.b, os.MkdirAll(tls, 0o700))
	pem, err := os.ReadFile(ca)
	must(s.b, err)
	must(s.b, os.WriteFile(filepath.Join(tls, "ca.crt"), pem, 0o600))
	cmd := exec.Command(docker, "trust", "inspect", gun)
	cmd.Env = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "DOCKER_CONFIG=" + home, "DOCKER_CONTENT_TRUST_SERVER=" + server}
	return cmd, "docker trust inspect"
}

// head asks what a tag is, and stops the run where it is not what it should be.
func (s stand) head(url, digest string) {
	req, err := http.NewRequestWithContext(s.b.Context(), http.MethodHead, url, nil)
	must(s.b, err)
	req.Header.Set("Accept", "application/vnd.oci.image.manifest.v1+json")
	resp, err := http.DefaultClient.Do(req)
	must(s.b, err)
	resp.Body.Close()
	if got := resp.Header.Get("Docker-Content-Digest"); got != digest {
		s.b.Fatalf("%s: %s with digest %q", url, resp.Status, got)
	}
}
