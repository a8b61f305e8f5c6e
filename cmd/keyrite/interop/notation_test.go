package interop_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/notaryproject/notation-go/registry"
	godigest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/registry/remote"

	"keyrite/cmd/keyrite/interop"
	nt "keyrite/trustdata/notation/notationtest"
)

type verdictJSON struct {
	Digest     string   `json:"digest"`
	Accepted   bool     `json:"accepted"`
	Verified   bool     `json:"verified"`
	Reason     string   `json:"reason"`
	Problems   []string `json:"problems"`
	Limits     []string `json:"limits"`
	Signatures []struct {
		Format   string `json:"format"`
		Status   string `json:"status"`
		Signer   string `json:"signer"`
		Store    string `json:"trust_store"`
		Failures []struct {
			Reason  string `json:"reason"`
			Message string `json:"message"`
		} `json:"failures"`
	} `json:"signatures"`
}

// signing is who signs, and a configuration folder that trusts acme's builder.
type signing struct {
	t           *testing.T
	dir         string
	acme, other *nt.Authority
	builder     *nt.Signer
}

func newSigning(t *testing.T) *signing {
	s := &signing{t: t, acme: nt.NewAuthority(t, "acme"), other: nt.NewAuthority(t, "other")}
	s.builder = s.acme.Signer("builder", nt.Leaf{})
	s.trust("strict", "*")
	return s
}

// trust makes a new folder whose policy has this level and identity.
func (s *signing) trust(level, identity string) {
	s.dir = s.t.TempDir()
	nt.Trust(s.t, s.dir, "ca", "acme", s.acme)
	st := nt.Trusting(level, "ca:acme")
	st.Identities = []string{identity}
	nt.Layout(s.t, s.dir, st)
}

// signatures are single signatures of an image, and what becomes of them.
var signatures = []struct {
	name           string
	make           func(s *signing, of ocispec.Descriptor) (kind string, envelope []byte)
	status, reason string
}{
	{"jws", func(s *signing, of ocispec.Descriptor) (string, []byte) { return nt.JWS, s.builder.Sign(nt.JWS, of) }, "verified", ""},
	{"cose", func(s *signing, of ocispec.Descriptor) (string, []byte) { return nt.COSE, s.builder.Sign(nt.COSE, of) }, "verified", ""},
	{"expired", func(s *signing, of ocispec.Descriptor) (string, []byte) {
		at := time.Now().AddDate(0, -1, 0)
		return nt.JWS, s.builder.SignPast(nt.JWS, of, nt.Past{At: at, Expires: at.AddDate(0, 0, 1)})
	}, "failed", "expired"},
	{"certificate", func(s *signing, of ocispec.Descriptor) (string, []byte) {
		old := s.acme.Signer("builder", nt.Leaf{Begins: time.Now().AddDate(-2, 0, 0), Ends: time.Now().AddDate(-1, 0, 0)})
		return nt.COSE, old.SignPast(nt.COSE, of, nt.Past{At: time.Now().AddDate(-1, -6, 0)})
	}, "failed", "certificate"},
	{"timestamp", func(s *signing, of ocispec.Descriptor) (string, []byte) {
		clock := nt.NewAuthority(s.t, "clock")
		nt.Trust(s.t, s.dir, "tsa", "clock", clock)
		nt.Layout(s.t, s.dir, nt.Trusting("strict", "ca:acme", "tsa:clock"))
		old, at := s.acme.Signer("builder", nt.Leaf{Begins: time.Now().AddDate(-2, 0, 0), Ends: time.Now().AddDate(-1, 0, 0)}), time.Now().AddDate(-1, -6, 0)
		return nt.COSE, old.SignPast(nt.COSE, of, nt.Past{At: at, Clock: clock.Clock(at)})
	}, "verified", ""},
	{"untrusted", func(s *signing, of ocispec.Descriptor) (string, []byte) {
		return nt.COSE, s.other.Signer("builder", nt.Leaf{}).Sign(nt.COSE, of)
	}, "failed", "untrusted"},
	{"audit", func(s *signing, of ocispec.Descriptor) (string, []byte) {
		s.trust("audit", "*")
		return nt.JWS, s.other.Signer("builder", nt.Leaf{}).Sign(nt.JWS, of)
	}, "accepted", "untrusted"},
	{"identity", func(s *signing, of ocispec.Descriptor) (string, []byte) {
		s.trust("strict", "x509.subject: C=US, ST=WA, O=acme, CN=release")
		return nt.JWS, s.builder.Sign(nt.JWS, of)
	}, "failed", "identity"},
	{"altered", func(s *signing, of ocispec.Descriptor) (string, []byte) {
		envelope := s.builder.Sign(nt.JWS, of)
		envelope[strings.Index(string(envelope), "payload")+40] ^= 1
		return nt.JWS, envelope
	}, "failed", "integrity"},
	{"another", func(s *signing, of ocispec.Descriptor) (string, []byte) {
		of.Digest = godigest.FromString("another")
		return nt.COSE, s.builder.Sign(nt.COSE, of)
	}, "failed", "other_digest"},
	{"plugin", func(s *signing, of ocispec.Descriptor) (string, []byte) {
		return nt.JWS, s.builder.SignPast(nt.JWS, of, nt.Past{Plugin: "acme-verify"})
	}, "failed", "plugin"},
	{"none", nil, "", "no_signature"},
}

