package trustserver

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// Bounds of one upload.
const (
	maxUpload = 192 << 20
	maxParts  = 10_000
)

// publish reads an upload and publishes it. Success has an empty body.
func (s *Server) publish(w http.ResponseWriter, r *http.Request, gun trustdata.GUN) *apiError {
	r.Body = http.MaxBytesReader(w, r.Body, maxUpload)
	reader, err := r.MultipartReader()
	if err != nil {
		return errMalformedUpload
	}
	files := map[trustdata.Role][]byte{}
	for range maxParts {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			if err := s.Publish(gun, files); err != nil {
				return asAPIError(err)
			}
			return nil
		}
		if err != nil {
			return errMalformedUpload
		}
		role, data, apiErr := readPart(part)
		if apiErr != nil {
			return apiErr
		}
		files[role] = data
	}
	return errMalformedUpload
}

// readPart reads one role's file. The role is the whole of the part's file name: the
// name that package multipart offers ends at the last slash and would turn
// "targets/alice" into "alice".
func readPart(part *multipart.Part) (trustdata.Role, []byte, *apiError) {
	_, params, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	name := strings.TrimSuffix(params["filename"], ".json")
	if err != nil || name == "" {
		return "", nil, errNoFilename
	}
	role, err := trustdata.ParseRole(name)
	if err != nil {
		return "", nil, errInvalidRole.withDetail(name)
	}
	data, err := io.ReadAll(io.LimitReader(part, notary.Limit(role)+1))
	if err != nil || int64(len(data)) > notary.Limit(role) {
		return "", nil, errMalformedUpload
	}
	// The shape that every role's file has; what is in it is for Publish to judge.
	var shape struct {
		Signed struct {
			Type    string    `json:"_type"`
			Expires time.Time `json:"expires"`
			Version int64     `json:"version"`
		} `json:"signed"`
		Signatures []struct {
			KeyID  string `json:"keyid"`
			Method string `json:"method"`
			Sig    []byte `json:"sig"`
		} `json:"signatures"`
	}
	if err := json.Unmarshal(data, &shape); err != nil {
		return "", nil, errMalformedJSON
	}
	return role, data, nil
}
