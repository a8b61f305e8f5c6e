//go:build linux || darwin

package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	neturl "net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"keyrite/cmd/keyrite/demo"
	"keyrite/cmd/keyrite/ptytest"
	"keyrite/trustdata"
)

// hostileTexts are what a server or a file may say to act on a terminal. Each begins with a
// word of its own, so that one can see that it was shown.
var hostileTexts = map[string]string{
	"t-clip":   "\x1b]52;c;b3duZWQ=\x07",
	"t-title":  "\x1b]0;owned\x07\x1b]2;owned\x1b\\",
	"t-asks":   "\x1b[6n\x1b[c\x1b[>0q\x1b[18t",
	"t-device": "\x1bP$q\"p\x1b\\\x1bP+q544e\x1b\\",
	"t-kitty":  "\x1b_Ga=T,f=24;AAAA\x1b\\",
	"t-reset":  "\x1bc\x1b[!p\x1b#8",
	"t-link":   "\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\",
	"t-conc":   "\x1b[8m\x1b[31;5m",
	"t-over":   "\rgood\b\b\v\f\n\u0084",
	"t-osc":    "\x1b]0;swallowed",
	"t-dcs":    "\x1bPswallowed",
	"t-csi":    "\x1b[31",
	"t-esc":    "\x1b",
	"t-c1":     "\u009b31m\u009d0;owned\u009c",
	"t-raw":    "\x9b31m\x9d0;owned\x9c",
	"t-bytes":  "\xff\xfe\xc0\x9b\xed\xa0\x80",
	"t-bidi":   "\u202egnp\u2066\u2069",
	"t-zero":   "a\u200bb\u200dc\u2060d\ufeff",
	"t-tags":   "\U000e0041\U000e0042",
	"t-vary":   "a\ufe0f\U000e0100",
	"t-mixed":  "p\u0430y",
	"t-zalgo":  "e" + strings.Repeat("\u0301", 40),
	"t-wide":   "倉庫👩\u200d👩\u200d👧🇩🇪",
	"t-format": "%s%n%!d(x)%[3]*.[2]*[1]f",
	"t-prompt": "\r\nEnter passphrase: ",
}

// hostileWords are its keys in a fixed order.
var hostileWords = slices.Sorted(maps.Keys(hostileTexts))

// hostileWorld is the demo's company whose key files, registry and trust server say all of
// that: in the headers of key files, as tags of pay/web, and with the error that is the answer
// for pay/none.
type hostileWorld struct {
	*demo.World
	registry, trust string
	keyIDs          map[string]string
}

