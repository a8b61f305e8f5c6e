package registry

import (
	"encoding/json"
	"encoding/pem"
	"slices"
	"strings"
)

// The systems that sign digests in a registry.
const (
	Notation = "notation"
	Cosign   = "cosign"
)

// SignatureKinds are all of them.
var SignatureKinds = []string{Notation, Cosign}

// The forms in which a signature lies in a registry.
const (
	FormNotation       = "notation"        // told by artifactType, as Notation's specification has it since OCI 1.1
	FormNotationConfig = "notation-config" // told by the config's media type, as notation 1.3 still writes it
	FormBundle         = "bundle"          // a sigstore bundle, cosign 3's default
	FormReferrer       = "referrer"        // cosign 2's experimental mode for OCI 1.1
	FormTag            = "tag"             // the tag sha256-<hex>.sig of cosign 1 and 2
)

// The media types and annotations of signatures: Notation's signature specification and
// cosign's signature and bundle specifications.
const (
	notationType      = "application/vnd.cncf.notary.signature"
	notationJOSE      = "application/jose+json"
	notationCOSE      = "application/cose"
	notationX509      = "io.cncf.notary.x509chain.thumbprint#S256"
	bundleType        = "application/vnd.dev.sigstore.bundle" // the version follows
	bundleContent     = "dev.sigstore.bundle.content"
	bundlePredicate   = "dev.sigstore.bundle.predicateType"
	cosignPredicate   = "https://sigstore.dev/cosign/sign/v1"
	cosignSigType     = "application/vnd.dev.cosign.artifact.sig.v1+json"
	cosignPayload     = "application/vnd.dev.cosign.simplesigning.v1+json"
	cosignSignature   = "dev.cosignproject.cosign/signature"
	cosignCertificate = "dev.sigstore.cosign/certificate"
)

// maxCertificates bounds what one signature says of its certificates.
const maxCertificates = 32

// Signature is one that is present. Nothing here says that it verifies, nor who made it.
type Signature struct {
	// Kind is the system, Notation or Cosign; Form how it lies in the registry.
	Kind, Form string
	// Digest is the SHA-256 of the signature's own manifest, On of the manifest that it is
	// attached to, 64 lower-case hex digits each: an index, or one of its parts.
	Digest, On string
	// Certificates are the SHA-256 of its certificates, the signer's first, 64 hex digits
	// each, as the signature itself claims. There may be none.
	Certificates []string
}

// sigManifest is what a manifest says of what it may be a signature of.
type sigManifest struct {
	MediaType    string            `json:"mediaType"`
	ArtifactType string            `json:"artifactType"`
	Config       sigContent        `json:"config"`
	Layers       []sigContent      `json:"layers"`
	Blobs        []sigContent      `json:"blobs"` // of the artifact manifest that OCI 1.1 dropped
	Subject      *descriptor       `json:"subject"`
	Annotations  map[string]string `json:"annotations"`
}

type sigContent struct {
	MediaType   string            `json:"mediaType"`
	Annotations map[string]string `json:"annotations"`
}

func (m *sigManifest) contents() []sigContent { return append(m.Layers, m.Blobs...) }

// signature reads a manifest that names on as its subject. ok is false where it is none:
// an attestation, an SBOM, or what only claims to be a signature and is not built like one,
// for which odd says so.
func (m *sigManifest) signature(digest, on string) (s Signature, odd string, ok bool) {
	s = Signature{Digest: digest, On: on}
	layers := m.contents()
	var first string
	if len(layers) > 0 {
		first = layers[0].MediaType
	}
	kind := m.ArtifactType
	if kind == "" || kind == emptyType {
		kind = m.Config.MediaType
	}
	switch {
	case kind == notationType:
		s.Kind, s.Form = Notation, FormNotation
		if m.ArtifactType != notationType {
			s.Form = FormNotationConfig
		}
		s.Certificates = thumbprints(m.Annotations[notationX509])
		if len(layers) != 1 || first != notationJOSE && first != notationCOSE {
			return s, "says that it is a Notation signature and holds no envelope", false
		}
	case strings.HasPrefix(kind, bundleType) || strings.HasPrefix(first, bundleType):
		s.Kind, s.Form = Cosign, FormBundle
		predicate, content := m.Annotations[bundlePredicate], m.Annotations[bundleContent]
		if predicate == "" && content == "" {
			return s, "is a sigstore bundle that does not say whether it is a signature", false
		}
		return s, "", predicate == cosignPredicate || predicate == "" && content == "message-signature"
	case kind == cosignSigType:
		s.Kind, s.Form = Cosign, FormReferrer
		if first != cosignPayload {
			return s, "says that it is a cosign signature and holds none", false
		}
	default:
		return s, "", false
	}
	return s, "", true
}

// tagged reads the manifest of a tag sha256-<hex>.sig.
func (m *sigManifest) tagged(digest, on string) (s Signature, odd string, ok bool) {
	signed := slices.ContainsFunc(m.Layers, func(l sigContent) bool {
		return l.MediaType == cosignPayload && l.Annotations[cosignSignature] != ""
	})
	if !signed {
		return s, "has the name of a cosign signature and holds none", false
	}
	return Signature{Kind: Cosign, Form: FormTag, Digest: digest, On: on}, "", true
}

// each gives the signatures that a manifest holds which was read as s: cosign puts those of
// several signers into one, each with its own certificate.
func (m *sigManifest) each(s Signature) []Signature {
	if s.Form != FormReferrer && s.Form != FormTag {
		return []Signature{s}
	}
	var all []Signature
	for _, l := range m.contents() {
		if l.MediaType == cosignPayload && (s.Form != FormTag || l.Annotations[cosignSignature] != "") {
			one := s
			one.Certificates = certificateOf(l)
			all = append(all, one)
		}
	}
	return all
}

// thumbprints reads Notation's annotation, a JSON list of hashes.
func thumbprints(annotation string) []string {
	var listed, hashes []string
	if json.Unmarshal([]byte(annotation), &listed) != nil {
		return nil
	}
	for _, h := range listed {
		if h = strings.ToLower(h); isHash(h) && len(hashes) < maxCertificates {
			hashes = append(hashes, h)
		}
	}
	return hashes
}

// certificateOf is the hash of the certificate beside one of cosign's signatures, which one by
// a plain key does not have.
func certificateOf(l sigContent) []string {
	block, _ := pem.Decode([]byte(l.Annotations[cosignCertificate]))
	if block == nil {
		return nil
	}
	return []string{sumOf(block.Bytes)}
}
