//go:build unix

package measure

import (
	"os"
	"runtime"
	"syscall"
)

// peakMB is the largest resident memory that a process had, in 10^6 bytes.
func peakMB(p *os.ProcessState) float64 {
	usage, ok := p.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	unit := 1024.0 // Linux counts in KiB
	if runtime.GOOS == "darwin" {
		unit = 1
	}
	return float64(usage.Maxrss) * unit / 1e6
}
