package audit

import (
	"fmt"
	"slices"
	"strings"

	"keyrite/trustdata"
	"keyrite/trustdata/access"
)

// provider judges what follows from who runs the registry, and from both servers together.
func (d Doctor) provider() []Finding {
	who, _ := providerOf(d.GUN)
	switch who {
	case hub:
		return append(d.hub(), d.publish("")...)
	case azure:
		return d.azure()
	case google:
		return append(d.google(), d.publish("")...)
	}
	return d.publish("")
}

func (d Doctor) of(kind Kind) (Server, bool) {
	i := slices.IndexFunc(d.Servers, func(s Server) bool { return s.Kind == kind })
	if i < 0 {
		return Server{}, false
	}
	return d.Servers[i], true
}

// publish says whether the login may write on both servers. Remedy takes the place of the
// general one for the trust server.
func (d Doctor) publish(remedy string) []Finding {
	var out []Finding
	for _, s := range d.Servers {
		granted, known := s.MayWrite()
		if !known || granted || s.Read == nil || refuses(s.Read) {
			continue // nothing to say, or said already: not even reading works
		}
		f := Finding{Severity: Warning, Code: "no_publish", Message: fmt.Sprintf("the %s %q does not let this login publish", s.Kind, s.URL),
			Remedy: "Ask for " + strings.Join(s.Write.Asked, " ") + ". Reading needs none of it."}
		if s.Kind == Registry {
			f.Severity, f.Code = Info, "no_push"
			f.Message = fmt.Sprintf("the registry %q does not let this login push", s.URL)
		} else if remedy != "" {
			f.Remedy = remedy
		}
		if s.Login.Kind == access.Anonymous {
			f.Severity = Info
			f.Remedy = "Log in with docker login to publish. " + f.Remedy
		}
		out = append(out, f)
	}
	return out
}

func (d Doctor) hub() []Finding {
	if trust, found := d.of(TrustServer); found && trust.Chosen {
		return nil
	}
	f := Finding{Severity: Warning, Code: "hub_closes",
		Message: fmt.Sprintf("Docker Hub's trust server closes on %s, in %d days. Its names begin with docker.io/ also in the scope: repository:%s:pull", services().Hub.Closes, services().Hub.Closes.left(d.Now), trustdata.ExpandGUN(d.GUN)),
		Remedy:  fmt.Sprintf("keyrite archive %s keeps the evidence of who signed what. After that day there is none to fetch.", quoteShell(string(d.GUN)))}
	if services().Hub.Closes.left(d.Now) < 0 {
		f.Severity, f.Message = Error, fmt.Sprintf("Docker Hub's trust server closed on %s", services().Hub.Closes)
		f.Remedy = "What was archived before can be read with --from-archive."
	}
	return []Finding{f}
}

func (d Doctor) azure() []Finding {
	trust, found := d.of(TrustServer)
	if !found || trust.Chosen {
		return d.publish("")
	}
	a := services().Azure
	out := []Finding{{Severity: Info, Code: "azure_ends",
		Message: fmt.Sprintf("Azure removes content trust on %s, in %d days; since %s no registry can turn it on that had it off. It never works with customer-managed keys or with tokens for single repositories", a.Ends, a.Ends.left(d.Now), a.ClosedNew),
		Remedy:  "Plan the move. Do not disable content trust before keyrite archive has kept the evidence: disabling deletes it for the whole registry."}}
	if registry, found := d.of(Registry); found && registry.Login.User == a.TokenUser {
		out = append(out, Finding{Severity: Info, Code: "azure_token",
			Message: fmt.Sprintf("the login is that of az acr login (user %s), which lasts %d hours", a.TokenUser, a.Hours),
			Remedy:  "Run az acr login again when it has ended, and after every change of roles."})
	}
	if trust.Read != nil && trust.Read.Status == methodNotAllowed {
		return append(out, Finding{Severity: Error, Code: "azure_off",
			Message: fmt.Sprintf("%q answers 405: content trust is off in this registry, or it is not of the Premium tier", trust.URL),
			Remedy:  fmt.Sprintf("Only a Premium registry that had content trust on before %s still has it; no other can get it.", a.ClosedNew)})
	}
	if f, missing := d.azureSigner(trust); missing {
		return append(out, f)
	}
	return append(out, d.publish(azureRole(d.GUN))...)
}

// azureSigner is a login that may push and not sign: the role is missing.
func (d Doctor) azureSigner(trust Server) (Finding, bool) {
	registry, found := d.of(Registry)
	if !found {
		return Finding{}, false
	}
	push, _ := registry.MayWrite()
	sign, known := trust.MayWrite()
	if trust.Write != nil && trust.Write.Status == methodNotAllowed {
		sign, known = false, true
	}
	if !push || sign || !known {
		return Finding{}, false
	}
	return Finding{Severity: Warning, Code: "azure_signer_missing",
		Message: "this login may push and may not publish signatures: it lacks the role AcrImageSigner, which neither the admin account nor a token for single repositories can have. To read, AcrPull suffices",
		Remedy:  azureRole(d.GUN)}, true
}

// azureRole are the lines that give a user, or a service principal, the role.
func azureRole(gun trustdata.GUN) string {
	name, _, _ := strings.Cut(gun.Host(), ".")
	scope := `--scope "$(az acr show --name ` + quoteShell(name) + ` --query id --output tsv)"`
	return `For yourself: az role assignment create --assignee "$(az account show --query user.name --output tsv)" --role AcrImageSigner ` + scope +
		` -- For a service principal: az role assignment create --assignee APP_ID --role AcrImageSigner ` + scope +
		` -- Then sign in again (az acr login): a token keeps the roles that it was made with.`
}

func (d Doctor) google() []Finding {
	registry, found := d.of(Registry)
	if !found {
		return nil
	}
	const order = "In order of safety: the gcloud helper, docker-credential-gcr, oauth2accesstoken for an hour, a key file."
	g, l := services().Google, registry.Login
	f := Finding{Severity: Info, Code: "google_login", Remedy: order}
	switch {
	case slices.Contains(g.KeyUsers, l.User):
		f.Severity, f.Code = Warning, "google_key"
		f.Message = fmt.Sprintf("the login is a service account's key (%s), which never ends by itself", l.User)
		f.Remedy = "Use the gcloud helper: gcloud auth configure-docker. " + order
	case l.Helper == "gcloud":
		f.Message = "the login comes from the gcloud helper, afresh each time"
	case l.Helper == "gcr":
		f.Message = "the login comes from docker-credential-gcr, afresh each time"
	case l.User == g.TokenUser:
		f.Message = fmt.Sprintf("the login is an access token (%s), which lasts %d minutes", l.User, g.Minutes)
		f.Remedy = "A helper needs no renewal: gcloud auth configure-docker. " + order
	case l.Kind == access.Anonymous:
		f.Message = "there is no login"
		f.Remedy = "gcloud auth configure-docker sets the helper. " + order
	default:
		return nil
	}
	return []Finding{f}
}
