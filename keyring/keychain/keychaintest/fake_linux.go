package keychaintest

import (
	"fmt"
	"maps"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"
	"github.com/godbus/dbus/v5/prop"
)

// Mode is how a fake Secret Service answers.
type Mode string

// The modes. Only Obey stores what it is given.
const (
	Obey    Mode = "obey"
	Dismiss Mode = "dismiss" // asks before it stores, and is dismissed
	Hang    Mode = "hang"    // asks before it stores, and gets no answer until Answer
	Odd     Mode = "odd"     // answers with other types than it should
)

const (
	promptPath  = dbus.ObjectPath("/org/freedesktop/secrets/prompt/p1")
	sessionPath = dbus.ObjectPath("/org/freedesktop/secrets/session/s1")
)

// Fake is a Secret Service with one unlocked collection.
type Fake struct {
	conn *dbus.Conn
	// Asked gets a value whenever a question is put on the screen that is not there.
	Asked chan struct{}

	mu     sync.Mutex
	mode   Mode
	items  map[dbus.ObjectPath]*item
	made   int
	unsaid *item // what waits for the answer to a question
}

type secret struct {
	Session           dbus.ObjectPath
	Parameters, Value []byte
	ContentType       string
}

type item struct {
	attributes map[string]string
	value      []byte
}

// StartFake puts a fake Secret Service on the bus.
func StartFake(t testing.TB, b *Bus, mode Mode) *Fake {
	t.Helper()
	f := &Fake{conn: b.Connect(t), mode: mode, items: map[dbus.ObjectPath]*item{}, Asked: make(chan struct{}, 10)}
	for name, object := range map[string]struct {
		path    dbus.ObjectPath
		methods map[string]any
	}{
		"Service":    {servicePath, map[string]any{"OpenSession": f.openSession, "Unlock": f.unlock}},
		"Collection": {loginPath, map[string]any{"CreateItem": f.createItem, "SearchItems": f.searchItems}},
		"Prompt":     {promptPath, map[string]any{"Prompt": f.prompt}},
		"Session":    {sessionPath, map[string]any{"Close": func() *dbus.Error { return nil }}},
	} {
		if err := f.conn.ExportMethodTable(object.methods, object.path, secretName+name); err != nil {
			t.Fatal(err)
		}
	}
	collections := prop.Map{secretName + "Service": {"Collections": {Value: []dbus.ObjectPath{loginPath}}}}
	if mode == Odd {
		collections = prop.Map{secretName + "Service": {"Collections": {Value: int32(1)}}}
	}
	if _, err := prop.Export(f.conn, servicePath, collections); err != nil {
		t.Fatal(err)
	}
	if reply, err := f.conn.RequestName(serviceName, dbus.NameFlagDoNotQueue); err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
		t.Fatalf("the name of the Secret Service: %v, %v", reply, err)
	}
	return f
}

// Set changes how the fake answers from now on.
func (f *Fake) Set(mode Mode) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mode = mode
}

// Len is how many entries are stored.
func (f *Fake) Len() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.items)
}

// Answer answers the open question with yes: what waited for it is stored.
func (f *Fake) Answer(t testing.TB) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	path := f.put(f.unsaid)
	if err := f.conn.Emit(promptPath, secretName+"Prompt.Completed", false, dbus.MakeVariant(path)); err != nil {
		t.Fatal(err)
	}
}

func (f *Fake) openSession(string, dbus.Variant) (dbus.Variant, dbus.ObjectPath, *dbus.Error) {
	return dbus.MakeVariant(""), sessionPath, nil
}

func (f *Fake) unlock(paths []dbus.ObjectPath) ([]dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	return paths, "/", nil
}

func (f *Fake) createItem(properties map[string]dbus.Variant, s secret, _ bool) (dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	attributes, ok := properties[secretName+"Item.Attributes"].Value().(map[string]string)
	if !ok {
		return "/", "/", dbus.MakeFailedError(fmt.Errorf("no attributes"))
	}
	i := &item{attributes, s.Value}
	if f.mode == Obey {
		return f.put(i), "/", nil
	}
	f.unsaid = i
	return "/", promptPath, nil
}

// put stores an item in place of one with the same attributes. The caller holds the lock.
func (f *Fake) put(i *item) dbus.ObjectPath {
	for path, old := range f.items {
		if maps.Equal(old.attributes, i.attributes) {
			f.items[path] = i
			return path
		}
	}
	f.made++
	path := loginPath + dbus.ObjectPath(fmt.Sprintf("/%d", f.made))
	f.items[path] = i
	f.conn.ExportMethodTable(map[string]any{
		"GetSecret": func(session dbus.ObjectPath) (secret, *dbus.Error) {
			f.mu.Lock()
			defer f.mu.Unlock()
			return secret{session, []byte{}, f.items[path].value, "text/plain"}, nil
		},
		"Delete": func() (dbus.ObjectPath, *dbus.Error) {
			f.mu.Lock()
			defer f.mu.Unlock()
			if f.mode == Dismiss {
				return promptPath, nil
			}
			delete(f.items, path)
			return "/", nil
		},
	}, path, secretName+"Item")
	return path
}

func (f *Fake) searchItems(attributes map[string]string) ([]dbus.ObjectPath, *dbus.Error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	found := []dbus.ObjectPath{}
	for path, i := range f.items {
		if maps.Equal(i.attributes, attributes) {
			found = append(found, path)
		}
	}
	return found, nil
}

func (f *Fake) prompt(string) *dbus.Error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.mode == Dismiss {
		go f.conn.Emit(promptPath, secretName+"Prompt.Completed", true, dbus.MakeVariant(""))
	}
	f.Asked <- struct{}{}
	return nil
}
