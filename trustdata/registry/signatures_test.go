package registry

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"keyrite/trustdata"
	"keyrite/trustdata/access"
)

// shelf is a registry with what a test puts on it. Its zero value has the referrers API,
// which lists what was attached.
type shelf struct {
	noAPI  bool
	pages  int // the entries of a page, 0 for all on one
	bodies map[string]string
	refers map[string][]string // entries by the digest that they refer to

	mu    sync.Mutex
	asked []string
}

const imageType = "application/vnd.oci.image.manifest.v1+json"

func (s *shelf) put(body string, names ...string) string {
	if s.bodies == nil {
		s.bodies, s.refers = map[string]string{}, map[string][]string{}
	}
	for _, n := range append(names, "sha256:"+hexOf(body)) {
		s.bodies[n] = body
	}
	return hexOf(body)
}

// attach puts a manifest that refers to on, and lists it with these members in its entry.
func (s *shelf) attach(on, manifest, entry string) string {
	digest := s.put(strings.ReplaceAll(manifest, "SUBJECT", on))
	s.refers[on] = append(s.refers[on], fmt.Sprintf(`{"mediaType":%q,"digest":"sha256:%s","size":%d%s}`, imageType, digest, len(manifest), entry))
	return digest
}

// settle gives a registry without the API the tags that stand in for it.
func (s *shelf) settle() {
	for on, entries := range s.refers {
		if s.noAPI {
			s.put(index(entries...), "sha256-"+on)
		}
	}
}

func index(entries ...string) string {
	return fmt.Sprintf(`{"schemaVersion":2,"mediaType":%q,"manifests":[%s]}`, indexType, strings.Join(entries, ","))
}

func (s *shelf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rest, _ := strings.CutPrefix(r.URL.Path, "/v2/acme/web/")
	s.mu.Lock()
	s.asked = append(s.asked, rest)
	s.mu.Unlock()
	if on, ok := strings.CutPrefix(rest, "referrers/sha256:"); ok && !s.noAPI {
		s.list(w, r, on)
		return
	}
	name, ok := strings.CutPrefix(rest, "manifests/")
	body, there := s.bodies[name]
	switch {
	case !ok:
		http.NotFound(w, r) // as a router answers that has no such route
	case !there:
		notFound(w, "MANIFEST_UNKNOWN")
	default:
		io.WriteString(w, body)
	}
}

func (s *shelf) list(w http.ResponseWriter, r *http.Request, on string) {
	entries, from := s.refers[on], 0
	fmt.Sscanf(r.URL.Query().Get("from"), "%d", &from)
	w.Header().Set("Content-Type", indexType)
	if s.pages > 0 && from+s.pages < len(entries) {
		w.Header().Set("Link", fmt.Sprintf(`<%s?from=%d>; rel="next"`, r.URL.Path, from+s.pages))
		entries = entries[:from+s.pages]
	}
	io.WriteString(w, index(entries[from:]...))
}

// The manifests of each form, as the tools write them; SUBJECT is what they refer to.
const (
	subject  = `"subject":{"mediaType":"` + imageType + `","digest":"sha256:SUBJECT","size":1}`
	emptyCfg = `"config":{"mediaType":"` + emptyType + `","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2}`

	notationNew = `{"schemaVersion":2,"artifactType":"` + notationType + `",` + emptyCfg + `,"layers":[{"mediaType":"application/jose+json"}],` + subject +
		`,"annotations":{"io.cncf.notary.x509chain.thumbprint#S256":"[\"` + thumb + `\"]"}}`
	notationOld = `{"schemaVersion":2,"config":{"mediaType":"` + notationType + `"},"layers":[{"mediaType":"application/cose"}],` + subject +
		`,"annotations":{"io.cncf.notary.x509chain.thumbprint#S256":"[\"` + thumb + `\"]"}}`
	notationArtifact = `{"mediaType":"application/vnd.oci.artifact.manifest.v1+json","artifactType":"` + notationType + `","blobs":[{"mediaType":"application/jose+json"}],` + subject + `}`
	bundleSigned     = `{"schemaVersion":2,"artifactType":"application/vnd.dev.sigstore.bundle.v0.3+json",` + emptyCfg + `,"layers":[{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json"}],` + subject +
		`,"annotations":{"dev.sigstore.bundle.content":"dsse-envelope","dev.sigstore.bundle.predicateType":"https://sigstore.dev/cosign/sign/v1"}}`
	experimental = `{"schemaVersion":2,"config":{"mediaType":"application/vnd.dev.cosign.artifact.sig.v1+json"},"layers":[{"mediaType":"application/vnd.dev.cosign.simplesigning.v1+json"}],` + subject + `}`
	sigTag       = `{"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json"},"layers":[{"mediaType":"application/vnd.dev.cosign.simplesigning.v1+json","annotations":{"dev.cosignproject.cosign/signature":"MEUC"}}]}`

	thumb = "3b1f0b2a6c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7"
)

