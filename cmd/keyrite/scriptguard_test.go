package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"keyrite/trustdata"
)

// tame reports what would act on a terminal in a stream that keyrite wrote. Line ends and
// backslashes are all that Visible changes and a stream may hold.
func tame(stream, text string) error {
	for i, line := range strings.Split(text, "\n") {
		for _, r := range line {
			if r != '\\' && (r == '\uFFFD' || trustdata.Visible(string(r)) != string(r)) {
				return fmt.Errorf("line %d of %s holds %U: %q", i+1, stream, r, line)
			}
		}
	}
	return nil
}

// areRows reports whether stdout has the rows of an operation over several repositories,
// which are printed however it ended: each says what became of its own.
func areRows(out string) bool {
	var rows []outcomeJSON
	dec := json.NewDecoder(strings.NewReader(out))
	dec.DisallowUnknownFields()
	return dec.Decode(&rows) == nil && len(rows) > 0 && rows[0].State != ""
}

// keepsPromises holds a failed run against what DESIGN promises for its exit code.
func keepsPromises(res result, args []string) error {
	var errs []error
	if res.code == exitUnverified {
		if slices.Contains(args, "--json") && !json.Valid([]byte(res.out)) {
			errs = append(errs, errors.New("on exit code 3 the JSON is still printed"))
		}
	} else if res.out != "" && !(res.code == exitFailed && areRows(res.out)) {
		errs = append(errs, errors.New("stdout is not empty"))
	}
	if slices.Contains(args, "--json") {
		return errors.Join(append(errs, jsonError(res.errout))...)
	}
	return errors.Join(append(errs, oneSentence(res.errout))...)
}

// oneSentence reports an error that is not one line, with at most one line of advice
// below it. Lines before it may say what was noticed on the way.
func oneSentence(errout string) error {
	lines := strings.Split(strings.TrimSuffix(errout, "\n"), "\n")
	if n := len(lines); n > 1 && strings.HasPrefix(lines[n-1], "  ") {
		lines = lines[:n-1]
	}
	last := lines[len(lines)-1]
	if !strings.HasPrefix(last, "keyrite: ") {
		return fmt.Errorf("stderr does not end with one sentence: %q", errout)
	}
	if strings.Contains(last, "%!") || strings.Contains(last, "goroutine") {
		return fmt.Errorf("no sentence: %q", last)
	}
	return nil
}

func jsonError(errout string) error {
	lines := strings.Split(strings.TrimSpace(errout), "\n")
	var v struct {
		Error struct {
			Code, Message string
			Remedy        *string
		}
	}
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &v); err != nil {
		return fmt.Errorf("stderr is no JSON: %w: %q", err, errout)
	}
	if v.Error.Code == "" || v.Error.Message == "" || v.Error.Remedy == nil {
		return fmt.Errorf("the error lacks code, message or remedy: %q", errout)
	}
	return nil
}

// secrets are what must be nowhere but in the files that were made to hold them.
type secrets struct{ values []string }

// add makes value a secret of the script, in every form that could leak.
func (s *secrets) add(value string) {
	s.values = append(s.values, value, hex.EncodeToString([]byte(value)), base64.StdEncoding.EncodeToString([]byte(value)))
}

// marks begin the text form of every private thing.
var marks = []string{"AGE-SECRET-KEY-1", "PRIVATE KEY-----", "keyrite-passphrase-"}

// search looks for secrets in a stream.
func (s *secrets) search(stream, text string) error {
	for _, v := range slices.Concat(s.values, marks) {
		if strings.Contains(text, v) {
			return fmt.Errorf("%s shows the secret %q", stream, v)
		}
	}
	return nil
}

// searchFiles looks for passphrases in every file below root but those in a folder that is
// called "secrets".
func (s *secrets) searchFiles(tb testing.TB, root string) {
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil || d.Name() == "secrets" && d.IsDir():
			return errors.Join(err, fs.SkipDir)
		case !d.Type().IsRegular():
			return nil
		}
		data, err := os.ReadFile(path)
		for _, v := range s.values {
			if bytes.Contains(data, []byte(v)) {
				tb.Errorf("%s holds the secret %q", path, v)
			}
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.SkipDir) {
		tb.Errorf("searching for secrets: %v", err)
	}
}

