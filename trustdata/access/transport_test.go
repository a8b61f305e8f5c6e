package access

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func get(t *testing.T, e Endpoint, limit int64) (string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, e.URL.String()+"/x", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := e.Do(req, Pull)
	if err != nil {
		return "", err
	}
	if resp.StatusCode != http.StatusOK {
		return "", NewStatusError(resp)
	}
	body, err := ReadBody(resp, limit)
	return string(body), err
}

// TestNoLoginInClear lets a server on another machine, which a proxy stands for, ask for
// a login over http in every way.
func TestNoLoginInClear(t *testing.T) {
	for _, tt := range []struct{ name, challenge, config string }{
		{"basic", `Basic realm="x"`, aliceConfig},
		{"bearer with a password", `Bearer realm="http://trust.example/token",service="s"`, aliceConfig},
		{"bearer with an identity token", `Bearer realm="http://trust.example/token",service="s"`, `{"auths":{"reg.example:5000":{"identitytoken":"refresh"}}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var requests atomic.Int32
			proxy := serve(t, func(w http.ResponseWriter, r *http.Request) {
				requests.Add(1)
				body, _ := io.ReadAll(r.Body)
				if r.Header.Get("Authorization") != "" || bytes.Contains(body, []byte("refresh")) {
					t.Errorf("a login went over the wire in clear: %v %s", r.Header, body)
				}
				w.Header().Set("Www-Authenticate", tt.challenge)
				w.WriteHeader(http.StatusUnauthorized)
			})
			dir := t.TempDir()
			writeFile(t, filepath.Join(dir, "config.json"), tt.config)
			through, _ := url.Parse(proxy.URL)
			e, err := Config{DockerDir: dir, Server: "http://trust.example", Insecure: true, Proxy: http.ProxyURL(through)}.TrustServer(gun)
			if err != nil {
				t.Fatal(err)
			}
			if _, err = get(t, e, 10); !errors.Is(err, ErrCleartext) {
				t.Errorf("got %v, want ErrCleartext", err)
			}
			if n := requests.Load(); n != 1 {
				t.Errorf("%d requests reached the network, want the first alone", n)
			}
		})
	}
}

func TestRedirects(t *testing.T) {
	var strayed atomic.Int32
	other := serve(t, func(w http.ResponseWriter, r *http.Request) {
		strayed.Add(1)
		if a := r.Header.Get("Authorization"); a != "" {
			t.Errorf("another origin was sent the login %q", a)
		}
		if r.URL.Path == "/challenge" {
			w.Header().Set("Www-Authenticate", `Basic realm="x"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		io.WriteString(w, "elsewhere")
	})
	var to string
	front := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "" {
			w.Header().Set("Www-Authenticate", `Basic realm="x"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		http.Redirect(w, r, to, http.StatusTemporaryRedirect)
	})
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "config.json"), aliceConfig)
	config := Config{DockerDir: dir, Server: front.URL, Registry: front.URL}
	trust, _ := config.TrustServer(gun)
	registry, _ := config.RegistryOf(gun)
	for _, tt := range []struct {
		name, to string
		e        Endpoint
		want     string // part of the error, "" for success
		strays   int32
	}{
		{"trust server, same origin", "/y", trust, "307 Temporary Redirect", 0},
		{"trust server, other origin", other.URL + "/y?secret=1", trust, "307 Temporary Redirect to \"" + other.URL + "/y\"", 0},
		{"registry, other origin", other.URL + "/y", registry, "", 1},
		{"registry, other origin asks for a login", other.URL + "/challenge", registry, "401", 1},
		{"registry, loop", "/x", registry, "more than 4 redirects", 0},
		{"registry, file", "file:///etc/passwd", registry, "not https", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			strayed.Store(0)
			to = tt.to
			_, err := get(t, tt.e, 100)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if n := strayed.Load(); n != tt.strays {
				t.Errorf("the other origin was asked %d times, want %d", n, tt.strays)
			}
		})
	}
}

func TestNoRedirectToHTTP(t *testing.T) {
	from, _ := url.Parse("https://reg.example/x")
	to, _ := url.Parse("http://reg.example/x")
	first := &http.Request{Method: http.MethodGet, URL: from}
	if err := fewRedirects(&http.Request{Method: http.MethodGet, URL: to}, []*http.Request{first}); err == nil {
		t.Error("a redirect from https to http is followed")
	}
	first.Method = http.MethodPost
	if err := fewRedirects(&http.Request{Method: http.MethodPost, URL: from}, []*http.Request{first}); err != http.ErrUseLastResponse {
		t.Errorf("a redirected POST gives %v", err)
	}
}

func TestBodies(t *testing.T) {
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	z.Write(make([]byte, 1<<20))
	z.Close()
	for _, tt := range []struct {
		name   string
		answer http.HandlerFunc
		want   error
	}{
		{"good", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "0123456789") }, nil},
		{"announced too large", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "0123456789a") }, ErrTooLarge},
		{"chunked and too large", func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "0123456789")
			w.(http.Flusher).Flush()
			io.WriteString(w, "a")
		}, ErrTooLarge},
		{"shorter than announced", raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n0123"), ErrTruncated},
		{"chunked without an end", raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n0123\r\n"), ErrTruncated},
		{"cut in a chunk", raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n0123"), ErrTruncated},
		{"compressed", func(w http.ResponseWriter, r *http.Request) {
			if e := r.Header.Get("Accept-Encoding"); e != "identity" {
				t.Errorf("asked for the encoding %q", e)
			}
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(bomb.Bytes())
		}, ErrEncoded},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, tt.answer)
			e, err := Config{Server: s.URL}.TrustServer(gun)
			if err != nil {
				t.Fatal(err)
			}
			body, err := get(t, e, 10)
			if !errors.Is(err, tt.want) || tt.want == nil && body != "0123456789" || tt.want != nil && body != "" {
				t.Errorf("got %q, %v, want %v", body, err, tt.want)
			}
		})
	}
}

// raw answers with these bytes and closes the connection.
func raw(answer string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		io.WriteString(conn, answer)
		conn.Close()
	}
}

func TestSilence(t *testing.T) {
	drip := func(w io.Writer, flush func(), stop <-chan struct{}, piece string) {
		for {
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
				io.WriteString(w, piece)
				flush()
			}
		}
	}
	for _, tt := range []struct {
		name   string
		answer http.HandlerFunc
		silent bool
	}{
		{"hangs before the headers", func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, true},
		{"hangs in the body", func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "{")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}, true},
		{"drips its headers", func(w http.ResponseWriter, r *http.Request) {
			conn, _, _ := w.(http.Hijacker).Hijack()
			defer conn.Close()
			stop := make(chan struct{})
			go func() { defer close(stop); io.Copy(io.Discard, conn) }()
			io.WriteString(conn, "HTTP/1.1 200 OK\r\nX: ")
			drip(conn, func() {}, stop, "y")
		}, true},
		{"drips its body", func(w http.ResponseWriter, r *http.Request) {
			drip(w, w.(http.Flusher).Flush, r.Context().Done(), "y")
		}, true},
		{"slow but steady", func(w http.ResponseWriter, r *http.Request) {
			for range 8 {
				w.Write(make([]byte, progress))
				w.(http.Flusher).Flush()
				time.Sleep(80 * time.Millisecond)
			}
		}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, tt.answer)
			e, err := Config{Server: s.URL, Timeout: 400 * time.Millisecond}.TrustServer(gun)
			if err != nil {
				t.Fatal(err)
			}
			_, err = get(t, e, 1<<20)
			var timeout net.Error
			if tt.silent && (!errors.Is(err, ErrSilent) || !errors.As(err, &timeout) || !timeout.Timeout()) || !tt.silent && err != nil {
				t.Errorf("got %v, silent: %v", err, tt.silent)
			}
		})
	}
}

func TestBusy(t *testing.T) {
	for _, tt := range []struct {
		name, after string
		busy        int // answers of 429 before a good one
		status      int // of the final error, 0 for success
		requests    int32
	}{
		{"short wait", "0", 2, 0, 3},
		{"never ready", "0", 99, 429, 3},
		{"absurd wait", "1000000000", 1, 429, 1},
		{"beyond every number", "99999999999999999999", 1, 429, 1},
		{"date", "Wed, 21 Oct 2099 07:28:00 GMT", 1, 429, 1},
		{"no wait named", "", 1, 429, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var requests atomic.Int32
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if int(requests.Add(1)) > tt.busy {
					return
				}
				if tt.after != "" {
					w.Header().Set("Retry-After", tt.after)
				}
				w.WriteHeader(http.StatusTooManyRequests)
			})
			e, err := Config{Server: s.URL}.TrustServer(gun)
			if err != nil {
				t.Fatal(err)
			}
			_, err = get(t, e, 10)
			var status *StatusError
			if errors.As(err, &status) != (tt.status != 0) || status != nil && status.Status != tt.status {
				t.Errorf("got %v, want status %d", err, tt.status)
			}
			if n := requests.Load(); n != tt.requests {
				t.Errorf("%d requests, want %d", n, tt.requests)
			}
		})
	}
}