// attested are bundles and others that are no signatures.
var (
	attested  = strings.Replace(bundleSigned, "https://sigstore.dev/cosign/sign/v1", "https://slsa.dev/provenance/v1", 1)
	nameless  = strings.Replace(bundleSigned, `,"annotations":{"dev.sigstore.bundle.content":"dsse-envelope","dev.sigstore.bundle.predicateType":"https://sigstore.dev/cosign/sign/v1"}`, "", 1)
	message   = strings.Replace(bundleSigned, `"dsse-envelope","dev.sigstore.bundle.predicateType":"https://sigstore.dev/cosign/sign/v1"`, `"message-signature"`, 1)
	typeless  = strings.Replace(bundleSigned, `"artifactType":"application/vnd.dev.sigstore.bundle.v0.3+json",`, "", 1)
	noPayload = strings.Replace(notationNew, `"application/jose+json"`, `"text/plain"`, 1)
)

// TestSignatureForms holds every form, listed by the API and by the tag that stands in for
// it, one entry on a page.
func TestSignatureForms(t *testing.T) {
	of := func(typ string) string { return fmt.Sprintf(`,"artifactType":%q`, typ) }
	for _, tt := range []struct {
		name, manifest, entry string
		kind, form            string // "" for none
		certificates          []string
		problem               string
	}{
		{"Notation", notationNew, of(notationType), Notation, FormNotation, []string{thumb}, ""},
		{"Notation without a type in the list", notationNew, "", Notation, FormNotation, []string{thumb}, ""},
		{"Notation, old", notationOld, of(notationType), Notation, FormNotationConfig, []string{thumb}, ""},
		{"Notation, old, listed by its config", notationOld, "", Notation, FormNotationConfig, []string{thumb}, ""},
		{"Notation, artifact manifest", notationArtifact, of(notationType), Notation, FormNotation, nil, ""},
		{"Notation without an envelope", noPayload, of(notationType), "", "", nil, "holds no envelope"},
		{"cosign 3", bundleSigned, of("application/vnd.dev.sigstore.bundle.v0.3+json"), Cosign, FormBundle, nil, ""},
		{"cosign 3, listed as empty", bundleSigned, of(emptyType), Cosign, FormBundle, nil, ""},
		{"cosign 3, told by its layer", typeless, of(emptyType), Cosign, FormBundle, nil, ""},
		{"cosign 3, a later version", strings.ReplaceAll(bundleSigned, "v0.3", "v0.9"), of("application/vnd.dev.sigstore.bundle.v0.9+json"), Cosign, FormBundle, nil, ""},
		{"bundle of a message", message, of("application/vnd.dev.sigstore.bundle.v0.3+json"), Cosign, FormBundle, nil, ""},
		{"attestation", attested, of("application/vnd.dev.sigstore.bundle.v0.3+json"), "", "", nil, ""},
		{"attestation, listed as empty", attested, of(emptyType), "", "", nil, ""},
		{"attestation, told by the list", attested, of("application/vnd.dev.sigstore.bundle.v0.3+json") + `,"annotations":{"dev.sigstore.bundle.predicateType":"https://slsa.dev/provenance/v1"}`, "", "", nil, ""},
		{"bundle of nobody knows what", nameless, of("application/vnd.dev.sigstore.bundle.v0.3+json"), "", "", nil, "does not say whether"},
		{"cosign 2, experimental", experimental, of(cosignSigType), Cosign, FormReferrer, nil, ""},
		{"cosign 2, experimental, no type in the list", experimental, "", Cosign, FormReferrer, nil, ""},
		{"SBOM", `{"schemaVersion":2,"artifactType":"application/spdx+json",` + emptyCfg + `,"layers":[],` + subject + `}`, of("application/spdx+json"), "", "", nil, ""},
		{"SBOM without a type in the list", `{"schemaVersion":2,"artifactType":"application/spdx+json",` + emptyCfg + `,"layers":[],` + subject + `}`, "", "", "", nil, ""},
	} {
		for _, noAPI := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, noAPI %v", tt.name, noAPI), func(t *testing.T) {
				s := &shelf{noAPI: noAPI, pages: 1}
				on := s.put(manifest, "v1")
				s.attach(on, `{"schemaVersion":2,"other":1,`+subject+`}`, of("application/spdx+json"))
				digest := s.attach(on, tt.manifest, tt.entry)
				s.settle()
				var want []Signature
				if tt.kind != "" {
					want = []Signature{{tt.kind, tt.form, digest, on, tt.certificates}}
				}
				f := newClient(t, s.ServeHTTP).Signatures(t.Context(), on)
				if d := cmp.Diff(want, f.Signatures, cmpopts.EquateEmpty()); d != "" || f.Err != nil {
					t.Errorf("%v: %s", f.Err, d)
				}
				if said := strings.Join(f.Problems, "\n"); (said != "") != (tt.problem != "") || !strings.Contains(said, tt.problem) {
					t.Errorf("problems %q, want %q", said, tt.problem)
				}
			})
		}
	}
}