func newHostileWorld(t *testing.T) *hostileWorld {
	t.Helper()
	w, err := demo.New(context.Background(), t.TempDir(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	h := &hostileWorld{World: w, keyIDs: map[string]string{}}
	var all []string
	for _, word := range hostileWords {
		if utf8.ValidString(hostileTexts[word]) { // JSON has no other
			all = append(all, word+hostileTexts[word])
		}
	}
	h.registry = saying(t, w.RegistryURL, "/pay/web/tags/list", http.StatusOK, map[string]any{"name": "pay/web", "tags": all})
	h.trust = saying(t, w.TrustServerURL, "/pay/none/", http.StatusInternalServerError,
		map[string]any{"errors": []any{map[string]string{"code": "UNKNOWN", "message": strings.Join(all, " ")}}})
	h.writeKeys(t)
	return h
}

// writeKeys copies a signer's key file once for each text, with that as the signer's name.
func (h *hostileWorld) writeKeys(t *testing.T) {
	t.Helper()
	folder := filepath.Join(h.TrustDir, "private")
	files, err := filepath.Glob(filepath.Join(folder, "*.key"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(data), "role: ci-bot\n") {
			continue
		}
		for i, word := range hostileWords {
			inHeader := strings.NewReplacer("\r", "", "\n", "").Replace(word + hostileTexts[word])
			id := fmt.Sprintf("%064x", i+1)
			h.keyIDs[word] = id
			text := strings.Replace(string(data), "role: ci-bot\n", "role: "+inHeader+"\n", 1)
			if err := os.WriteFile(filepath.Join(folder, id+".key"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return
	}
	t.Fatal("no key file is ci-bot's")
}

// saying is a server before another one, which answers by itself where a path has part.
func saying(t *testing.T, behind, part string, status int, body any) (url string) {
	t.Helper()
	target, err := neturl.Parse(behind)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host }}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.URL.Path, part) {
			proxy.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		w.Write(text)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// start runs keyrite on a terminal of its own, of which the environment says more.
func (h *hostileWorld) start(t *testing.T, environment []string, args ...string) *ptytest.Screen {
	t.Helper()
	return ptytest.Start(t, h.command(t, environment, args...), 200, 70)
}

func (h *hostileWorld) command(t *testing.T, environment []string, args ...string) *exec.Cmd {
	t.Helper()
	program, err := exec.LookPath("keyrite") // this test's own program under that name
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, args...)
	cmd.Dir = t.TempDir()
	for _, name := range []string{"HOME", "USERPROFILE", "DOCKER_CONFIG", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"} {
		cmd.Env = append(cmd.Env, name+"="+h.Getenv(name))
	}
	cmd.Env = append(cmd.Env, "DOCKER_CONTENT_TRUST_SERVER="+h.trust, "LC_ALL=C.UTF-8", "KEYRITE_NO_KEYCHAIN=1", "GOCOVERDIR="+cmd.Dir)
	cmd.Env = append(cmd.Env, environment...)
	return cmd
}

// Whatever names and errors hold, in every place where the console shows them, the terminal
// is sent nothing but what draws the frame.
func TestHostileTextOnTheConsole(t *testing.T) {
	t.Parallel()
	h := newHostileWorld(t)
	s := h.start(t, nil, "--registry", h.registry)
	s.Wait("keyrite > overview", "? all keys")
	s.Press("2", hostileWords...)
	for _, word := range hostileWords { // the title and the lines of a detail
		s.Press("/\x15"+word+"\r", word, "1 of")
		s.Press("\r", h.keyIDs[word][:20], written(word))
		s.Press("\x1b", "1 of")
	}
	s.Press("o", "OPEN A REPOSITORY")
	s.Press(demo.Host+"/pay/web\r", "t-bidi"+`\u202e`, "t-vary", "t-clip"+`\x1b]52;c`)
	s.Press("y", "COPY")
	s.Press("s", "by OSC 52")
	s.Press("o", "OPEN A REPOSITORY")
	s.Press(demo.Host+"/pay/none\r", "What happened", "t-c1")
	s.Press("y", "by OSC 52")
	s.Type("\x1b")
	s.Until("the error is dismissed", func() bool { return !s.Shows("What happened") })
	s.Press(":", "Enter run")
	s.Press("messages\r", "keyrite > keys > pay/web > pay/none > messages", "by OSC 52")
	s.Press("j", "asks"+`\x1b[6n`)
	s.Type("\x03")
	if code := s.End(); code != 0 {
		t.Errorf("exit %d", code)
	}
	drawsOnly(t, s.Raw())
}

// written is the beginning of how a text is written out, and the word alone of one that is
// shown as it is.
func written(word string) string {
	text := word + strings.NewReplacer("\r", "", "\n", "").Replace(hostileTexts[word])
	shown := trustdata.Visible(text)
	if shown == text {
		return word
	}
	return shown[:strings.Index(shown, `\`)+4]
}

// drawing are the sequences, without numbers, that the frame is drawn with, and the modes
// that the console sets, with theirs.
var drawing = regexp.MustCompile(`^(CSI [0-9;]*[ABCDEFGHJKLMPXZ` + "`" + `abdefr@ST]|CSI \?(25|1049|2004|1004|2026|2027)(h|l|\$p)|CSI [>=<?][0-9;]*u|CSI >[0-9;]*m|CSI [0-9;:]*m|CSI \?5W|ESC [M78])$`)

// drawsOnly fails for each sequence that does not draw, and each byte that a terminal would
// act on.
func drawsOnly(t *testing.T, raw []byte) {
	t.Helper()
	list, text := ptytest.Split(raw)
	for _, s := range list {
		switch {
		case s.Open:
			t.Errorf("%q has no end", s)
		case s.Kind == "OSC":
			if err := harmless(s.Body); err != nil {
				t.Error(err)
			}
		case !drawing.MatchString(s.String()):
			t.Errorf("%q was written", s)
		case s.Kind == "CSI" && strings.HasSuffix(s.Body, "m") && !strings.HasPrefix(s.Body, ">"):
			if slices.Contains(attributes(s.Body), "8") || slices.Contains(attributes(s.Body), "5") {
				t.Errorf("%q hides what is shown", s)
			}
		}
	}
	if err := tame("the terminal", strings.NewReplacer("\r", "", "\b", "", "\t", "").Replace(text)); err != nil {
		t.Error(err)
	}
}

// attributes are the looks that a sequence sets, without the numbers of its colours.
func attributes(body string) []string {
	return strings.Split(colours.ReplaceAllString(strings.TrimSuffix(body, "m"), "colour"), ";")
}

var colours = regexp.MustCompile(`[345]8[;:](2[;:]\d*[;:]\d*[;:]\d*|5[;:]\d*)`)

// harmless lets pass the window's title, which is ours, questions about colours, and what is
// copied, of which the text is harmless too.
func harmless(body string) error {
	number, rest, _ := strings.Cut(body, ";")
	switch {
	case (number == "0" || number == "2") && (rest == "" || strings.HasPrefix(rest, "keyrite: ")):
		return tame("the title", rest)
	case (number == "10" || number == "11") && rest == "?":
		return nil
	case number == "52" && strings.HasPrefix(rest, "c;"):
		text, err := base64.StdEncoding.DecodeString(rest[2:])
		if err == nil && len(text) < 100 {
			err = fmt.Errorf("only %q was copied", text)
		}
		return errors.Join(err, tame("what was copied", string(text)))
	}
	return fmt.Errorf("OSC %q was written", body)
}
