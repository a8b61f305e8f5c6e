package notation

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/notaryproject/notation-go/dir"
	"github.com/notaryproject/notation-go/verifier/truststore"
)

// The names in Notation's configuration folder. The first policy that is there is the one.
const (
	policyFile = "trustpolicy.oci.json"
	legacyFile = "trustpolicy.json"
)

// maxPolicy bounds a policy's file and a Ratify configuration, in bytes.
const maxPolicy = 1 << 20

// Open reads the policy and the trust stores in a configuration folder of Notation's
// layout (the directory specification). No policy, or one that breaks the rules, is
// ErrPolicy; a trust store that cannot be used is named in Policy.Stores.
func Open(folder string) (*Policy, error) {
	p := &Policy{loaded: memory{}}
	raw, err := p.readFile(folder)
	if err != nil {
		return nil, err
	}
	if err := json.NewDecoder(bytes.NewReader(raw)).Decode(&p.document); err != nil {
		return nil, fmt.Errorf("%q: %w: it is not a JSON policy", p.Origin, ErrPolicy)
	}
	var fields any
	if json.Unmarshal(raw, &fields) == nil {
		p.Notes = append(p.Notes, unknownInPolicy("", fields)...)
	}
	if err := p.loadStores(folder); err != nil {
		return nil, err
	}
	return p, p.complete()
}

// readFile reads the policy's file and sets its origin. As notation does, it follows no link.
func (p *Policy) readFile(folder string) ([]byte, error) {
	for _, name := range []string{policyFile, legacyFile} {
		path := filepath.Join(folder, name)
		raw, err := readRegular(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrPolicy, err)
		}
		p.Origin = path
		if _, err := os.Lstat(filepath.Join(folder, legacyFile)); err == nil && name == policyFile {
			p.Notes = append(p.Notes, fmt.Sprintf("%s is there too and was not read: notation before 2.0 reads only that one", legacyFile))
		}
		return raw, nil
	}
	return nil, fmt.Errorf("%q: %w: neither %s nor %s is there", folder, ErrPolicy, policyFile, legacyFile)
}

// readRegular reads a small file that is no link.
func readRegular(path string) ([]byte, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%q is not a regular file (links are not followed)", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxPolicy+1))
	if err == nil && len(raw) > maxPolicy {
		err = fmt.Errorf("%q is larger than %d bytes", path, maxPolicy)
	}
	return raw, err
}

// loadStores reads every trust store of the folder.
func (p *Policy) loadStores(folder string) error {
	reader := truststore.NewX509TrustStore(dir.NewSysFS(folder))
	for _, kind := range truststore.Types {
		at := filepath.Join(folder, filepath.FromSlash(dir.X509TrustStoreDir(string(kind))))
		entries, err := os.ReadDir(at)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		for _, e := range entries {
			if strings.HasPrefix(e.Name(), ".") {
				continue // what file managers leave
			}
			s := Store{Type: string(kind), Name: e.Name(), Path: filepath.Join(at, e.Name())}
			certs, err := reader.GetCertificates(context.Background(), kind, e.Name())
			p.add(s, loaded{certs, err})
		}
	}
	return nil
}
