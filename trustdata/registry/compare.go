package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"keyrite/trustdata"
)

// State says how a signed tag and a served one relate.
type State string

// The states of a tag.
const (
	Signed   State = "signed"   // signed for what is served
	Moved    State = "moved"    // signed, but the tag now serves something else
	Gone     State = "gone"     // signed, and no longer served
	Unsigned State = "unsigned" // served without a signature that docker would take
	Unknown  State = "unknown"  // the registry did not say, or who signs did not count
)

// States are all of them.
var States = []State{Signed, Moved, Gone, Unsigned, Unknown}

// Compared is one tag of a collection, or one that only the registry has: then the Tag
// has nothing but a name.
type Compared struct {
	trustdata.Tag
	// RegistryDigest is the SHA-256 that the tag serves, 64 hex digits, "" for none.
	RegistryDigest string
	// State is judged on the row that docker pulls, and is that of all rows of a name.
	State State
	// Reason explains Unknown, and a state that is not obvious; "" otherwise.
	Reason string
	// Others are the signatures of other systems on Subject, nil if they were not looked for.
	Others *Found
}

// Subject is the digest that other systems' signatures are looked for on: what the tag
// serves, and where it serves nothing, what was signed.
func (c Compared) Subject() string {
	if c.RegistryDigest != "" {
		return c.RegistryDigest
	}
	return c.Digest
}

// LookForOthers fills in Others, asking for each digest once.
func LookForOthers(ctx context.Context, from SignatureSource, rows []Compared, workers int) {
	var digests []string
	for _, r := range rows {
		digests = append(digests, r.Subject())
	}
	found := FindSignatures(ctx, from, digests, workers)
	for i, r := range rows {
		f := found[r.Subject()]
		rows[i].Others = &f
	}
}

// Source is what Compare asks of a registry.
type Source interface {
	Tags(ctx context.Context) ([]string, error)
	Resolve(ctx context.Context, tag string) (Descriptor, error)
}

var _ Source = (*Client)(nil)

// defaultWorkers is how many requests go out at once, few enough for public registries.
const defaultWorkers = 8

// Compare asks for every tag, of the collection and of the registry, what is served. The
// rows are the collection's in its order, then the registry's other tags by name. With
// workers below 1 there are a few.
//
// An error that is not the context's says why the registry's list of tags could not be
// had. The rows are good even then, but other, unsigned tags may be served.
func Compare(ctx context.Context, from Source, col *trustdata.Collection, workers int) ([]Compared, error) {
	if workers < 1 {
		workers = defaultWorkers
	}
	listed, listErr := from.Tags(ctx)
	if errors.Is(listErr, ErrNotFound) {
		listErr = nil // the registry has no such repository, so there are no other tags
	}
	names := make([]string, 0, len(col.Tags)+len(listed))
	pulled := map[string]string{}
	signed := map[string]bool{}
	for _, t := range col.Tags {
		if !signed[t.Name] {
			signed[t.Name] = true
			names = append(names, t.Name)
		}
		if t.Pulled {
			pulled[t.Name] = t.Digest
		}
	}
	names = append(names, slices.DeleteFunc(slices.Clone(listed), func(n string) bool { return signed[n] })...)
	found, err := resolveAll(ctx, from, names, workers)
	if err != nil {
		return nil, err
	}
	rows := make([]Compared, 0, len(col.Tags)+len(names)-len(signed))
	for _, t := range col.Tags {
		digest, ok := pulled[t.Name]
		rows = append(rows, doubt(col, judge(t, digest, ok, found[t.Name])))
	}
	for _, name := range names[len(signed):] {
		rows = append(rows, doubt(col, judge(trustdata.Tag{Name: name}, "", false, found[name])))
	}
	return rows, listErr
}

// answer is what the registry said of one tag.
type answer struct {
	digest string
	err    error
}

func resolveAll(ctx context.Context, from Source, names []string, workers int) (map[string]answer, error) {
	answers := make([]answer, len(names))
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(workers, len(names)) {
		wg.Go(trustdata.Guarded(func() {
			for i := range next {
				d, err := from.Resolve(ctx, names[i])
				answers[i] = answer{d.Digest, err}
			}
		}))
	}
	for i := range names {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	found := make(map[string]answer, len(names))
	for i, name := range names {
		found[name] = answers[i]
	}
	return found, nil
}

// Judge gives the state of one name beside what is served for it, a digest or the reason why
// there is none.
func Judge(col *trustdata.Collection, name, served string, err error) Compared {
	row, a := trustdata.Tag{Name: name}, answer{served, err}
	for _, t := range col.Tags {
		if t.Name != name {
			continue
		}
		if row = t; t.Pulled {
			return doubt(col, judge(t, t.Digest, true, a))
		}
	}
	return doubt(col, judge(row, "", false, a))
}

// doubt takes back that a tag is unsigned where a role may sign its name and has a file
// that was refused: the signature may be in there, and nothing can be said.
func doubt(col *trustdata.Collection, row Compared) Compared {
	if row.State != Unsigned {
		return row
	}
	for _, v := range col.Roles {
		may := func(prefix string) bool { return strings.HasPrefix(row.Name, prefix) }
		if v.Problem != "" && v.Role.IsDelegation() && slices.ContainsFunc(v.Paths, may) {
			row.State, row.Reason = Unknown, fmt.Sprintf("%q may sign it, and its file does not count: %s", v.Role, v.Problem)
			break
		}
	}
	return row
}

// judge gives the state of a name: pulled is the digest that docker resolves it to, if
// there is one.
func judge(t trustdata.Tag, pulled string, isPulled bool, a answer) Compared {
	row := Compared{Tag: t, RegistryDigest: a.digest}
	onlySigned := len(t.Roles) > 0
	switch {
	case errors.Is(a.err, ErrNotFound) && onlySigned:
		row.State = Gone
	case errors.Is(a.err, ErrNotFound):
		row.State, row.Reason = Unknown, "the registry lists it but does not have it"
	case a.err != nil:
		row.State, row.Reason = Unknown, a.err.Error()
	case isPulled && pulled == a.digest:
		row.State = Signed
	case isPulled:
		row.State = Moved
	default:
		row.State = Unsigned
		if onlySigned {
			row.Reason = fmt.Sprintf("signed only in %q, where docker does not look", t.Roles[0])
		} else if IsSignatureTag(t.Name) {
			row.Reason = "other systems keep what they say of an image under such a name"
		}
	}
	return row
}