// TestSignatureTag reads cosign's older tag, each of its signatures with the certificate that
// is beside it.
func TestSignatureTag(t *testing.T) {
	s := &shelf{}
	on := s.put(manifest)
	by := func(certificate string) string {
		pem := "-----BEGIN CERTIFICATE-----\\n" + base64.StdEncoding.EncodeToString([]byte(certificate)) + "\\n-----END CERTIFICATE-----\\n"
		return `{"mediaType":"` + cosignPayload + `","annotations":{"dev.cosignproject.cosign/signature":"MEUC","dev.sigstore.cosign/certificate":"` + pem + `"}}`
	}
	only := sigTag[strings.Index(sigTag, `"layers":[`)+len(`"layers":[`) : len(sigTag)-len("]}")]
	unsigned := `{"mediaType":"` + cosignPayload + `"}`
	digest := s.put(strings.Replace(sigTag, only, strings.Join([]string{by("abc"), unsigned, only, by("def")}, ","), 1), "sha256-"+on+".sig")
	f := newClient(t, s.ServeHTTP).Signatures(t.Context(), on)
	want := []Signature{{Cosign, FormTag, digest, on, []string{hexOf("abc")}}, {Cosign, FormTag, digest, on, nil}, {Cosign, FormTag, digest, on, []string{hexOf("def")}}}
	if d := cmp.Diff(want, f.Signatures); d != "" || f.Err != nil || f.Problems != nil {
		t.Errorf("%v, %q: %s", f.Err, f.Problems, d)
	}
	s.put(manifest, "sha256-"+on+".sig")
	f = newClient(t, s.ServeHTTP).Signatures(t.Context(), on)
	if f.Signatures != nil || len(f.Problems) != 1 || !strings.Contains(f.Problems[0], "has the name of a cosign signature") {
		t.Errorf("an image under the tag: %+v", f)
	}
}

// TestSignaturesOfParts tells which manifest of an index a signature is on, the index first.
func TestSignaturesOfParts(t *testing.T) {
	s := &shelf{}
	amd, arm := s.put(manifest), s.put(manifest+" ")
	entry := func(d string) string { return fmt.Sprintf(`{"digest":"sha256:%s"}`, d) }
	on := s.put(index(entry(amd), entry(arm), entry(amd), entry("sha512:1")))
	onArm := s.attach(arm, experimental, "")
	onIndex := s.attach(on, notationNew, "")
	f := newClient(t, s.ServeHTTP).Signatures(t.Context(), on)
	want := []Signature{{Notation, FormNotation, onIndex, on, []string{thumb}}, {Cosign, FormReferrer, onArm, arm, nil}}
	if d := cmp.Diff(want, f.Signatures); d != "" || f.Err != nil {
		t.Errorf("%v: %s", f.Err, d)
	}
	if got := f.On(on, ""); len(got) != 1 || len(f.On(on, Cosign)) != 0 || len(f.On(on, Notation)) != 1 {
		t.Errorf("on the index itself: %+v", got)
	}
	for _, asked := range s.asked {
		if strings.Contains(asked, "?") || strings.Contains(asked, "artifactType") {
			t.Errorf("asked the registry to filter: %q", asked)
		}
	}
}

