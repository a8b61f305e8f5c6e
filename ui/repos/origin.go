package repos

import "slices"

// Origin is where a repository was heard of.
type Origin string

// The origins, in the order in which they are listed.
const (
	FromKey        Origin = "key"        // the file of a key names it
	FromCache      Origin = "cache"      // metadata of it is on this machine: docker's, notary's or keyrite's
	FromChangefeed Origin = "changefeed" // the trust server in use has published it
	FromCatalog    Origin = "catalog"    // its registry has it
)

var origins = []Origin{FromKey, FromCache, FromChangefeed, FromCatalog}

// Origins puts a list in order, each once.
func Origins(list []Origin) []Origin {
	out := []Origin{}
	for _, o := range origins {
		if slices.Contains(list, o) {
			out = append(out, o)
		}
	}
	return out
}

// elsewhere says where a repository was heard of that nothing on this machine names, and
// else is "".
func (r Repo) elsewhere() string {
	if len(r.FoundIn) == 0 || slices.Contains(r.FoundIn, FromKey) || slices.Contains(r.FoundIn, FromCache) {
		return ""
	}
	if slices.Contains(r.FoundIn, FromChangefeed) {
		return "Found on the trust server; nothing on this machine names it."
	}
	return "Found in the registry's catalog; nothing on this machine names it."
}
