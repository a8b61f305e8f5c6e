package keyring

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"keyrite/trustdata"
)

// maxBundle bounds a file of keys: some hundred of them.
const maxBundle = 1 << 20

// headerPath names a key in a bundle; key files do not have it.
const headerPath = "path"

// notKeys are blocks that programs write beside a key.
var notKeys = []string{"EC PARAMETERS", "PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE"}

// Block is one private key of a bundle.
type Block struct {
	// KeyID is what the path header names the key, which is not yet what it is; "" where
	// there is none, as in the files of other programs.
	KeyID trustdata.KeyID
	// Header is what the block says of the key's use, by headers or by its path.
	Header Header
	// Encrypted says whether Open needs a passphrase.
	Encrypted bool

	file file
}

// ParseBundle takes a file apart that was made to hand keys over: what "notary key export"
// writes, several blocks with the header "path", or the single block of another program.
// Text between the blocks is passed over. Skipped names the blocks that are no private
// keys. One block that cannot be read spoils the file: what it was is not known.
//
// The path is the key's ID, or what old clients wrote, "tuf_keys/<GUN>/<ID>_<role>". The
// reference client keeps the role in the name, and so makes a key that nothing finds.
func ParseBundle(data []byte) (blocks []Block, skipped []string, err error) {
	if len(data) > maxBundle {
		return nil, nil, damage("the file is larger than %d bytes", maxBundle)
	}
	marks := bytes.Count(data, []byte("-----BEGIN "))
	for rest := data; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		marks--
		if slices.Contains(notKeys, block.Type) {
			skipped = append(skipped, block.Type)
			continue
		}
		b, err := parseBlock(block)
		if err != nil {
			return nil, nil, fmt.Errorf("block %d: %w", len(blocks)+len(skipped)+1, err)
		}
		blocks = append(blocks, b)
	}
	switch {
	case marks != 0:
		return nil, nil, damage("one of its PEM blocks is cut short or cannot be read")
	case len(blocks) == 0:
		return nil, nil, damage("the file has no private key")
	}
	return blocks, skipped, nil
}

func parseBlock(block *pem.Block) (Block, error) {
	where := block.Headers[headerPath]
	delete(block.Headers, headerPath)
	f, err := parseFile(pem.EncodeToMemory(block))
	if err != nil {
		return Block{}, err
	}
	b := Block{Header: f.header, Encrypted: f.encrypted(), file: f}
	if where == "" {
		return b, nil
	}
	// Place reads a path as it reads the name of a key file below private.
	where = strings.TrimSuffix(strings.ReplaceAll(where, `\`, "/"), suffix)
	row := Info{Role: f.header.Role, GUN: f.header.GUN}
	if stem, role := legacyStem(where); path.Dir(where) == "." && role != "" {
		where = path.Join(legacyFolders[1], stem+"_"+role)
	}
	if problem := row.place(path.Join(private, strings.TrimPrefix(where, private+"/")) + suffix); problem != "" || !fs.ValidPath(where) {
		return Block{}, damage("the path %q in its header names no key", clip(where))
	}
	if !validRole(row.Role) {
		return Block{}, damage("the role %q in its path is none", clip(row.Role))
	}
	b.KeyID, b.Header = row.KeyID, Header{row.Role, row.GUN}
	return b, nil
}

// Open decrypts the key and compares its ID with the one that the path header names.
func (b Block) Open(p Passphrase) (*PrivateKey, error) {
	k, err := b.file.open(p)
	if err != nil {
		return nil, err
	}
	if id := k.KeyID(); b.KeyID != "" && b.KeyID != id {
		k.Wipe()
		return nil, fmt.Errorf("%w: %s and not %s", ErrMismatch, id, b.KeyID)
	}
	return k, nil
}

// File is the block as a key file, for the use that h says: as it stands but for the
// headers, and with its encryption untouched.
func (b Block) File(h Header) ([]byte, error) {
	block := pem.Block{Type: b.file.block.Type, Bytes: b.file.block.Bytes, Headers: map[string]string{}}
	for name, value := range b.file.block.Headers {
		block.Headers[name] = value
	}
	if err := h.write(block.Headers); err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&block), nil
}

// Export is a bundle of keys that ParseBundle and "notary key import" read: their files as
// they stand, each still locked with its own passphrase, with a path header. Files in old
// layouts get the headers that their place stands for.
func Export(ctx context.Context, s Store, ids ...trustdata.KeyID) ([]byte, error) {
	rows, err := s.List(ctx)
	if err != nil {
		return nil, err
	}
	var bundle []byte
	for _, id := range ids {
		data, err := s.Raw(ctx, id)
		if err != nil {
			return nil, err
		}
		f, err := parseFile(data)
		if err != nil {
			return nil, fmt.Errorf("key %s: %w", id, err)
		}
		sum := sha256.Sum256(data)
		at := slices.IndexFunc(rows, func(row Info) bool { return row.KeyID == id && row.SHA256 == hex.EncodeToString(sum[:]) })
		if at >= 0 && rows[at].Legacy && rows[at].Role != "" {
			if err := (Header{rows[at].Role, rows[at].GUN}).write(f.block.Headers); err != nil {
				return nil, fmt.Errorf("key %s: %w", id, err)
			}
		}
		f.block.Headers[headerPath] = string(id)
		bundle = append(bundle, pem.EncodeToMemory(f.block)...)
	}
	return bundle, nil
}