// TestSignaturesOfWhatIsGone are those left on a manifest that was deleted.
func TestSignaturesOfWhatIsGone(t *testing.T) {
	s := &shelf{}
	s.put(manifest)
	on := hexOf("deleted")
	s.attach(on, notationNew, "")
	if f := newClient(t, s.ServeHTTP).Signatures(t.Context(), on); len(f.Signatures) != 1 || f.Err != nil {
		t.Errorf("%+v", f)
	}
}

func TestSignaturesHostile(t *testing.T) {
	on := hexOf(manifest)
	tests := []struct {
		name string
		make func(*shelf)
		// front answers in place of the shelf where it returns true.
		front   func(w http.ResponseWriter, r *http.Request) bool
		is      error
		problem string
		count   int
	}{
		{name: "signature of something else", problem: "and does not", make: func(s *shelf) {
			s.attach(on, strings.ReplaceAll(notationNew, "SUBJECT", hexOf("other")), "")
		}},
		{name: "signature of nothing", problem: "and does not", make: func(s *shelf) {
			s.attach(on, strings.Replace(notationNew, subject+",", "", 1), "")
		}},
		{name: "signature by another hash", problem: "and does not", make: func(s *shelf) {
			s.attach(on, strings.Replace(notationNew, "sha256:SUBJECT", "sha512:SUBJECT", 1), "")
		}},
		{name: "listed and not there", problem: "does not have it", make: func(s *shelf) {
			delete(s.bodies, "sha256:"+s.attach(on, notationNew, ""))
		}},
		{name: "other bytes", problem: "other bytes", make: func(s *shelf) {
			s.bodies["sha256:"+s.attach(on, notationNew, "")] = `{"schemaVersion":2}`
		}},
		{name: "no manifest", problem: "is no manifest", make: func(s *shelf) { s.attach(on, `["SUBJECT"]`, "") }},
		{name: "members of wrong types", problem: "is no manifest", make: func(s *shelf) { s.attach(on, `{"annotations":7,`+subject+`}`, "") }},
		{name: "thumbprints that are none", count: 1, make: func(s *shelf) {
			s.attach(on, strings.Replace(notationNew, thumb, `\u001b[2J`, 1), "")
		}},
		{name: "the same three times", count: 1, make: func(s *shelf) {
			s.attach(on, notationNew, "")
			s.attach(on, notationNew, "")
			s.attach(on, notationNew, "")
		}},
		{name: "digests that are none", make: func(s *shelf) {
			s.refers[on] = []string{`{"digest":"sha256:../../x"}`, `{"digest":"md5:1"}`, `{}`}
		}},
		{name: "an index that contains itself", make: func(s *shelf) {
			s.refers[on] = []string{fmt.Sprintf(`{"digest":"sha256:%s"}`, on)}
		}},
		{name: "very many", problem: "than was looked at", count: maxSignatures, make: func(s *shelf) {
			for i := range maxSignatures + 100 {
				s.attach(on, strings.Replace(notationNew, `"schemaVersion":2`, fmt.Sprintf(`"schemaVersion":2,"n":%d`, i), 1), "")
			}
		}},
		{name: "very many that are none", make: func(s *shelf) {
			for i := range 5000 {
				s.refers[on] = append(s.refers[on], fmt.Sprintf(`{"digest":"sha256:%s","artifactType":"text/plain"}`, hexOf(fmt.Sprint(i))))
			}
		}},
		{name: "endless pages", problem: "than was looked at", front: func() func(http.ResponseWriter, *http.Request) bool {
			var n atomic.Int32
			return func(w http.ResponseWriter, r *http.Request) bool {
				if strings.Contains(r.URL.Path, "/referrers/") {
					w.Header().Set("Content-Type", indexType)
					w.Header().Set("Link", fmt.Sprintf(`<?n=%d>; rel="next"`, n.Add(1)))
					io.WriteString(w, index())
					return true
				}
				return false
			}
		}()},
		{name: "pages in a circle", is: ErrPages, front: answerReferrers(indexType, index(), `</v2/acme/web/referrers/sha256:`+on+`>; rel="next"`)},
		{name: "pages that lead elsewhere", is: ErrPages, front: answerReferrers(indexType, index(), `<http://elsewhere.example/>; rel="next"`)},
		{name: "a huge page", is: access.ErrTooLarge, front: answerReferrers(indexType, strings.Repeat(" ", maxReferrerPage+1), "")},
		{name: "an index that is none", is: ErrNotRegistry, front: answerReferrers(indexType, "<html>", "")},
		{name: "entries of a wrong type", is: ErrNotRegistry, front: answerReferrers(indexType, `{"manifests":{"a":1}}`, "")},
		{name: "a web page", front: answerReferrers("text/html", "<html>", "")},
		{name: "refused", is: ErrUnauthorized, front: func(w http.ResponseWriter, r *http.Request) bool {
			if strings.Contains(r.URL.Path, "/referrers/") {
				w.WriteHeader(http.StatusForbidden)
				return true
			}
			return false
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := &shelf{}
			s.put(manifest)
			if tt.make != nil {
				tt.make(s)
			}
			f := newClient(t, func(w http.ResponseWriter, r *http.Request) {
				if tt.front == nil || !tt.front(w, r) {
					s.ServeHTTP(w, r)
				}
			}).Signatures(t.Context(), on)
			if said := strings.Join(f.Problems, "\n"); !errors.Is(f.Err, tt.is) || (said != "") != (tt.problem != "") || !strings.Contains(said, tt.problem) || len(f.Signatures) != tt.count {
				t.Errorf("%v, %q, %d signatures; want %v, %q, %d", f.Err, said, len(f.Signatures), tt.is, tt.problem, tt.count)
			}
		})
	}
}

