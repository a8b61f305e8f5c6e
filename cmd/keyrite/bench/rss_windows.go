package bench

import "os"

// highWater is not told by Windows this way: 0 stands for unknown.
func highWater(*os.ProcessState) int64 { return 0 }
