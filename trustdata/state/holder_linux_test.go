package state

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestLockSaysWhoHoldsIt: the second one is told which process to look for.
func TestLockSaysWhoHoldsIt(t *testing.T) {
	dir := t.TempDir()
	first, err := Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Unlock()
	_, err = Lock(dir)
	if want := fmt.Sprintf("process %d", os.Getpid()); !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want ErrLocked with %q", err, want)
	}
}