func answerReferrers(kind, body, link string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.Contains(r.URL.Path, "/referrers/") {
			return false
		}
		w.Header().Set("Content-Type", kind)
		if link != "" {
			w.Header().Set("Link", link)
		}
		io.WriteString(w, body)
		return true
	}
}

// TestManyParts looks at so many parts of an index and says so.
func TestManyParts(t *testing.T) {
	s := &shelf{}
	var entries []string
	for i := range maxParts + 10 {
		entries = append(entries, fmt.Sprintf(`{"digest":"sha256:%s"}`, hexOf(fmt.Sprint(i))))
	}
	on := s.put(index(entries...))
	f := newClient(t, s.ServeHTTP).Signatures(t.Context(), on)
	if f.Err != nil || len(f.Problems) != 1 || !strings.Contains(f.Problems[0], "74 parts") {
		t.Errorf("%+v", f)
	}
}

type countingSource struct{ n, atOnce, most atomic.Int32 }

func (s *countingSource) Signatures(ctx context.Context, digest string) Found {
	s.n.Add(1)
	now := s.atOnce.Add(1)
	for most := s.most.Load(); now > most && !s.most.CompareAndSwap(most, now); most = s.most.Load() {
	}
	defer s.atOnce.Add(-1)
	return Found{Signatures: []Signature{{Kind: Notation, On: digest}}}
}

// TestFindSignatures asks for each digest once, a few at a time.
func TestFindSignatures(t *testing.T) {
	s := &countingSource{}
	var digests []string
	for i := range 100 {
		digests = append(digests, fmt.Sprint(i%50))
	}
	found := FindSignatures(t.Context(), s, digests, 3)
	if len(found) != 50 || s.n.Load() != 50 || s.most.Load() > 3 || found["7"].Signatures[0].On != "7" {
		t.Errorf("%d found, %d asked, %d at once", len(found), s.n.Load(), s.most.Load())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if found := FindSignatures(ctx, s, []string{"a"}, 0); !errors.Is(found["a"].Err, context.Canceled) {
		t.Errorf("%+v", found)
	}
}

func TestIsSignatureTag(t *testing.T) {
	hex := hexOf("x")
	for tag, want := range map[string]string{"sha256-" + hex + ".sig": "other systems keep", "latest": ""} {
		if row := Judge(&trustdata.Collection{}, tag, hex, nil); row.State != Unsigned || !strings.HasPrefix(row.Reason, want) || want == "" && row.Reason != "" {
			t.Errorf("%q is %q: %q", tag, row.State, row.Reason)
		}
	}
	for tag, want := range map[string]bool{"sha256-" + hex: true, "sha256-" + hex + ".sig": true, "sha256-" + hex + ".att": true,
		"sha256-" + hex + ".1": false, "sha256-abc.sig": false, "latest": false, hex: false} {
		if IsSignatureTag(tag) != want {
			t.Errorf("IsSignatureTag(%q) = %v", tag, !want)
		}
	}
}

// The manifests of the tests are JSON but for the subject.
func TestManifestsOfTests(t *testing.T) {
	for _, m := range []string{notationNew, notationOld, notationArtifact, bundleSigned, experimental, sigTag, attested, nameless, message, typeless, noPayload} {
		if !json.Valid([]byte(m)) {
			t.Errorf("no JSON: %s", m)
		}
	}
}
