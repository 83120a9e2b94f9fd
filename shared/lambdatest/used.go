package lambdatest

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of processor time in /proc: 100 a second on every Linux that Go runs on.
const tick = time.Second / 100

// usedBy reads /proc.
func usedBy(pid int) Used {
	var used Used
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return used
	}
	_, peak, _ := strings.Cut(string(status), "\nVmHWM:")
	if fields := strings.Fields(peak); len(fields) > 0 {
		kilobytes, _ := strconv.ParseInt(fields[0], 10, 64)
		used.PeakBytes = kilobytes * 1024
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return used
	}
	// After the name in brackets, which may hold anything: user and system time are the 12th and 13th field.
	_, rest, _ := strings.Cut(string(stat), ") ")
	if fields := strings.Fields(rest); len(fields) > 12 {
		for _, text := range fields[11:13] {
			ticks, _ := strconv.ParseInt(text, 10, 64)
			used.CPU += time.Duration(ticks) * tick
		}
	}
	return used
}
