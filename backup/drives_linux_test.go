package backup

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"keyrite/backup/media"
	"keyrite/backup/media/mediatest"
)

// TestMain makes this test binary the helper process that works on a medium.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "medium-helper" {
		if err := media.Serve(os.Stdin, os.Stdout); err != nil {
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// stickRig is a trust directory, a place for a stick, and its first stick.
type stickRig struct {
	*rig
	drives Drives
	socket *mediatest.Socket
	image  string
	ids    []Identity
	to     Recipient
}

func newStickRig(t *testing.T) *stickRig {
	t.Helper()
	s := &stickRig{rig: newRig(t), socket: mediatest.NewSocket(t), image: mediatest.Image(t, "ACME-A")}
	id, to := newIdentity(t)
	s.ids, s.to = own(id), to
	s.drives = Drives{Options: media.Options{Virtual: true}, Helper: media.Helper{Program: "/proc/self/exe", Args: []string{"backup", "medium-helper"}}}
	s.socket.Insert(s.image, false)
	return s
}

// in is the drive of the socket, as it is found now.
func (s *stickRig) in(t *testing.T) media.Drive {
	t.Helper()
	d, err := media.At(context.Background(), s.drives.Options, s.socket.Mount)
	check(t, err)
	return d
}

func (s *stickRig) options(n int) CreateOptions {
	return CreateOptions{Dir: s.socket.Mount, Recipients: []Recipient{s.to}, Identities: s.ids, Passphrases: s.passphrases, Operation: "op", Copies: 2, Copy: n, Now: testTime}
}

func (s *stickRig) write(t *testing.T) *CreateResult {
	t.Helper()
	p, err := s.drives.Plan(context.Background(), s.source(), s.options(1), nil)
	check(t, err)
	if left := names(t, s.socket.Mount); len(left) > 1 {
		t.Fatalf("a plan wrote %q", left)
	}
	made, err := s.drives.Write(context.Background(), p, nil)
	check(t, err)
	return made
}

// replug takes the stick out and puts an image in.
func (s *stickRig) replug(t *testing.T, image string) media.Drive {
	t.Helper()
	s.socket.Unmount()
	s.socket.Insert(image, false)
	return s.in(t)
}

func (s *stickRig) prove(made *CreateResult, now media.Drive) (*VerifyResult, error) {
	return s.drives.Prove(context.Background(), made, now, s.ids, VerifyOptions{Passphrases: s.passphrases})
}

// The whole way: written, taken out, put back, proven.
func TestCopyOnAStick(t *testing.T) {
	if !mediatest.Mounting(t) {
		return
	}
	s := newStickRig(t)
	made := s.write(t)
	if made.Medium == nil || made.Medium.Token == "" || !made.Medium.Recognised || made.Reading != media.Cold || made.State != StateDrilled {
		t.Fatalf("%+v on %+v", made, made.Medium)
	}
	v, err := s.prove(made, s.in(t))
	if err != nil || v.Reading != media.Cold {
		t.Errorf("read without taking it out: %+v, %v", v, err)
	}
	v, err = s.prove(made, s.replug(t, s.image))
	if err != nil || v.State != StateDrilled || v.Reading != media.Replugged || v.SHA256 != made.SHA256 {
		t.Fatalf("after it came back: %+v, %v", v, err)
	}
	// The other copy belongs on another medium, also than a clone of the first.
	known := []Copy{{Operation: "op", Number: 1, Of: 2, Medium: made.Medium}}
	if _, err := s.drives.Plan(context.Background(), s.source(), s.options(2), known); !errors.Is(err, ErrSecondCopy) {
		t.Errorf("a second copy on the same stick: %v", err)
	}
}

// What comes back is another stick, or the same one without what was written.
func TestStickThatLies(t *testing.T) {
	if !mediatest.Mounting(t) {
		return
	}
	s := newStickRig(t)
	made := s.write(t)
	s.socket.Unmount()
	good, err := os.ReadFile(s.image)
	check(t, err)
	name := filepath.Base(made.File)
	tests := []struct {
		name  string
		spoil func(mount string) error
		want  error
		says  string
	}{
		{"the file is gone", func(m string) error { return os.Remove(filepath.Join(m, name)) }, fs.ErrNotExist, "no such file"},
		{"one bit is another", func(m string) error { return flip(filepath.Join(m, name), 200) }, ErrDamaged, "sums file says another"},
		{"an older backup is there", func(m string) error { return older(s, m, name) }, ErrDamaged, "was written"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			check(t, os.WriteFile(s.image, good, 0o600))
			s.socket.Insert(s.image, false)
			check(t, tt.spoil(s.socket.Mount))
			_, err := s.prove(made, s.in(t))
			if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v", err)
			}
			s.socket.Unmount()
		})
	}
	s.socket.Insert(mediatest.Image(t, "OTHER"), false)
	if _, err := s.prove(made, s.in(t)); err == nil || !strings.Contains(err.Error(), "not the medium that was written to") {
		t.Errorf("another stick: %v", err)
	}
}

func flip(file string, at int64) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	data[at] ^= 1
	return os.WriteFile(file, data, 0o600)
}

// older puts a sound backup of the same name in the place of the one that was written.
func older(s *stickRig, mount, name string) error {
	for _, n := range []string{name, name + sumsSuffix} {
		if err := os.Remove(filepath.Join(mount, n)); err != nil {
			return err
		}
	}
	opt := s.options(1)
	opt.Dir = mount
	p, err := PlanCreate(context.Background(), s.source(), opt)
	if err != nil {
		return err
	}
	_, err = p.Apply(context.Background(), nil)
	return err
}

// A stick that is pulled while it is written leaves no copy that counts, and the keys as
// they are.
func TestPulledWhileWriting(t *testing.T) {
	if !mediatest.Mounting(t) {
		return
	}
	s := newStickRig(t)
	before := tree(t, s.dir)
	p, err := s.drives.Plan(context.Background(), s.source(), s.options(1), nil)
	check(t, err)
	pulled := false
	_, err = s.drives.Write(context.Background(), p, func(Step) {
		if !pulled {
			pulled = true
			s.socket.Pull(s.image)
		}
	})
	if !errors.Is(err, media.ErrLost) {
		t.Errorf("the stick was pulled: %v", err)
	}
	if after := tree(t, s.dir); !maps.Equal(before, after) {
		t.Errorf("the trust directory changed")
	}
}

// names are what is on a stick beside its own lost+found.
func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	check(t, err)
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// A medium that does not answer is not taken for a folder of this machine, which would be
// opened, and waited for, in this very process.
func TestHungMediumIsNoFolder(t *testing.T) {
	hung := func(context.Context, string) (string, error) { return "", &media.HungError{Medium: "stick"} }
	d := Drives{Options: media.Options{Resolve: hung}}
	if drive, err := d.DriveOf(t.Context(), t.TempDir()); drive != nil || !errors.Is(err, media.ErrHung) {
		t.Errorf("%+v, %v", drive, err)
	}
	r := newRig(t)
	_, to := newIdentity(t)
	if _, err := d.Plan(t.Context(), r.source(), CreateOptions{Dir: t.TempDir(), Recipients: []Recipient{to}, Now: testTime}, nil); !errors.Is(err, media.ErrHung) {
		t.Errorf("planned onto it: %v", err)
	}
}
