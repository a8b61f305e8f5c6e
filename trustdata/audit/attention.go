package audit

import (
	"cmp"
	"path/filepath"
	"strings"
	"time"

	"keyrite/trustdata"
)

// Imminent is how long before its end something is called for now.
const Imminent = 30 * 24 * time.Hour

// Item is what one step mends: the findings that it takes together, and what there is to say
// of them. All its texts have passed trustdata.Visible.
type Item struct {
	Code     string
	Severity Severity
	// Due is the first day on which one of them is due, zero where none has a day. Ends
	// says that something no longer counts after it.
	Due  time.Time
	Ends bool
	// Title says what it is, and Brief the same in few words. Where says about what.
	Title, Brief, Where string
	Step                Step
	// Says are the findings in whole sentences, with their subjects where they are several.
	Says []string
	// Means says what follows, Fix what is done, and First what comes before that, or "". The
	// first sentence of each says the most.
	Means, Fix, First string
	// By are the lines to type for the step, or what else to do.
	By []string
	// Alarm marks the one kind of item that may be an attack.
	Alarm bool
	// Findings are never none.
	Findings []Finding
	GUNs     []trustdata.GUN
	// Keys are the keys that it is about, or that the step signs with, as far as they are
	// here.
	Keys []trustdata.KeyID
	// Snoozed is not nil where all of it is put off.
	Snoozed *Snoozed
}

// ID is the identity of an item across audits.
func (i Item) ID() string { return i.Code + "\n" + kindOf(i.Code).by.of(i.Findings[0]) }

// OfDocker reports whether an item is about the docker that is installed here, which the
// overview states apart from what can be done.
func (i Item) OfDocker() bool { return i.Code == "content_trust_ignored" }

// Attention takes findings together that one step mends, in the order of the first of each.
// What is put off comes as items of its own, so that nothing new hides behind it.
func (l Look) Attention(findings []Finding) []Item {
	l.held, l.listed, l.named = l.usable(), l.listings(), map[trustdata.GUN]*Repository{}
	for i, r := range l.Repositories {
		l.named[r.GUN] = &l.Repositories[i]
	}
	items := []Item{}
	for _, group := range grouped(findings) {
		items = append(items, l.item(group))
	}
	return items
}

// grouped are the findings that one step mends, in the order of the first of each. They are
// counted before they are put together, since one kind may have a thousand.
func grouped(findings []Finding) [][]Finding {
	at, of := make(map[string]int, len(findings)), make([]int, len(findings))
	var sizes []int
	for n, f := range findings {
		id := f.Code + "\n" + kindOf(f.Code).by.of(f)
		if f.Snoozed != nil {
			id = "put off\n" + id
		}
		i, known := at[id]
		if !known {
			i = len(sizes)
			at[id], sizes = i, append(sizes, 0)
		}
		of[n] = i
		sizes[i]++
	}
	groups := make([][]Finding, len(sizes))
	for n, f := range findings {
		i := of[n]
		if groups[i] == nil {
			groups[i] = make([]Finding, 0, sizes[i])
		}
		groups[i] = append(groups[i], f)
	}
	return groups
}

// of is what findings of one item have in common, besides their code.
func (g grouping) of(f Finding) string {
	switch g {
	case byRepository:
		return string(f.GUN)
	case byKey:
		return cmp.Or(string(f.KeyID), string(f.GUN), f.Path)
	case byKeyRole:
		return string(f.Role)
	case byServer:
		return trustdata.ExpandGUN(f.GUN).Host()
	case byFile:
		return cmp.Or(f.Path, string(f.KeyID))
	case bySelf:
		return f.Remedy
	}
	return ""
}

