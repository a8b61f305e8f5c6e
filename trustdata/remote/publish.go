package remote

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"slices"

	"keyrite/trustdata"
	"keyrite/trustdata/access"
)

// maxKeyAnswer is the reference client's limit for a server's key.
const maxKeyAnswer = 256 << 10

// Publish sends these files in one upload, which the server takes whole or not at all.
// An error that is no StatusError leaves open whether it did: only a fresh look at the
// server tells. ErrConflict means that another publish came first.
func (c *Client) Publish(ctx context.Context, files map[trustdata.Role][]byte) error {
	if len(files) == 0 {
		// The server would accept it and make new snapshots of nothing.
		return errors.New("there is nothing to publish")
	}
	body, contentType, err := upload(files)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", contentType)
	// The server's challenge, if there is one, comes before the files are sent.
	req.Header.Set("Expect", "100-continue")
	resp, err := c.do(req, access.Push, access.Pull)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// Delete has the server delete everything that it has of the repository. It says the same
// where there was nothing.
func (c *Client) Delete(ctx context.Context) error {
	_, err := c.ask(ctx, http.MethodDelete, "", maxKeyAnswer, access.Admin)
	return err
}

// upload is the multipart form of a publish, one part per role, parents first.
func upload(files map[trustdata.Role][]byte) (body []byte, contentType string, err error) {
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	for _, role := range sortedRoles(files) {
		if _, err := trustdata.ParseRole(string(role)); err != nil {
			return nil, "", err
		}
		part, err := form.CreatePart(textproto.MIMEHeader{
			"Content-Disposition": {fmt.Sprintf(`form-data; name="files"; filename="%s"`, role)},
			"Content-Type":        {"application/octet-stream"},
		})
		if err != nil {
			return nil, "", err
		}
		part.Write(files[role])
	}
	if err := form.Close(); err != nil {
		return nil, "", err
	}
	return b.Bytes(), form.FormDataContentType(), nil
}

// sortedRoles are the roles of files in byTrust order.
func sortedRoles(files map[trustdata.Role][]byte) []trustdata.Role {
	return slices.SortedFunc(maps.Keys(files), byTrust)
}

// byTrust orders roles as they vouch for each other: root, targets, delegations with
// parents before children, snapshot, timestamp.
func byTrust(a, b trustdata.Role) int {
	return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
}

func rank(r trustdata.Role) int {
	switch r {
	case trustdata.RoleRoot:
		return 0
	case trustdata.RoleTargets:
		return 1
	case trustdata.RoleSnapshot:
		return 3
	case trustdata.RoleTimestamp:
		return 4
	}
	return 2
}

// ServerKey asks for the public key with which the server signs a role, timestamp or
// snapshot. Where root.json lists none that the server has, this makes the server create
// one: so it is for publishing, never for looking.
func (c *Client) ServerKey(ctx context.Context, role trustdata.Role) (trustdata.PublicKey, error) {
	return c.key(ctx, http.MethodGet, role, access.Push, access.Pull)
}

// NewServerKey makes the server create a new key for timestamp or snapshot. It is not in
// use until a root that lists it is published.
func (c *Client) NewServerKey(ctx context.Context, role trustdata.Role) (trustdata.PublicKey, error) {
	return c.key(ctx, http.MethodPost, role, access.Admin)
}

func (c *Client) key(ctx context.Context, method string, role trustdata.Role, actions ...string) (trustdata.PublicKey, error) {
	if role != trustdata.RoleTimestamp && role != trustdata.RoleSnapshot {
		return trustdata.PublicKey{}, fmt.Errorf("a trust server has no key for the role %q", role)
	}
	body, err := c.ask(ctx, method, string(role)+".key", maxKeyAnswer, actions...)
	if err != nil {
		return trustdata.PublicKey{}, err
	}
	key, err := parseKey(body)
	if err != nil {
		return trustdata.PublicKey{}, c.notTrustServer(fmt.Sprintf("answered for the %s key with something that is not a key: %v", role, err))
	}
	return key, nil
}

// parseKey reads {"keytype":...,"keyval":{"public":...,"private":null}}. A server signs
// with bare keys only, and a private part would be a server out of its mind.
func parseKey(body []byte) (trustdata.PublicKey, error) {
	var k struct {
		Type  trustdata.KeyType `json:"keytype"`
		Value struct {
			Public  string `json:"public"`
			Private any    `json:"private"`
		} `json:"keyval"`
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&k); err != nil {
		return trustdata.PublicKey{}, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return trustdata.PublicKey{}, errors.New("more than one value")
	}
	value, err := base64.StdEncoding.Strict().DecodeString(k.Value.Public)
	switch {
	case err != nil:
		return trustdata.PublicKey{}, err
	case len(value) == 0:
		return trustdata.PublicKey{}, errors.New("it is empty")
	case k.Value.Private != nil:
		return trustdata.PublicKey{}, errors.New("it has a private part")
	case k.Type != trustdata.KeyECDSA && k.Type != trustdata.KeyRSA && k.Type != trustdata.KeyED25519:
		return trustdata.PublicKey{}, fmt.Errorf("its type is %q", k.Type)
	}
	return trustdata.PublicKey{Type: k.Type, Value: value}, nil
}
