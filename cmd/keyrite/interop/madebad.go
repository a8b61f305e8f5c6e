package interop

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// Sign makes a role's file of any body, with a signature that holds over the bytes as they
// are.
func (m *Made) Sign(role trustdata.Role, body []byte) []byte {
	return m.envelope(body, m.signer(role))
}

func (m *Made) envelope(body []byte, signers []notary.Signer) []byte {
	out := append(append([]byte(`{"signed":`), body...), `,"signatures":[`...)
	for i, s := range signers {
		sig, err := s.Key.Sign(body)
		m.must(err)
		if i > 0 {
			out = append(out, ',')
		}
		out = fmt.Appendf(out, `{"keyid":%q,"method":%q,"sig":%q}`, s.Listed, sig.Method, base64.StdEncoding.EncodeToString(sig.Bytes))
	}
	return append(out, `]}`...)
}

// NextRoot serves the root that follows, with the same keys and of so many bytes.
func (m *Made) NextRoot(size int) {
	m.t.Helper()
	m.root.Version++
	file, err := notary.SignRoot(m.root, m.rootBy)
	m.must(err)
	raw := m.envelope(blownUp(file.Message, size), m.rootBy)
	m.put(trustdata.RoleRoot, raw)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.files[fmt.Sprintf("%d.root.json", m.root.Version)] = raw
}

// blownUp gives a body a member that nobody knows and that brings it to so many bytes.
func blownUp(body []byte, size int) []byte {
	text := strings.TrimSuffix(string(body), "}") + `,"x":"`
	return []byte(text + strings.Repeat("x", size-len(text)-2) + `"}`)
}

// Answer sets what may answer in the server's place; a true says that it has.
func (m *Made) Answer(hook func(http.ResponseWriter, *http.Request) bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.answer = hook
}

// SignPadded signs what the role has now, blown up to so many bytes.
func (m *Made) SignPadded(role trustdata.Role, size int) []byte {
	body := m.Targets[role]
	body.Version, body.Expires = 5, time.Now().AddDate(1, 0, 0)
	file, err := notary.SignTargets(role, body, m.signer(role))
	m.must(err)
	return m.Sign(role, blownUp(file.Message, size))
}