func (l Look) item(findings []Finding) Item {
	f := findings[0]
	k := kindOf(f.Code)
	i := Item{Code: f.Code, Severity: f.Severity, Ends: k.ends, Step: k.step, Means: k.means, First: k.first,
		Alarm: k.step == StepStop, Findings: findings, Snoozed: f.Snoozed}
	guns, says, by := once[trustdata.GUN]{}, once[string]{}, once[string]{}
	for _, f := range findings {
		if i.Severity.Rank() < f.Severity.Rank() {
			i.Severity = f.Severity
		}
		if !f.Due.IsZero() && (i.Due.IsZero() || f.Due.Before(i.Due)) {
			i.Due = f.Due
		}
		if f.Snoozed != nil && f.Snoozed.Until.Before(i.Snoozed.Until) {
			i.Snoozed = f.Snoozed
		}
		i.GUNs = guns.add(i.GUNs, f.GUN)
		said := visible(f.Message)
		if len(findings) > 1 {
			said = l.name(f) + ": " + said
		}
		i.Says = says.add(i.Says, said)
		i.By = by.add(i.By, visible(f.Remedy))
	}
	i.Keys = l.keysOf(findings, k)
	named := strings.NewReplacer("{role}", roles(findings), "{day}", day{i.Due}.String())
	i.Title, i.Brief = strings.TrimSpace(named.Replace(k.title)), strings.TrimSpace(named.Replace(k.brief))
	i.Where, i.Fix = l.where(k, i), strings.TrimSpace(k.fix+" "+l.holding(k, i))
	return i
}

// once is what a list has already: there may be a thousand findings of one kind.
type once[T ~string] map[T]bool

// add keeps each text once.
func (o once[T]) add(all []T, text T) []T {
	if text == "" || o[text] {
		return all
	}
	o[text] = true
	return append(all, text)
}

// visible is for texts whose names are quoted already.
func visible(text string) string { return trustdata.VisibleError(quoted(text)) }

type quoted string

func (q quoted) Error() string { return string(q) }

// roles are the words for the roles of findings; more than two are not named.
func roles(findings []Finding) string {
	const few = 2
	var words []string
	said := once[string]{}
	for _, f := range findings {
		words = said.add(words, roleWord(f))
	}
	if len(words) > few {
		return ""
	}
	return strings.Join(words, " and ")
}

// roleWord is a role as it is called in what a finding is about: metadata, or a key.
func roleWord(f Finding) string {
	switch {
	case f.Path == "":
		return cmp.Or(trustdata.Badged(string(f.Role)), "its")
	case f.Role == trustdata.RoleTargets:
		return "repository"
	case f.Role.IsDelegation() || f.Role == "":
		return "signer's"
	}
	return trustdata.Badged(string(f.Role))
}

// keysOf are the keys here that an item is about, or whose role it is to sign again.
func (l Look) keysOf(findings []Finding, k kind) (keys []trustdata.KeyID) {
	seen := once[trustdata.KeyID]{}
	here := func(id trustdata.KeyID) {
		if _, held := l.held[id]; held {
			keys = seen.add(keys, id)
		}
	}
	for _, f := range findings {
		here(f.KeyID)
		if r := l.named[f.GUN]; r != nil && signs(k.step) {
			r.eachKey(func(v trustdata.RoleView, key trustdata.RoleKey) {
				if v.Role == f.Role {
					here(key.KeyID)
				}
			})
		}
	}
	return keys
}

// signs reports whether a step signs with the keys of the role.
func signs(s Step) bool { return s == StepRepair || s == StepRefresh || s == StepRenew }

// holding says whether the keys that a step signs with are here.
func (l Look) holding(k kind, i Item) string {
	switch {
	case !signs(k.step):
		return ""
	case len(i.Keys) == 0:
		return "No key for that is here."
	case len(i.Keys) == 1:
		return "Key " + i.Keys[0].Short() + " for that is here."
	}
	return trustdata.Plural(len(i.Keys), "key", "keys") + " for that are here."
}

// baseName is a path's last part.
func baseName(path string) string { return trustdata.Visible(filepath.Base(path)) }