// files describes every file below the stage's root, so that a change shows.
func (s *stage) files() (map[string]string, error) {
	found := map[string]string{}
	err := filepath.WalkDir(s.root, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || d != nil && strings.HasPrefix(d.Name(), ".tmp") {
			if d != nil && !d.IsDir() {
				return nil
			}
			return fs.SkipDir
		}
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		state := info.Mode().String()
		if info.Mode().IsRegular() {
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			state += fmt.Sprintf(" %x", sha256.Sum256(data))
			if !strings.Contains(path, "/cache/") { // it may be written anew with what it has
				state += info.ModTime().String()
			}
		}
		found[path] = state
		return nil
	})
	return found, err
}

// unchanged reports what differs between two looks at the files.
func unchanged(before, after map[string]string) error {
	var errs []error
	all := maps.Clone(before)
	maps.Copy(all, after)
	for _, path := range slices.Sorted(maps.Keys(all)) {
		if before[path] != after[path] {
			errs = append(errs, fmt.Errorf("the failed run changed %s", path))
		}
	}
	return errors.Join(errs...)
}

// nothingLost is unchanged, for a run that had begun: whatever was there is as it was, but
// for logs that grew, and what is new lies in the trash, in pending, in the cache, in the
// journal or in an exported conflict.
func nothingLost(before, after map[string]string) error {
	places := regexp.MustCompile(`/(trash|pending|exported-conflict|cache/|state/keyrite/(rotations|ended))|\.jsonl$`)
	may := places.MatchString
	before = maps.Clone(before)
	for path, state := range after {
		if _, old := before[path]; may(path) && (!old || strings.HasSuffix(path, ".jsonl")) {
			before[path] = state
		}
	}
	return unchanged(before, after)
}

// TestGuards proves that the guards bite.
func TestGuards(t *testing.T) {
	for _, text := range []string{"a\x1b[31m", "a\r", "a\tb", "\u202egnp", "\u009b", "\xff", "a\u200bb"} {
		if tame("stdout", text) == nil {
			t.Errorf("%q passes as tame", text)
		}
	}
	if err := tame("stdout", "│ 日本 ✓ \\x1b\n"); err != nil {
		t.Error(err)
	}
	var s secrets
	s.add("open sesame")
	for _, text := range []string{"xopen sesamex", hex.EncodeToString([]byte("open sesame")), "-----BEGIN PRIVATE KEY-----"} {
		if s.search("stderr", text) == nil {
			t.Errorf("%q passes as no secret", text)
		}
	}
	for _, r := range []result{
		{1, "out", "keyrite: no\n"}, {1, "", "panic: no\n"}, {1, "", ""}, {1, "", "keyrite: %!s(MISSING)\n"}, {2, "", "keyrite: a\nkeyrite b\n"},
	} {
		if keepsPromises(r, nil) == nil {
			t.Errorf("%+v passes", r)
		}
	}
	if keepsPromises(result{3, "", `{"error":{"code":"a","message":"b","remedy":""}}`}, []string{"--json"}) == nil {
		t.Error("exit code 3 without its JSON passes")
	}
	if unchanged(map[string]string{"a": "1"}, map[string]string{"a": "1", "b": "2"}) == nil {
		t.Error("a new file passes as no change")
	}
	if err := nothingLost(map[string]string{"private/a": "1", "a.jsonl": "1"}, map[string]string{"private/a": "1", "a.jsonl": "2", "/trash/b": "1", "/pending/c": "1"}); err != nil {
		t.Error(err)
	}
	for _, after := range []map[string]string{{}, {"private/a": "2"}, {"private/a": "1", "private/b": "1"}} {
		if nothingLost(map[string]string{"private/a": "1"}, after) == nil {
			t.Errorf("%v passes as nothing lost", after)
		}
	}
}
