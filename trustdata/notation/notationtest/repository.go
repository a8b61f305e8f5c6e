package notationtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	godigest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// Repository is a repository in memory with one image and its signatures. It is a source
// for keyrite and a repository for notation-go.
type Repository struct {
	Target ocispec.Descriptor
	Listed []ocispec.Descriptor
	// Silent are digests of blobs that it lists and does not give.
	Silent map[string]bool

	content map[string][]byte
}

// NewRepository holds an image whose digest follows from seed.
func NewRepository(seed string) *Repository {
	r := &Repository{content: map[string][]byte{}, Silent: map[string]bool{}}
	manifest := fmt.Appendf(nil, `{"schemaVersion":2,"mediaType":%q,"annotations":{"seed":%q}}`, ocispec.MediaTypeImageManifest, seed)
	r.Target = r.keep(ocispec.MediaTypeImageManifest, manifest)
	return r
}

// Attach stores a signature of the image and gives its manifest's descriptor.
func (r *Repository) Attach(kind string, envelopes ...[]byte) ocispec.Descriptor {
	m := ocispec.Manifest{MediaType: ocispec.MediaTypeImageManifest, Subject: &r.Target,
		Config: ocispec.Descriptor{MediaType: "application/vnd.cncf.notary.signature", Digest: ocispec.DescriptorEmptyJSON.Digest, Size: 2}}
	m.SchemaVersion = 2
	for _, e := range envelopes {
		m.Layers = append(m.Layers, r.keep(kind, e))
	}
	raw, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	d := r.keep(ocispec.MediaTypeImageManifest, raw)
	r.Listed = append(r.Listed, d)
	return d
}

func (r *Repository) keep(kind string, data []byte) ocispec.Descriptor {
	sum := sha256.Sum256(data)
	d := hex.EncodeToString(sum[:])
	r.content[d] = data
	return ocispec.Descriptor{MediaType: kind, Digest: godigest.NewDigestFromEncoded(godigest.SHA256, d), Size: int64(len(data))}
}

func (r *Repository) read(digest string) ([]byte, error) {
	data, ok := r.content[digest]
	if !ok || r.Silent[digest] {
		return nil, fmt.Errorf("sha256:%s is not there", digest)
	}
	return data, nil
}

// Signatures, Manifest and Blob are keyrite's source.
func (r *Repository) Signatures(context.Context, string) (digests, problems []string, err error) {
	for _, d := range r.Listed {
		digests = append(digests, d.Digest.Encoded())
	}
	return digests, nil, nil
}

func (r *Repository) Manifest(_ context.Context, digest string) ([]byte, error) {
	return r.read(digest)
}
func (r *Repository) Blob(_ context.Context, digest string) ([]byte, error) { return r.read(digest) }

// Resolve, ListSignatures, FetchSignatureBlob and PushSignature are notation-go's repository.
func (r *Repository) Resolve(context.Context, string) (ocispec.Descriptor, error) {
	return r.Target, nil
}

func (r *Repository) ListSignatures(_ context.Context, _ ocispec.Descriptor, take func([]ocispec.Descriptor) error) error {
	return take(r.Listed)
}

func (r *Repository) FetchSignatureBlob(_ context.Context, d ocispec.Descriptor) ([]byte, ocispec.Descriptor, error) {
	raw, err := r.read(d.Digest.Encoded())
	if err != nil {
		return nil, ocispec.Descriptor{}, err
	}
	var m ocispec.Manifest
	if err := json.Unmarshal(raw, &m); err != nil || len(m.Layers) != 1 {
		return nil, ocispec.Descriptor{}, fmt.Errorf("%d envelopes (%v)", len(m.Layers), err)
	}
	envelope, err := r.read(m.Layers[0].Digest.Encoded())
	return envelope, m.Layers[0], err
}

func (r *Repository) PushSignature(context.Context, string, []byte, ocispec.Descriptor, map[string]string) (blob, manifest ocispec.Descriptor, err error) {
	return blob, manifest, fmt.Errorf("this repository takes no signatures")
}
