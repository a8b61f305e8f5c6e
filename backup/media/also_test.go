package media_test

import (
	"errors"
	"fmt"
	"testing"

	"keyrite/backup/media"
)

func TestAlso(t *testing.T) {
	lost, full := errors.New("it is lost"), errors.New("it is full")
	for _, tt := range []struct {
		err, after error
		want       string
	}{
		{nil, nil, "<nil>"},
		{lost, nil, "it is lost"},
		{nil, lost, "it is lost"},
		{fmt.Errorf("write: %w", lost), lost, "write: it is lost"},
		{fmt.Errorf("write: %w", lost), errors.New("it is lost"), "write: it is lost"},
		{lost, full, "it is lost; then: it is full"},
	} {
		if got := media.Also(tt.err, tt.after); fmt.Sprint(got) != tt.want || tt.after != nil && tt.err == lost && !errors.Is(got, lost) {
			t.Errorf("%v", got)
		}
	}
}
