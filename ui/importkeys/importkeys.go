// Package importkeys brings key files in: it asks for a path, lists what is in the file,
// opens every key, asks once, writes, reads back, and shows what is there now.
package importkeys

import (
	"context"
	"errors"
	"fmt"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/ui"
)

// Key is one key of a file.
type Key struct {
	// ID is "" until the key was opened, where the file does not name it.
	ID   trustdata.KeyID
	Role string
	GUN  trustdata.GUN
	// Locked keys come with their passphrase; any other gets one.
	Locked bool
}

// Stored is a key that is in the store now.
type Stored struct {
	ID   trustdata.KeyID
	Path string
	// Same says that the very file was there before.
	Same bool
}

// Batch is a file that was read. Nothing of it is stored yet.
type Batch interface {
	Keys() []Key
	// Notes are sentences about the file.
	Notes() []string
	// Open proves that a key opens; one that is not locked is locked with the passphrase.
	// It takes the passphrase over. A wrong one is keyring.ErrPassphrase.
	Open(ctx context.Context, key int, p keyring.Passphrase) (trustdata.KeyID, error)
	// Store writes all keys and reads them back. Nothing that is there is replaced.
	Store(context.Context) ([]Stored, error)
	// Wipe forgets everything.
	Wipe()
}

// ErrNoRole is what reading a file gives whose keys do not say what they are for.
var ErrNoRole = errors.New("the file does not say what its key is for")

// Service is what the screen needs of the layers below.
type Service interface {
	// Read takes a file apart. Role speaks for keys whose file names none.
	Read(ctx context.Context, path, role string) (Batch, error)
}

// Options are what the screen is given.
type Options struct {
	Context context.Context
	Styles  *ui.Styles
	Clock   ui.Clock
	Profile string
	Service Service
	// Path is the file that is read at once, without asking for one; "" asks.
	Path string
}

// Model is the screen.
type Model struct {
	*ui.Wizard
	opt    Options
	loader *ui.Loader[event]

	path, role string
	batch      Batch
	ids        []trustdata.KeyID // of the keys that were opened
	tries      int
	storing    bool
	stored     []Stored
	failed     error
}

type event any

type (
	wasRead   struct{ batch Batch }
	wasOpened struct {
		batch Batch
		id    trustdata.KeyID
		err   error
	}
	wasStored struct {
		stored []Stored
		err    error
	}
)

// New makes the screen.
func New(opt Options) *Model {
	m := &Model{opt: opt, path: opt.Path, loader: ui.NewLoader[event](opt.Context, opt.Clock)}
	m.Wizard = ui.NewWizard(opt.Styles, "import keys",
		ui.Step{Name: "File", Page: m.filePage, Leaving: m.leaving, Start: m.begin, Next: "open them", Do: m.openNext, Blocked: m.noFile,
			Acts: []ui.Act{{Key: ui.Bind("f", "another file", "f"), Do: m.askPath, Blocked: m.busy}}},
		ui.Step{Name: "Store", Page: m.storePage, Leaving: m.leaving, Start: m.store, Held: m.mustFinish, Next: "finish", Do: func() tea.Cmd { return ui.Send(ui.PopMsg{}) }})
	return m
}

func (m *Model) begin() tea.Cmd {
	if m.opt.Path != "" {
		return m.read()
	}
	return m.askPath()
}

func (m *Model) leaving() string {
	switch {
	case m.storing:
		return "The keys are being written and read back: wait for the end."
	case m.stored != nil:
		return "It is done and was read back. Leaving changes nothing."
	}
	return "Leaving now changes nothing."
}

func (m *Model) busy() string { return m.loader.Busy() }

func (m *Model) noFile() string {
	if m.batch == nil {
		return "No file was read yet. f asks for one."
	}
	return m.busy()
}

func (m *Model) mustFinish() string {
	if m.storing {
		return "The keys are being written and read back; that cannot be left half way."
	}
	return ""
}

// Freshness is when something was read last.
func (m *Model) Freshness() ui.Freshness { return m.loader.Disk() }

// Busy reports whether something runs, or a key is open that leaving forgets.
func (m *Model) Busy() bool {
	return !m.storing && (m.busy() != "" || len(m.ids) > 0 && m.stored == nil)
}

// Cancel stops what runs and forgets what was opened.
func (m *Model) Cancel() {
	if m.storing {
		return
	}
	m.loader.Cancel()
	m.forget()
	m.Return(0)
}

func (m *Model) forget() {
	if m.batch != nil {
		m.batch.Wipe()
	}
	m.batch, m.ids, m.tries = nil, nil, 0
}

// ForgetKeys wipes what was opened and not stored yet; the file is to be read again.
func (m *Model) ForgetKeys() int {
	n := len(m.ids)
	if n == 0 || m.storing || m.stored != nil {
		return 0
	}
	m.Cancel()
	return n
}

// Update takes keys and what the loader sends.
func (m *Model) Update(msg tea.Msg) tea.Cmd {
	got, cmd, ok := m.loader.Take(msg)
	if !ok {
		return m.Wizard.Update(msg)
	}
	if errors.Is(got.Err, ErrNoRole) {
		got.Err, cmd = nil, m.askRole()
	}
	cmd = tea.Batch(cmd, got.Each(m.handle))
	m.Refresh()
	return cmd
}

