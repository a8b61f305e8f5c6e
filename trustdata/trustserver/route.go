package trustserver

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"keyrite/trustdata"
)

// ServeHTTP answers one request of the protocol.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", s.now().UTC().Format(http.TimeFormat))
	if err := s.serve(w, r); err != nil {
		writeError(w, err)
	}
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) *apiError {
	path := r.URL.Path
	switch {
	case r.Method != http.MethodGet:
		return s.serveRepository(w, r, path)
	case path == "/v2/":
		writeData(w, []byte("{}"))
		return nil
	case path == "/_notary_server/health":
		w.Header().Set("Content-Type", typeJSON)
		writeData(w, []byte("{}"))
		return nil
	case path == "/v2/_trust/changefeed":
		return s.changefeed(w, r, "")
	default:
		return s.serveRepository(w, r, path)
	}
}

// serveRepository routes what lies below /v2/<gun>/_trust/. Anything that is no route is
// unknown metadata, whatever the method.
func (s *Server) serveRepository(w http.ResponseWriter, r *http.Request, path string) *apiError {
	path, ok := strings.CutPrefix(path, "/v2/")
	i := strings.LastIndex(path, "/_trust/")
	if !ok || i < 0 {
		return errNotFound
	}
	name, rest := path[:i], path[i+len("/_trust/"):]
	publish := r.Method == http.MethodPost && rest == "tuf/"
	gun, err := trustdata.ParseGUN(name)
	switch {
	case err != nil && publish:
		return errInvalidGUN.withDetail(err.Error())
	case err != nil:
		return errNotFound
	case publish:
		return s.publish(w, r, gun)
	case r.Method == http.MethodDelete && rest == "tuf/":
		s.Delete(gun)
		return nil
	case r.Method == http.MethodGet && rest == "changefeed":
		return s.changefeed(w, r, gun)
	}
	if rest, ok = strings.CutPrefix(rest, "tuf/"); !ok {
		return errNotFound
	}
	if role, ok := strings.CutSuffix(rest, ".key"); ok {
		return s.key(w, r, gun, trustdata.Role(role))
	}
	if name, ok := strings.CutSuffix(rest, ".json"); ok && r.Method == http.MethodGet {
		return s.get(w, gun, name)
	}
	return errNotFound
}

// key answers with a public key of the server: its members stand in the order "public",
// "private", unlike in metadata.
func (s *Server) key(w http.ResponseWriter, r *http.Request, gun trustdata.GUN, role trustdata.Role) *apiError {
	if role != trustdata.RoleTimestamp && role != trustdata.RoleSnapshot {
		return errNotFound
	}
	var key trustdata.PublicKey
	var err error
	switch r.Method {
	case http.MethodGet:
		key, err = s.Key(gun, role)
	case http.MethodPost:
		key, err = s.NewKey()
	default:
		return errNotFound
	}
	if err != nil {
		return errUnknown.withDetail(err.Error())
	}
	type value struct {
		Public  string  `json:"public"`
		Private *string `json:"private"`
	}
	body, err := json.Marshal(struct {
		Type  trustdata.KeyType `json:"keytype"`
		Value value             `json:"keyval"`
	}{key.Type, value{Public: base64.StdEncoding.EncodeToString(key.Value)}})
	if err != nil {
		return errUnknown
	}
	writeData(w, body)
	return nil
}

// The Cache-Control of files that change, and of those that never do.
const (
	cacheCurrent = "public, max-age=300, s-maxage=300, must-revalidate"
	cacheForever = "public, max-age=2592000, s-maxage=2592000"
)

// get answers with a file: name is "<role>", "<role>.<checksum>" or "<version>.<role>".
func (s *Server) get(w http.ResponseWriter, gun trustdata.GUN, name string) *apiError {
	f, cache, apiErr := s.lookUp(gun, name)
	if apiErr != nil {
		return apiErr
	}
	w.Header().Set("Cache-Control", cache)
	// The reference server writes UTC where HTTP wants GMT, and clients must bear it.
	w.Header().Set("Last-Modified", f.stored.UTC().Format("Mon, 02 Jan 2006 15:04:05 UTC"))
	writeData(w, f.data)
	return nil
}

// lookUp finds the file that name asks for, and how long it may be cached. A name that is
// none of the three forms is no route.
func (s *Server) lookUp(gun trustdata.GUN, name string) (f *file, cache string, apiErr *apiError) {
	role, wanted, apiErr := parseName(name)
	if apiErr != nil {
		return nil, "", apiErr
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	cache = cacheForever
	if wanted == nil {
		cache, wanted = cacheCurrent, func(*file) bool { return true }
		if role == trustdata.RoleTimestamp || role == trustdata.RoleSnapshot {
			if err := s.refresh(gun); err != nil {
				return nil, "", asAPIError(err)
			}
		}
	}
	if f = s.repos[gun].find(role, wanted); f == nil {
		return nil, "", errNotFound.withDetail(nothing)
	}
	return f, cache, nil
}

// parseName tells the three forms of a file's name apart; wanted is nil for the current
// file. Versions may have leading zeros. Checksums of three lengths are routed and only
// SHA-256 in lower case is ever found.
func parseName(name string) (role trustdata.Role, wanted func(*file) bool, apiErr *apiError) {
	first, second, two := strings.Cut(name, ".")
	if two && first != "" && strings.Trim(first, "0123456789") == "" {
		version, err := strconv.ParseInt(first, 10, 64)
		if err != nil {
			return "", nil, errNotFound.withDetail(nothing)
		}
		first, wanted = second, func(f *file) bool { return f.version == version }
	} else if two {
		if _, err := hex.DecodeString(second); err != nil || !slices.Contains([]int{64, 96, 128}, len(second)) {
			return "", nil, errNotFound
		}
		wanted = func(f *file) bool { return f.sum == second }
	}
	role, err := trustdata.ParseRole(first)
	if err != nil {
		return "", nil, errNotFound
	}
	return role, wanted, nil
}

// asAPIError finds the answer in an error; any other error is the server's own fault.
func asAPIError(err error) *apiError {
	if e, ok := errors.AsType[*apiError](err); ok {
		return e
	}
	return errUnknown.withDetail(err.Error())
}

// The Content-Types of the protocol. Metadata is plain text.
const (
	typeText = "text/plain; charset=utf-8"
	typeJSON = "application/json; charset=utf-8"
)

// writeData answers with bytes, of plain text unless the type is set. The length is left
// to the transport, which sends larger bodies chunked as the reference server does.
func writeData(w http.ResponseWriter, body []byte) {
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", typeText)
	}
	// A client that hung up is nobody to tell about a failed write.
	_, _ = w.Write(body)
}
