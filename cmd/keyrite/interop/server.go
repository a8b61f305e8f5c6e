package interop

import (
	"encoding/json"
	"net"
	"path/filepath"
	"testing"
)

// ServerOptions choose how notary-server runs. The zero value is plain HTTP with keys
// that the server keeps and signs with by itself (ed25519).
type ServerOptions struct {
	TLS     bool // serve https, with a certificate of a throw-away authority (Server.CA)
	Signer  bool // keys in a notary-signer beside it (ecdsa), as in production
	MariaDB bool // metadata in a MariaDB beside it, as in production
}

// A Server is a notary-server. Without a database its storage is its memory: Kill loses all.
type Server struct {
	*Process
	URL    string   // "http://127.0.0.1:port" or "https://..."
	Host   string   // "127.0.0.1:port"
	CA     string   // file of the authority's certificate, "" without TLS
	Signer *Process // nil without one
	db     *database
	start  func(addr string) (*Process, error)
}

// StartServer starts a notary-server, and a notary-signer if asked.
func StartServer(t testing.TB, opt ServerOptions) *Server {
	t.Helper()
	dir, s := t.TempDir(), &Server{}
	if opt.TLS || opt.Signer {
		writeCerts(t, dir, "server", "signer", "client")
	}
	trust := map[string]any{"type": "local"}
	if opt.Signer {
		var addr string
		s.Signer, addr = startSigner(t, dir)
		host, port, err := net.SplitHostPort(addr)
		if err != nil {
			t.Fatal(err)
		}
		trust = map[string]any{
			"type": "remote", "hostname": host, "port": port, "key_algorithm": "ecdsa", "tls_ca_file": "./ca.crt",
			"tls_client_cert": "./client.crt", "tls_client_key": "./client.key",
		}
	}
	config := map[string]any{"trust_service": trust}
	if opt.MariaDB {
		s.db = startDatabase(t)
		config["storage"] = map[string]any{"backend": "mysql", "db_url": s.db.url()}
	}
	s.start = func(addr string) (*Process, error) {
		front := map[string]any{"http_addr": addr}
		if opt.TLS {
			front["tls_key_file"], front["tls_cert_file"] = "./server.key", "./server.crt"
		}
		config["server"] = front
		file := filepath.Join(dir, "server.json")
		writeJSON(t, file, config)
		return startServer(t, dir, addr, "notary-server", "-config", file)
	}
	s.Process, s.Host = onFreePort(t, s.start)
	s.URL = "http://" + s.Host
	if opt.TLS {
		s.URL, s.CA = "https://"+s.Host, filepath.Join(dir, "ca.crt")
	}
	return s
}

func startSigner(t testing.TB, dir string) (*Process, string) {
	t.Helper()
	return onFreePort(t, func(addr string) (*Process, error) {
		config := filepath.Join(dir, "signer.json")
		writeJSON(t, config, map[string]any{"server": map[string]any{
			"grpc_addr": addr, "tls_cert_file": "./signer.crt", "tls_key_file": "./signer.key", "client_ca_file": "./ca.crt",
		}})
		return startServer(t, dir, addr, "notary-signer", "-config", config)
	})
}

// writeJSON writes a server's configuration, with the parts that all of them share. What
// names no storage keeps all in its memory.
func writeJSON(t testing.TB, file string, config map[string]any) {
	t.Helper()
	config["logging"] = map[string]any{"level": "error"}
	if config["storage"] == nil {
		config["storage"] = map[string]any{"backend": "memory"}
	}
	data, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, file, data)
}
