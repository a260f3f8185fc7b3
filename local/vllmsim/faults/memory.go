package faults

import (
	"errors"
	"os"
	"strconv"
	"strings"
)

// noLimit is above any memory: cgroup v1 shows a number near 2^63 for "no limit".
const noLimit = 1 << 50

// ErrNoLimit means that nothing but the end of the machine's memory would stop the allocation.
var ErrNoLimit = errors.New("host-oom needs a memory limit on the container; none was found, so nothing was allocated")

// memoryLimit returns the memory limit of the container's control group.
func memoryLimit() (int64, bool) {
	for _, path := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		text, err := os.ReadFile(path) //nolint:gosec // one of two fixed paths
		if err != nil {
			continue
		}
		limit, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
		return limit, err == nil && limit < noLimit
	}
	return 0, false
}

// ExhaustMemory allocates memory until the kernel ends the process. It returns only if there is
// no limit.
func ExhaustMemory() error {
	limit, ok := memoryLimit()
	if !ok {
		return ErrNoLimit
	}
	var held [][]byte
	const chunk = 16 << 20
	for allocated := int64(0); allocated < limit+chunk; allocated += chunk {
		block := make([]byte, chunk)
		for i := 0; i < chunk; i += 4096 {
			block[i] = 1
		}
		held = append(held, block)
	}
	return errors.New("allocated " + strconv.Itoa(len(held)*chunk) + " bytes without being killed")
}
