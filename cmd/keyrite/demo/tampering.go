package demo

import (
	"bytes"
	"net/http"
	"strings"
	"sync"

	"keyrite/trustdata"
	"keyrite/trustdata/trustserver"
)

// tampering is a trust server that somebody stands in front of. What is uploaded arrives;
// what is asked for may be another thing than the server has.
type tampering struct {
	*trustserver.Server
	mu sync.Mutex
	// older is the server as it was before the last change of a repository that can be rolled
	// back.
	older *trustserver.Server
	// back is the repository that is answered for by older, and forged the one whose
	// timestamp is changed; "" for none.
	back, forged trustdata.GUN
}

func (t *tampering) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	t.mu.Lock()
	older, back, forged := t.older, t.back, t.forged
	t.mu.Unlock()
	switch {
	case r.Method != http.MethodGet:
		t.Server.ServeHTTP(w, r)
	case isOf(r, back):
		older.ServeHTTP(w, r)
	case isOf(r, forged) && strings.HasSuffix(r.URL.Path, "/timestamp.json"):
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(prolonged(t.Files(forged)[trustdata.RoleTimestamp])) // the client is gone then
	default:
		t.Server.ServeHTTP(w, r)
	}
}

// isOf reports whether a request is about the metadata of a repository.
func isOf(r *http.Request, gun trustdata.GUN) bool {
	return gun != "" && strings.HasPrefix(r.URL.Path, "/v2/"+string(gun)+"/_trust/tuf/")
}

// prolonged is a signed file that lasts a hundred years longer than it was signed for.
func prolonged(file []byte) []byte {
	return bytes.Replace(file, []byte(`"expires":"20`), []byte(`"expires":"21`), 1)
}

func (t *tampering) forge(gun trustdata.GUN, on bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forged = ""
	if on {
		t.forged = gun
	}
}

func (t *tampering) rollBack(gun trustdata.GUN, on bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.back = ""
	if on {
		t.back = gun
	}
}

// keep remembers the server as it is now, to be gone back to.
func (t *tampering) keep() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.older = t.Copy()
}
