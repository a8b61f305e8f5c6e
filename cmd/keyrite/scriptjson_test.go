package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// shape holds the JSON of the last run against a drawing of it. The drawing is JSON too:
// an object must have the drawing's members and may have more, an array's elements must
// each match one of the drawing's (and there is at least one, unless the drawing has none),
// and a string in angle brackets stands for a kind of value; see kinds. Other values stand
// for themselves.
func (s *stage) shape(ts *testscript.TestScript, args []string) error {
	if len(args) != 1 {
		return errors.New("usage: shape FILE")
	}
	want, err := decode(ts.ReadFile(args[0]))
	if err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	got, err := s.json()
	if err != nil {
		return err
	}
	return errors.Join(match("", want, got), house("", got))
}

// json is the one JSON value that the last run printed.
func (s *stage) json() (any, error) {
	v, err := decode(s.stdoutOfLastRun)
	if err != nil {
		return nil, fmt.Errorf("stdout: %w", err)
	}
	if !strings.HasSuffix(s.stdoutOfLastRun, "\n") {
		return nil, errors.New("stdout does not end with a line end")
	}
	return v, nil
}

func decode(text string) (any, error) {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("more than one JSON value")
	}
	return v, nil
}

// kinds are what a drawing can ask for.
var kinds = map[string]func(v any) bool{
	"string": func(v any) bool { _, ok := v.(string); return ok },
	"text":   func(v any) bool { t, ok := v.(string); return ok && t != "" },
	"bool":   func(v any) bool { _, ok := v.(bool); return ok },
	"int":    func(v any) bool { n, ok := v.(json.Number); return ok && matches(`^(0|[1-9][0-9]*)$`, n.String()) },
	"key":    func(v any) bool { return matches(`^[0-9a-f]{64}$`, v) },
	"sha256": func(v any) bool { return matches(`^sha256:[0-9a-f]{64}$`, v) },
	"hex":    func(v any) bool { return matches(`^[0-9a-f]{64}$`, v) },
	"url":    func(v any) bool { return matches(`^http://127\.0\.0\.1:[0-9]+$`, v) },
	"path":   func(v any) bool { t, ok := v.(string); return ok && filepath.IsAbs(t) },
	"empty":  func(v any) bool { return v == "" },
	"null":   func(v any) bool { return v == nil },
	"time": func(v any) bool {
		t, ok := v.(string)
		_, err := time.Parse(time.RFC3339, t)
		return ok && err == nil && strings.HasSuffix(t, "Z")
	},
}

func matches(pattern string, v any) bool {
	text, ok := v.(string)
	return ok && regexp.MustCompile(pattern).MatchString(text)
}

func match(at string, want, got any) error {
	switch want := want.(type) {
	case map[string]any:
		return matchObject(at, want, got)
	case []any:
		return matchArray(at, want, got)
	case string:
		if kind, ok := strings.CutPrefix(want, "<"); ok && strings.HasSuffix(kind, ">") {
			return matchKind(at, strings.TrimSuffix(kind, ">"), got)
		}
	}
	if want != got {
		return fmt.Errorf("%s is %v, want %v", at, got, want)
	}
	return nil
}

func matchObject(at string, want map[string]any, got any) error {
	object, ok := got.(map[string]any)
	if !ok {
		return fmt.Errorf("%s is %v, want an object", at, got)
	}
	var errs []error
	for name, w := range want {
		if g, ok := object[name]; ok {
			errs = append(errs, match(at+"."+name, w, g))
		} else {
			errs = append(errs, fmt.Errorf("%s.%s is missing", at, name))
		}
	}
	return errors.Join(errs...)
}

func matchArray(at string, want []any, got any) error {
	array, ok := got.([]any)
	if !ok || (len(want) == 0) != (len(array) == 0) {
		return fmt.Errorf("%s is %v, want an array of %d kinds of elements", at, got, len(want))
	}
	var errs []error
	for i, g := range array {
		var why []error
		if !slices.ContainsFunc(want, func(w any) bool {
			err := match(fmt.Sprintf("%s.%d", at, i), w, g)
			why = append(why, err)
			return err == nil
		}) {
			errs = append(errs, why...)
		}
	}
	return errors.Join(errs...)
}

// matchKind matches "a|b|c": one of the kinds, or of these very words.
func matchKind(at, alternatives string, got any) error {
	for kind := range strings.SplitSeq(alternatives, "|") {
		if is, ok := kinds[kind]; ok && is(got) || !ok && kind == got {
			return nil
		}
	}
	return fmt.Errorf("%s is %v, want <%s>", at, got, alternatives)
}

var snakeCase = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