func (m *Model) handle(e event) tea.Cmd {
	switch e := e.(type) {
	case wasRead:
		m.forget()
		m.batch = e.batch
	case wasOpened:
		return m.opened(e)
	case wasStored:
		m.storing, m.stored, m.failed = false, e.stored, e.err
		m.forget()
		if len(e.stored) > 0 {
			return ui.Send(ui.DoneMsg{Action: "imported " + trustdata.Plural(len(e.stored), "key", "keys")})
		}
	}
	return nil
}

func (m *Model) run(what string, work func(ctx context.Context) (event, error)) tea.Cmd {
	m.loader.Doing(what)
	return m.loader.Get(work)
}

func (m *Model) askPath() tea.Cmd {
	return ui.Send(ui.AskMsg{
		Dialog: ui.NewPublicInput(m.opt.Styles, ui.Input{Title: "IMPORT KEYS", Prompt: "File:", Do: "read", Text: m.path, Check: ui.Needed("type the path of a file with keys"),
			Explain: "What notary, docker or keyrite exported, or a private key of openssl. Its path, never the key itself."}),
		Answer: func(r any) tea.Cmd {
			path, ok := r.(string)
			if !ok {
				return nil
			}
			m.path, m.role = path, ""
			return m.read()
		}})
}

// askRole asks what a key is for whose file does not say.
func (m *Model) askRole() tea.Cmd {
	return ui.Send(ui.AskMsg{
		Dialog: ui.NewInput(m.opt.Styles, ui.Input{Title: "WHAT IS THE KEY FOR?", Prompt: "Role:", Do: "take",
			Explain: "The file does not say. root, or the name of a signer such as alice."}),
		Answer: func(r any) tea.Cmd {
			role, ok := r.(string)
			if !ok || role == "" {
				return nil
			}
			m.role = role
			return m.read()
		}})
}

func (m *Model) read() tea.Cmd {
	service, path, role := m.opt.Service, m.path, m.role
	return m.run("reading the file", func(ctx context.Context) (event, error) {
		b, err := service.Read(ctx, path, role)
		return wasRead{b}, err
	})
}

// openNext asks for the passphrase of the next key, and for the answer when all are open.
func (m *Model) openNext() tea.Cmd {
	at := len(m.ids)
	keys := m.batch.Keys()
	if at == len(keys) {
		return m.confirm()
	}
	k, batch := keys[at], m.batch
	ask := ui.AskPassphrase{Role: trustdata.Role(k.Role), KeyID: k.ID, New: !k.Locked, Try: m.tries + 1, Why: "to prove that it opens before it is stored",
		Kept: "Asked once. Forgotten when this ends or is left.", Leave: "stop here (safe)"}
	if !k.Locked {
		ask.KeyID, ask.Why, ask.Kept = "", "the file is not locked; the key is stored locked with this passphrase", "It is needed whenever the key is to sign."
	}
	return ui.Send(ui.AskMsg{Dialog: ui.NewPassphrase(m.opt.Styles, m.opt.Clock, ask), Answer: func(r any) tea.Cmd {
		pass, ok := r.(keyring.Passphrase)
		switch {
		case !ok:
			return nil
		case m.batch != batch || len(m.ids) != at: // it was given up meanwhile
			pass.Wipe()
			return nil
		}
		return m.run(fmt.Sprintf("opening key %d of %d", at+1, len(keys)), func(ctx context.Context) (event, error) {
			id, err := batch.Open(ctx, at, pass)
			return wasOpened{batch, id, err}, nil
		})
	}})
}

func (m *Model) opened(e wasOpened) tea.Cmd {
	switch {
	case e.batch != m.batch:
		e.batch.Wipe() // it was given up meanwhile
		return nil
	case errors.Is(e.err, keyring.ErrPassphrase):
		m.tries++
		return m.openNext()
	case e.err != nil:
		return ui.Send(ui.ErrorMsg{Err: e.err})
	}
	m.ids, m.tries = append(m.ids, e.id), 0
	return m.openNext()
}

func (m *Model) confirm() tea.Cmd {
	batch, n := m.batch, trustdata.Plural(len(m.ids), "key", "keys")
	q := ui.Question{Headline: "IMPORT " + trustdata.Plural(len(m.ids), "KEY", "KEYS"), Thing: "from " + trustdata.Visible(m.path), Profile: m.opt.Profile,
		Keep: "Cancel", Act: "Import " + n,
		Facts: []ui.Fact{{Label: "Nothing", Value: "that is there is replaced"}, {Label: "The file", Value: "stays where it is; whoever has it and its passphrase has the keys"}}}
	return ui.Send(ui.AskMsg{Dialog: ui.NewConfirm(m.opt.Styles, m.opt.Clock, q), Answer: func(r any) tea.Cmd {
		if _, yes := r.(ui.Confirmed); yes && m.batch == batch {
			return m.Advance()
		}
		return nil
	}})
}

// store runs to its end, whatever is pressed.
func (m *Model) store() tea.Cmd {
	m.storing = true
	batch := m.batch
	m.Refresh()
	return m.run("writing the keys", func(ctx context.Context) (event, error) {
		stored, err := batch.Store(context.WithoutCancel(ctx))
		return wasStored{stored, err}, nil
	})
}

// ShortHelp are the keys of the footer: none that could not act.
func (m *Model) ShortHelp() []key.Binding {
	if m.storing {
		return nil
	}
	return m.Wizard.ShortHelp()
}

var (
	_ ui.Screen  = (*Model)(nil)
	_ ui.Sourced = (*Model)(nil)
	_ ui.Worker  = (*Model)(nil)
	_ ui.Holder  = (*Model)(nil)
)
