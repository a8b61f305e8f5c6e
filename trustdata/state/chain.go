package state

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// take checks whole lines against the chain and adds them. It stops before what a crash has
// torn: a line without its line feed, or one with bytes that were left unwritten (zeros,
// which JSON never has). Lines behind such a one were written with it and never durable.
func (l *Log) take(text []byte) error {
	for len(text) > 0 {
		end := bytes.IndexByte(text, '\n')
		if end < 0 || bytes.IndexByte(text[:end], 0) >= 0 {
			return nil
		}
		rec, err := l.check(text[:end])
		if err != nil {
			return err
		}
		l.records = append(l.records, rec)
		l.prev = hashLine(text[:end])
		l.size += int64(end) + 1
		text = text[end+1:]
	}
	return nil
}

func (l *Log) check(text []byte) (Record, error) {
	want := int64(len(l.records)) + 1
	var form struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(text, &form); err != nil || form.Format < 1 {
		return Record{}, l.broken(want, "is no record")
	}
	if form.Format > logFormat {
		return Record{}, fmt.Errorf("%q, line %d: %w", l.path, want, ErrNewer)
	}
	var rec line
	if err := json.Unmarshal(text, &rec); err != nil {
		return Record{}, l.broken(want, "is no record")
	}
	if rec.Seq != want || rec.Prev != l.prev {
		return Record{}, l.broken(want, "does not follow the line before it")
	}
	return Record{Seq: rec.Seq, Time: rec.Time, Kind: rec.Kind, Data: rec.Data}, nil
}

func (l *Log) broken(n int64, how string) error {
	return fmt.Errorf("%q, line %d %s: %w", l.path, n, how, ErrBroken)
}
