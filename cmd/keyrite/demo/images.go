package demo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// Media types of what the demo pushes.
const (
	typeIndex    = "application/vnd.oci.image.index.v1+json"
	typeManifest = "application/vnd.oci.image.manifest.v1+json"
	typeConfig   = "application/vnd.oci.image.config.v1+json"
	typeLayer    = "application/vnd.oci.image.layer.v1.tar"
)

// image is a manifest or index as a registry serves it.
type image struct {
	mediaType string
	body      []byte
}

// digest is the SHA-256 of the image, and its form in a registry.
func (i image) digest() (sum [sha256.Size]byte, text string) {
	sum = sha256.Sum256(i.body)
	return sum, "sha256:" + hex.EncodeToString(sum[:])
}

// descriptor is how manifests refer to content.
type descriptor struct {
	MediaType string    `json:"mediaType"`
	Digest    string    `json:"digest"`
	Size      int       `json:"size"`
	Platform  *platform `json:"platform,omitempty"`
}

type platform struct {
	Architecture string `json:"architecture"`
	OS           string `json:"os"`
}

// pusher pushes images to a registry that asks for no login. Direct connects to it
// without a proxy, unlike the default transport.
type pusher struct {
	url    string
	direct *http.Transport
}

// tag lets name in repo be img.
func (p pusher) tag(ctx context.Context, repo, name string, img image) error {
	return p.send(ctx, http.MethodPut, "/v2/"+repo+"/manifests/"+name, img.mediaType, img.body)
}

// single pushes an image for one platform under its digest. Its content follows from
// the label, so equal labels are equal images.
func (p pusher) single(ctx context.Context, repo, label, arch string) (image, error) {
	config, err := json.Marshal(map[string]any{
		"architecture": arch, "os": "linux",
		"config": map[string]any{"Labels": map[string]string{"example.acme.build": label}},
	})
	if err != nil {
		return image{}, err
	}
	layer := []byte("the files of " + label + " for " + arch + "\n")
	var blobs []descriptor
	for _, blob := range []image{{typeConfig, config}, {typeLayer, layer}} {
		_, digest := blob.digest()
		path := "/v2/" + repo + "/blobs/uploads/?digest=" + url.QueryEscape(digest)
		if err := p.send(ctx, http.MethodPost, path, "application/octet-stream", blob.body); err != nil {
			return image{}, err
		}
		blobs = append(blobs, descriptor{MediaType: blob.mediaType, Digest: digest, Size: len(blob.body)})
	}
	return p.push(ctx, repo, typeManifest, map[string]any{
		"schemaVersion": 2, "mediaType": typeManifest, "config": blobs[0], "layers": blobs[1:],
	})
}

// index pushes an image for two platforms under its digest.
func (p pusher) index(ctx context.Context, repo, label string) (image, error) {
	var parts []descriptor
	for _, arch := range []string{"amd64", "arm64"} {
		img, err := p.single(ctx, repo, label, arch)
		if err != nil {
			return image{}, err
		}
		_, digest := img.digest()
		parts = append(parts, descriptor{typeManifest, digest, len(img.body), &platform{arch, "linux"}})
	}
	return p.push(ctx, repo, typeIndex, map[string]any{"schemaVersion": 2, "mediaType": typeIndex, "manifests": parts})
}

func (p pusher) push(ctx context.Context, repo, mediaType string, content any) (image, error) {
	body, err := json.Marshal(content)
	if err != nil {
		return image{}, err
	}
	img := image{mediaType, body}
	_, digest := img.digest()
	return img, p.tag(ctx, repo, digest, img)
}

func (p pusher) send(ctx context.Context, method, path, mediaType string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, method, p.url+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", mediaType)
	resp, err := p.direct.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		answer, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
		return fmt.Errorf("%s %s: %s: %q", method, path, resp.Status, answer)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}