// notationWorld is a registry as both programs reach it.
type notationWorld struct {
	t        *testing.T
	registry *interop.Registry
	env      []string // notation's
	flags    []string // notation's
	keyrite  *interop.Keyrite
}

const judgedRepository = "team/app"

// push has notation-go's own client store a signature of an image.
func (w *notationWorld) push(tag string, make func(ocispec.Descriptor) (string, []byte)) (digest string) {
	w.t.Helper()
	image := w.registry.Push(judgedRepository, tag, tag)
	if make == nil {
		return image.Digest
	}
	repo, err := remote.NewRepository(strings.TrimPrefix(w.registry.URL, "http://") + "/" + judgedRepository)
	if err != nil {
		w.t.Fatal(err)
	}
	repo.PlainHTTP = true
	target := ocispec.Descriptor{MediaType: ocispec.MediaTypeImageManifest, Digest: godigest.Digest(image.Digest), Size: image.Length}
	kind, envelope := make(target)
	if _, _, err := registry.NewRepository(repo).PushSignature(context.Background(), kind, envelope, target, nil); err != nil {
		w.t.Fatal(err)
	}
	return image.Digest
}

// stock is what the real notation says of a digest under a configuration folder.
func (w *notationWorld) stock(dir, digest string) interop.Result {
	w.t.Helper()
	args := append([]string{"NOTATION_CONFIG=" + dir}, w.env...)
	args = append(args, interop.Peer(w.t, "notation"), "verify", w.registry.Host+"/"+judgedRepository+"@"+digest)
	return interop.TryExec(w.t, w.t.TempDir(), "/usr/bin/env", append(args, w.flags...)...)
}

func (w *notationWorld) run() {
	for _, tt := range signatures {
		w.t.Run(tt.name, func(t *testing.T) {
			s := newSigning(t)
			var attach func(ocispec.Descriptor) (string, []byte)
			if tt.make != nil {
				attach = func(of ocispec.Descriptor) (string, []byte) { return tt.make(s, of) }
			}
			digest := w.push(tt.name, attach)
			k := *w.keyrite
			tag := w.registry.Host + "/" + judgedRepository + ":" + tt.name
			r := k.Try("--json", "notation", "verify", tag, "--notation-config", s.dir)
			var v verdictJSON
			if err := json.Unmarshal([]byte(r.Stdout), &v); err != nil {
				t.Fatalf("%v in\n%s", err, r.Output())
			}
			stock := w.stock(s.dir, digest)
			if (stock.Code == 0) != v.Accepted || r.Code != map[bool]int{true: 0, false: 3}[v.Accepted] || v.Digest != digest {
				t.Errorf("exit %d, accepted %v; notation exits with %d\n%s\n%s", r.Code, v.Accepted, stock.Code, r.Output(), stock.Output())
			}
			text := k.Try("notation", "verify", w.registry.Host+"/"+judgedRepository+"@"+digest, "--notation-config", s.dir)
			if text.Code != r.Code || !strings.Contains(text.Stdout, digest) {
				t.Errorf("text: exit %d\n%s", text.Code, text.Output())
			}
			if tt.status == "" {
				if v.Reason != tt.reason || len(v.Signatures) != 0 {
					t.Errorf("%+v", v)
				}
				return
			}
			if len(v.Signatures) != 1 || v.Signatures[0].Status != tt.status || v.Verified != (tt.status == "verified") {
				t.Fatalf("%+v", v)
			}
			one := v.Signatures[0]
			if tt.reason == "" {
				if one.Store != "ca:acme" || one.Signer != "CN=builder,O=acme,ST=WA,C=US" || len(one.Failures) != 0 || !strings.Contains(text.Stdout, one.Signer) {
					t.Errorf("%+v\n%s", one, text.Stdout)
				}
			} else if len(one.Failures) == 0 || one.Failures[0].Reason != tt.reason || !strings.Contains(text.Stdout, one.Failures[0].Message) {
				t.Errorf("%+v, want %q\n%s", one, tt.reason, text.Stdout)
			}
		})
	}
}

// TestNotationVerdicts: notation's own program and keyrite say the same of signatures that
// notation's library made and stored, where the registry lists what refers to a digest.
func TestNotationVerdicts(t *testing.T) {
	t.Parallel()
	w := &notationWorld{t: t, registry: interop.StartReferrersRegistry(t), flags: []string{"--insecure-registry"}, keyrite: interop.NewKeyrite(t)}
	w.run()
}

