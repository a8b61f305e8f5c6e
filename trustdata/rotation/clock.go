package rotation

import (
	"fmt"
	"time"
)

// maxSkew is how far the clocks of this machine and of the server may differ before a plan
// says so: longer than a cache on the way may hold an answer.
const maxSkew = 10 * time.Minute

// clockWarning is a sentence for a plan, or none. What is signed carries end dates by this
// machine's clock, and a client judges them by its own.
func clockWarning(here, server time.Time) []string {
	off := here.Sub(server)
	if server.IsZero() || off.Abs() <= maxSkew {
		return nil
	}
	way := "ahead of"
	if off < 0 {
		way = "behind"
	}
	return []string{fmt.Sprintf("CHECK THE CLOCK: this machine's is %s %s the trust server's, and what is signed now carries end dates by it",
		off.Abs().Round(time.Minute), way)}
}