// asNames are objects whose members are named for what they are about.
var asNames = []string{".versions"}

// house holds any JSON to the rules of all: names in snake_case, times in UTC.
func house(at string, v any) error {
	var errs []error
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			if !snakeCase.MatchString(name) && !slices.Contains(asNames, at) {
				errs = append(errs, fmt.Errorf("%s.%s is not snake_case", at, name))
			}
			errs = append(errs, house(at+"."+name, member))
		}
	case []any:
		for i, element := range v {
			errs = append(errs, house(fmt.Sprintf("%s.%d", at, i), element))
		}
	case string:
		if t, err := time.Parse(time.RFC3339Nano, v); err == nil && (!strings.HasSuffix(v, "Z") || t.Year() < 2000) {
			errs = append(errs, fmt.Errorf("%s is the time %s, not in UTC or none at all", at, v))
		}
	}
	return errors.Join(errs...)
}

// get sets a variable to what the JSON of the last run has at a path.
func (s *stage) get(ts *testscript.TestScript, args []string) error {
	if len(args) < 2 {
		return errors.New("usage: get NAME STEP...")
	}
	v, err := s.at(args[1:])
	if err == nil {
		ts.Setenv(args[0], v)
	}
	return err
}

// is compares the JSON of the last run, at a path, with a value.
func (s *stage) is(_ *testscript.TestScript, args []string) error {
	if len(args) < 2 {
		return errors.New("usage: is STEP... VALUE")
	}
	steps, want := args[:len(args)-1], args[len(args)-1]
	v, err := s.at(steps)
	if err == nil && v != want {
		err = fmt.Errorf("%q is %s, want %s", steps, v, want)
	}
	return err
}

// at walks a path of members, indexes, "len" for the number of elements, and "member=value"
// for the first element whose member has that value. Texts are given bare, the rest as
// JSON.
func (s *stage) at(steps []string) (string, error) {
	v, err := s.json()
	if err != nil {
		return "", err
	}
	for _, step := range steps {
		if v, err = walk(v, step); err != nil {
			return "", err
		}
	}
	if text, ok := v.(string); ok {
		return text, nil
	}
	b, err := json.Marshal(v)
	return string(b), err
}

func walk(v any, step string) (any, error) {
	if object, ok := v.(map[string]any); ok {
		if member, ok := object[step]; ok {
			return member, nil
		}
		return nil, fmt.Errorf("no member %q", step)
	}
	array, ok := v.([]any)
	if !ok {
		return nil, fmt.Errorf("%q has nothing to look in", step)
	}
	if step == "len" {
		return json.Number(strconv.Itoa(len(array))), nil
	}
	if i, err := strconv.Atoi(step); err == nil && i < len(array) {
		return array[i], nil
	}
	member, value, _ := strings.Cut(step, "=")
	for _, element := range array {
		if object, ok := element.(map[string]any); ok && fmt.Sprint(object[member]) == value {
			return element, nil
		}
	}
	return nil, fmt.Errorf("no element %q", step)
}

// TestShapes proves that drawings bite.
func TestShapes(t *testing.T) {
	tests := []struct {
		want, got string
		ok        bool
	}{
		{`{"a":"<int>"}`, `{"a":1,"more":true}`, true},
		{`{"a":"<int>"}`, `{"a":"1"}`, false},
		{`{"a":"<int>"}`, `{"b":1}`, false},
		{`["<key|empty>"]`, `[""]`, true},
		{`["<key>"]`, `[]`, false},
		{`[]`, `[1]`, false},
		{`{"a":"<time|null>"}`, `{"a":null}`, true},
		{`{"a":"<time>"}`, `{"a":"2026-11-22T09:00:00Z"}`, true},
		{`{"a":"<time>"}`, `{"a":"2026-11-22T09:00:00+01:00"}`, false},
		{`{"a":"<sha256>"}`, `{"a":"sha256:12"}`, false},
		{`{"s":"<done|refused>"}`, `{"s":"maybe"}`, false},
		{`{"v":true}`, `{"v":false}`, false},
		{`{}`, `{"camelCase":1}`, false},
		{`{}`, `{"t":"2026-11-22T09:00:00+01:00"}`, false},
		{`{}`, `{"t":"0001-01-01T00:00:00Z"}`, false},
		{`{}`, `{} {}`, false},
	}
	for _, tt := range tests {
		want, err := decode(tt.want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decode(tt.got)
		if err == nil {
			err = errors.Join(match("", want, got), house("", got))
		}
		if (err == nil) != tt.ok {
			t.Errorf("%s against %s: %v", tt.got, tt.want, err)
		}
	}
}
