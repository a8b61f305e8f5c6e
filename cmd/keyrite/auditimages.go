package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/audit"
	"keyrite/trustdata/registry"
)

// maxReferences bounds a list of deployed images, in bytes.
const maxReferences = 8 << 20

// errNotAsked is why an offline audit cannot tell what a tag serves.
var errNotAsked = errors.New("the registry is not asked with --offline")

// references reads a list of deployed images, one a line; "-" is standard input. Lines that
// are empty or begin with # are passed over, and each image counts once. A list without any
// is an error, for then nothing would be checked.
func (c *cli) references(path string, known []trustdata.GUN) ([]audit.Reference, error) {
	text, err := c.referenceText(path)
	if err != nil {
		return nil, fmt.Errorf("images in %q: %w", path, err)
	}
	seen := map[string]bool{}
	var all []audit.Reference
	number := 0
	for line := range bytes.Lines(text) {
		number++
		written := strings.TrimSpace(string(line))
		if written == "" || strings.HasPrefix(written, "#") || seen[written] {
			continue
		}
		seen[written] = true
		r, err := audit.ParseReference(written, func(gun trustdata.GUN) bool { return slices.Contains(known, gun) })
		if err != nil {
			return nil, usagef("line %d of %q: %w", number, path, err)
		}
		all = append(all, r)
	}
	if len(all) == 0 {
		return nil, usagef("%q names no image: nothing was checked", path)
	}
	return all, nil
}

func (c *cli) referenceText(path string) ([]byte, error) {
	if path != "-" {
		return readBounded(path, maxReferences)
	}
	text, err := io.ReadAll(io.LimitReader(c.in, maxReferences+1))
	if err == nil && len(text) > maxReferences {
		err = fmt.Errorf("it is larger than %d bytes", maxReferences)
	}
	return text, err
}

// deployed judges the images of one repository, a few at a time. col is the repository as it
// was read, or err why it was not.
func (s *session) deployed(ctx context.Context, refs []audit.Reference, col *trustdata.Collection, err error) []audit.Image {
	images := make([]audit.Image, len(refs))
	few := &crew{slots: make(chan struct{}, compareWorkers)}
	few.begin(len(refs), func(i int) func() {
		image := s.deployedImage(ctx, refs[i], col, err)
		return func() { images[i] = image }
	})
	few.running.Wait()
	return images
}

func (s *session) deployedImage(ctx context.Context, ref audit.Reference, col *trustdata.Collection, err error) audit.Image {
	if s.cli.flags.offline && ref.Digest != "" {
		return ref.Judge(col, err, ref.Digest, nil) // what runs is named, whatever is served
	}
	if s.cli.flags.offline {
		return ref.Judge(col, err, "", errNotAsked)
	}
	client, notServed := s.registryOf(ref.GUN)
	served := ""
	if notServed == nil {
		served, notServed = servedFor(ctx, client, ref)
	}
	image := ref.Judge(col, err, served, notServed)
	if served != "" {
		image.Created, image.CreatedErr = client.Created(ctx, served)
	}
	return image
}

// servedFor is the digest that whoever pulls the reference gets.
func servedFor(ctx context.Context, client *registry.Client, ref audit.Reference) (string, error) {
	if ref.Digest != "" {
		if err := client.Has(ctx, ref.Digest); err != nil {
			return "", err
		}
		return ref.Digest, nil
	}
	found, err := client.Resolve(ctx, ref.Tag)
	return found.Digest, err
}

// imageJSON is a deployed image. Digest is the one that the reference names, created null
// where the image does not say when it was built.
type imageJSON struct {
	Reference    string         `json:"reference"`
	GUN          trustdata.GUN  `json:"gun"`
	Tag          string         `json:"tag"`
	Digest       string         `json:"digest"`
	SignedDigest string         `json:"signed_digest"`
	ServedDigest string         `json:"served_digest"`
	State        registry.State `json:"state"`
	Reason       string         `json:"reason,omitempty"`
	Created      *time.Time     `json:"created"`
	AgeDays      *int           `json:"age_days"`
}

func newImageJSON(i audit.Image, now time.Time) imageJSON {
	out := imageJSON{Reference: i.Text, GUN: i.GUN, Tag: i.Tag, Digest: digest(i.Digest), SignedDigest: digest(i.Signed), ServedDigest: digest(i.Served),
		State: i.State, Reason: i.Reason, Created: stamp(i.Created)}
	if !i.Created.IsZero() {
		age := int(now.Sub(i.Created) / (24 * time.Hour))
		out.AgeDays = &age
	}
	return out
}

// inOrder sorts images by how they were written.
func inOrder(images []audit.Image) {
	slices.SortFunc(images, func(a, b audit.Image) int { return cmp.Compare(a.Text, b.Text) })
}
