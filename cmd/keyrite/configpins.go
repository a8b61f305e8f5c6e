package main

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// pinSettings is what notary's configuration calls "trust_pinning", under the same names.
type pinSettings struct {
	DisableTOFU bool `toml:"disable_tofu,omitempty"`
	// Certs are IDs of root certificates, by GUN or by its beginning and an asterisk.
	Certs map[string]words `toml:"certs,omitempty"`
	// CA are PEM files, by the beginning of a GUN.
	CA map[string]string `toml:"ca,omitempty"`

	table string // that they stand in, as errors name it
}

// maxCABundle bounds a file of CA certificates.
const maxCABundle = 4 << 20

// check finds what could not be used, and makes the paths absolute.
func (p *pinSettings) check(c *cli, bad func(error, string, ...any)) {
	for _, entry := range slices.Sorted(maps.Keys(p.Certs)) {
		if prefix, wildcard := strings.CutSuffix(entry, "*"); !wildcard || strings.Contains(prefix, "*") {
			_, err := trustdata.ParseGUN(entry)
			bad(err, "%s certs", p.table)
		}
		for _, id := range p.Certs[entry] {
			_, err := trustdata.ParseKeyID(id)
			bad(err, "%s certs %q", p.table, entry)
		}
	}
	for _, entry := range slices.Sorted(maps.Keys(p.CA)) {
		path, err := c.configFile(p.CA[entry])
		if err == nil && path == "" {
			err = errors.New("no file is named")
		}
		bad(err, "%s ca %q", p.table, entry)
		p.CA[entry] = path
	}
}

// read gives the pins, with the certificates of their CA files. A file that cannot be
// read is an error, for to leave a pin out would be to trust whoever comes first.
func (p pinSettings) read() (notary.Pins, error) {
	pins := notary.Pins{RefuseFirstUse: p.DisableTOFU, Certificates: map[string][]trustdata.ListedID{},
		Authorities: map[string][]*x509.Certificate{}}
	for entry, ids := range p.Certs {
		for _, id := range ids {
			pins.Certificates[entry] = append(pins.Certificates[entry], trustdata.ListedID(id))
		}
		if len(ids) == 0 {
			pins.Certificates[entry] = nil // which allows no root at all
		}
	}
	for entry, path := range p.CA {
		cas, err := readCAs(path)
		if err != nil {
			return notary.Pins{}, usage(fmt.Errorf("%s ca %q: %q: %w", p.table, entry, path, err))
		}
		pins.Authorities[entry] = cas
	}
	return pins, nil
}

func readCAs(path string) ([]*x509.Certificate, error) {
	rest, err := readBounded(path, maxCABundle)
	if err != nil {
		return nil, err
	}
	var all []*x509.Certificate
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		ca, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		all = append(all, ca)
	}
	if len(all) == 0 || len(bytes.TrimSpace(rest)) > 0 {
		return nil, errors.New("it is not a file of PEM certificates and nothing else")
	}
	return all, nil
}

// shown are the pins as "config show" lists them.
func (p pinSettings) shown() map[string][]string {
	out := lists(p.Certs)
	for entry, path := range p.CA {
		out["ca "+entry] = []string{path}
	}
	return out
}
