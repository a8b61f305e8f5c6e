package rotation_test

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/access"
	"keyrite/trustdata/notary"
)

// front is the network before the server of the run that is under way.
type front struct {
	run    *run
	config access.Config
	// foreign is the targets key of the second publisher, roots has every root key.
	foreign *keyring.PrivateKey
	roots   map[trustdata.KeyID]*keyring.PrivateKey
}

func newFront(t *testing.T) *front {
	f := &front{roots: map[trustdata.KeyID]*keyring.PrivateKey{}}
	web := httptest.NewServer(f)
	t.Cleanup(web.Close)
	f.config = access.Config{Server: web.URL, Timeout: 5 * time.Second}
	return f
}

// now stands still during a run, and the next one is a minute later.
func (f *front) now() time.Time {
	begin := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	if f.run == nil {
		return begin
	}
	return begin.Add(time.Duration(f.run.facts.runs) * time.Minute)
}

func (f *front) ServeHTTP(rw http.ResponseWriter, q *http.Request) {
	r := f.run
	r.turn.Lock()
	defer r.turn.Unlock()
	switch {
	case r.quiet:
		r.server.ServeHTTP(rw, q)
	case r.dead || r.down:
		panic(http.ErrAbortHandler)
	case isUpload(q):
		r.upload(rw, q)
	default:
		r.ask(rw, q)
	}
}

// ask is a request that changes nothing.
func (r *run) ask(rw http.ResponseWriter, q *http.Request) {
	r.looked[q.URL.Path] = true
	if r.asked && !r.m.every {
		r.server.ServeHTTP(rw, q)
		return
	}
	r.asked = true
	switch r.at("GET "+path.Base(q.URL.Path), r.ways("answered", "503", "network down", "dies")...) {
	case "503":
		http.Error(rw, "busy", http.StatusServiceUnavailable)
		return
	case "network down":
		r.down = true
	case "dies":
		r.dead = true
	case "somebody else publishes first":
		r.publishOther(gunOf(q))
	case "a late upload arrives first":
		r.land(*r.facts.late, true)
	}
	if r.dead || r.down {
		panic(http.ErrAbortHandler)
	}
	r.server.ServeHTTP(rw, q)
}

// ways adds what may happen at the server at any time.
func (r *run) ways(own ...string) []string {
	if !r.facts.other {
		own = append(own, "somebody else publishes first")
	}
	if r.facts.late != nil {
		own = append(own, "a late upload arrives first")
	}
	return own
}

// upload is a request that may change the repository, and an answer that may say anything.
func (r *run) upload(rw http.ResponseWriter, q *http.Request) {
	s := r.receive(q)
	way := r.at("POST", r.ways("answered", "request lost", "answer lost", "400 by another", "403 by another", "503 by another",
		"503 though taken", "400 though taken", "still on its way", "network down after", "dies before", "dies after")...)
	switch way {
	case "somebody else publishes first":
		r.publishOther(s.gun)
	case "a late upload arrives first":
		r.land(*r.facts.late, true)
	case "still on its way":
		r.facts.late = &s
	}
	status := http.StatusOK
	if !slices.Contains(unseen, way) {
		if err := r.land(s, false); err != nil {
			status = http.StatusBadRequest
		}
	}
	if n, err := strconv.Atoi(way[:3]); err == nil {
		status = n
	}
	r.dead = strings.HasPrefix(way, "dies")
	r.down = way == "network down after"
	if r.dead || r.down || slices.Contains(silent, way) {
		panic(http.ErrAbortHandler)
	}
	rw.WriteHeader(status)
	if status != http.StatusOK {
		io.WriteString(rw, `{"errors":[{"code":"VERSION","message":"no","detail":{}}]}`)
	}
}

// unseen are the ways in which an upload does not come to the server, silent those in
// which no answer comes back.
var (
	unseen = []string{"request lost", "dies before", "still on its way", "400 by another", "403 by another", "503 by another"}
	silent = []string{"request lost", "answer lost", "still on its way"}
)

// receive reads an upload and notes that it came.
func (r *run) receive(q *http.Request) sending {
	s := sending{run: r.facts.runs, gun: gunOf(q), files: map[trustdata.Role][]byte{}}
	parts, err := q.MultipartReader()
	r.m.must(err)
	for {
		part, err := parts.NextPart()
		if err == io.EOF {
			break
		}
		r.m.must(err)
		_, params, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
		r.m.must(err)
		s.files[trustdata.Role(params["filename"])], err = io.ReadAll(part)
		r.m.must(err)
	}
	raw, err := json.Marshal(s.files)
	r.m.must(err)
	root, err := notary.ParseRoot(s.files[trustdata.RoleRoot])
	r.m.must(err)
	s.hash, s.version = sha(raw), root.Body.Version
	r.mayBeSent(&s)
	r.facts.sent = append(r.facts.sent, s)
	return s
}

// land gives an upload to the server.
func (r *run) land(s sending, late bool) error {
	err := r.server.Publish(s.gun, s.files)
	if late {
		r.facts.late, r.facts.landedLate = nil, err == nil
	}
	if err == nil {
		r.facts.landed[sha(s.files[trustdata.RoleRoot])] = true
		r.trust(s.gun)
	}
	r.check("the server has taken it")
	return err
}

// root is what the server has now.
func (r *run) root(g trustdata.GUN) notary.Root {
	file, err := notary.ParseRoot(r.server.Files(g)[trustdata.RoleRoot])
	r.m.must(err)
	return file.Body
}

// trust notes which keys the server's root lists.
func (r *run) trust(g trustdata.GUN) {
	for _, key := range r.root(g).Keys {
		id, err := key.KeyID()
		r.m.must(err)
		r.facts.trusted[id] = true
	}
}

// publishOther is somebody else who has the root key of the beginning, and gives the
// repository another targets key. Where root has a new key by now, they cannot.
func (r *run) publishOther(g trustdata.GUN) {
	r.facts.other = true
	root := r.root(g)
	root.Version++
	var signers []notary.Signer
	for _, listed := range root.Roles[trustdata.RoleRoot].KeyIDs {
		key := root.Keys[listed]
		id, err := key.KeyID()
		r.m.must(err)
		if k := r.m.web.roots[id]; k != nil {
			signers = append(signers, notary.Signer{Key: k, Listed: listed})
		}
	}
	if len(signers) == 0 {
		return
	}
	mine := r.m.web.foreign.Public()
	root.Keys[mine.ListedID()] = mine
	root.Roles[trustdata.RoleTargets] = notary.RoleKeys{KeyIDs: []trustdata.ListedID{mine.ListedID()}, Threshold: 1}
	rootFile, err := notary.SignRoot(root, signers)
	r.m.must(err)
	targets, err := notary.ParseTargets(trustdata.RoleTargets, r.server.Files(g)[trustdata.RoleTargets])
	r.m.must(err)
	targets.Body.Version++
	targetsFile, err := notary.SignTargets(trustdata.RoleTargets, targets.Body, []notary.Signer{{Key: r.m.web.foreign, Listed: mine.ListedID()}})
	r.m.must(err)
	r.m.must(r.server.Publish(g, map[trustdata.Role][]byte{trustdata.RoleRoot: rootFile.Raw, trustdata.RoleTargets: targetsFile.Raw}))
	r.trust(g)
}

func gunOf(q *http.Request) trustdata.GUN {
	name, _, _ := strings.Cut(strings.TrimPrefix(q.URL.Path, "/v2/"), "/_trust/")
	return trustdata.GUN(name)
}
