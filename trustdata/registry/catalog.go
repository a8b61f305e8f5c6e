package registry

import (
	"context"
	"net/url"
	"strconv"

	"keyrite/trustdata"
	"keyrite/trustdata/access"
)

// catalogPage is how many repositories a registry is asked for at a time. It may give fewer.
const catalogPage = 1000

// Catalog lists the repositories of a registry, as access.Config.RegistryCatalog gives it,
// under the host that their names begin with. odd is how many names it left out that no
// repository can have. A registry need not have a list, and many show it to nobody:
// ErrUnauthorized and ErrNotFound.
func Catalog(ctx context.Context, ep access.Endpoint, host string) (guns []trustdata.GUN, odd int, err error) {
	base := *ep.URL
	base.Path += "/v2"
	c := &Client{endpoint: ep, base: &base}
	first := c.base.JoinPath("_catalog")
	first.RawQuery = url.Values{"n": {strconv.Itoa(catalogPage)}}.Encode()
	names, err := c.list(ctx, first, "repositories")
	if err != nil {
		return nil, 0, err
	}
	for _, name := range names {
		gun, err := trustdata.ParseGUN(host + "/" + name)
		if err != nil {
			odd++
			continue
		}
		guns = append(guns, gun)
	}
	return guns, odd, nil
}