// TestNotationVerdictsBehindLogin: the same where a registry does not list that, and asks
// for a login with tokens.
func TestNotationVerdictsBehindLogin(t *testing.T) {
	t.Parallel()
	ca := interop.NewAuthority(t)
	tokens := interop.StartTokenService(t, ca)
	tokens.Rule(func(r *interop.TokenRules) { r.Passwords = map[string]string{"alice": alicePassword} })
	k := interop.NewKeyrite(t)
	k.Args = []string{"--tls-ca", ca.File}
	w := &notationWorld{t: t, registry: interop.StartTokenRegistry(t, ca, tokens, tokens.Realm, judgedRepository), keyrite: k,
		env: []string{"SSL_CERT_FILE=" + ca.File, "NOTATION_USERNAME=alice", "NOTATION_PASSWORD=" + alicePassword}}
	put(t, filepath.Join(k.DockerConfig(), "config.json"), fmt.Sprintf(`{"auths":{%q:{"auth":%q}}}`, w.registry.Host,
		base64.StdEncoding.EncodeToString([]byte("alice:"+alicePassword))))
	w.run()
	if len(tokens.Asked()) == 0 {
		t.Error("nobody asked for a token")
	}
}

// TestRatifyVerdict: a cluster's configuration of the shape that AKS documents gives the
// verdict, with its limits beside it.
func TestRatifyVerdict(t *testing.T) {
	t.Parallel()
	s := newSigning(t)
	w := &notationWorld{t: t, registry: interop.StartReferrersRegistry(t), keyrite: interop.NewKeyrite(t)}
	raw, err := os.ReadFile(filepath.Join(interop.Root(t), "trustdata", "notation", "testdata", "aks.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	pem := strings.ReplaceAll(strings.TrimSpace(string(s.acme.PEM())), "\n", "\n      ")
	file := filepath.Join(t.TempDir(), "aks.yaml")
	put(t, file, strings.Replace(string(raw), "      CERTIFICATE\n", "      "+pem+"\n", 1))
	good := w.push("good", func(of ocispec.Descriptor) (string, []byte) { return nt.COSE, s.builder.Sign(nt.COSE, of) })
	bad := w.push("bad", func(of ocispec.Descriptor) (string, []byte) {
		return nt.JWS, s.other.Signer("builder", nt.Leaf{}).Sign(nt.JWS, of)
	})
	at := w.registry.Host + "/" + judgedRepository + "@"
	if v := interop.JSON[verdictJSON](w.keyrite, "notation", "verify", at+good, "--ratify", file); !v.Verified || v.Signatures[0].Store != "ca:certs" || len(v.Limits) == 0 {
		t.Errorf("good: %+v", v)
	}
	r := w.keyrite.Try("notation", "verify", at+bad, "--ratify", file)
	if r.Code != 3 || !strings.Contains(r.Stdout, "no certificate in ca:certs vouches") || !strings.Contains(r.Stdout, "reports what it refuses and stops nothing") {
		t.Errorf("bad: exit %d\n%s", r.Code, r.Output())
	}
}

// TestNotationRevocation: notation always asks whether a certificate was revoked; keyrite
// does so when it is told to, and says otherwise that it did not.
func TestNotationRevocation(t *testing.T) {
	t.Parallel()
	s := newSigning(t)
	w := &notationWorld{t: t, registry: interop.StartReferrersRegistry(t), flags: []string{"--insecure-registry"}, keyrite: interop.NewKeyrite(t)}
	var asked atomic.Int32
	var list []byte
	host := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		rw.Write(list)
	}))
	defer host.Close()
	builder := s.acme.Signer("builder", nt.Leaf{CRL: []string{host.URL + "/acme.crl"}})
	list = s.acme.RevocationList(builder)
	digest := w.push("revoked", func(of ocispec.Descriptor) (string, []byte) { return nt.JWS, builder.Sign(nt.JWS, of) })
	verify := []string{"notation", "verify", w.registry.Host + "/" + judgedRepository + "@" + digest, "--notation-config", s.dir}

	r := w.keyrite.Run(verify...)
	if !strings.Contains(r.Stdout, "whether its certificate was revoked was not asked") || !strings.Contains(r.Stdout, strings.TrimPrefix(host.URL, "http://")+" would know: --revocation asks") || asked.Load() != 0 {
		t.Errorf("not asked: %d requests\n%s", asked.Load(), r.Stdout)
	}
	r = w.keyrite.Try(append(verify, "--revocation")...)
	if r.Code != 3 || !strings.Contains(r.Stdout, "its certificate was revoked") || asked.Load() == 0 {
		t.Errorf("asked: exit %d, %d requests\n%s", r.Code, asked.Load(), r.Output())
	}
	if stock := w.stock(s.dir, digest); stock.Code == 0 {
		t.Errorf("notation accepts it: %s", stock.Output())
	}
}
