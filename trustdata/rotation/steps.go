package rotation

import (
	"encoding/json"
	"fmt"

	"keyrite/trustdata/state"
)

// The kinds of the lines in a journal. An operation begins with its intent and ends with
// recordEnded; between them stand the keys stored, the backups made, what was waived, and
// the steps of each repository's unit, which replace one another.
const (
	recordIntent = "intent"
	recordKey    = "key_stored"
	recordBackup = "backup"
	recordWaived = "waived"
	recordUnit   = "unit"
	recordEnded  = "ended"
)

// replay makes an operation of its lines; no lines make none.
func replay(records []state.Record) (*Operation, error) {
	var op *Operation
	for _, rec := range records {
		next, err := apply(op, rec)
		if err != nil {
			return nil, fmt.Errorf("line %d of a rotation's journal (%s) makes no sense: %w: %w", rec.Seq, rec.Kind, err, state.ErrBroken)
		}
		op = next
	}
	return op, nil
}

// apply adds one line to what the lines before it say.
func apply(op *Operation, rec state.Record) (*Operation, error) {
	if op == nil {
		op = &Operation{}
		if rec.Kind != recordIntent {
			return nil, fmt.Errorf("it begins with %q", rec.Kind)
		}
		return op, json.Unmarshal(rec.Data, op)
	}
	switch rec.Kind {
	case recordKey:
		return op, appendTo(&op.Keys, rec.Data)
	case recordBackup:
		return op, appendTo(&op.Backups, rec.Data)
	case recordWaived:
		return op, appendTo(&op.Waived, rec.Data)
	case recordEnded:
		op.Closed, op.Finished = true, rec.Time
		return op, nil
	case recordUnit:
		var u Unit
		if err := json.Unmarshal(rec.Data, &u); err != nil {
			return nil, err
		}
		old := op.Unit(u.GUN)
		if old == nil {
			return nil, fmt.Errorf("it is about %q, which is no part of it", u.GUN)
		}
		u.Since = rec.Time
		*old = u
		return op, nil
	}
	return nil, fmt.Errorf("its kind is not known")
}

func appendTo[T any](list *[]T, data []byte) error {
	var one T
	err := json.Unmarshal(data, &one)
	*list = append(*list, one)
	return err
}
