package faults

import (
	"errors"
	"os"
	"strconv"
	"strings"
)

// noLimit is above any memory: cgroup v1 writes a number near 2^63 for "none".
const noLimit = 1 << 50

// ErrNoLimit says that nothing would stop the allocation but the machine's end.
var ErrNoLimit = errors.New("host-oom needs a memory limit on the container; none was found, so nothing was allocated")

// memoryLimit reads the limit of the container's own control group.
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

// ExhaustMemory touches memory until the kernel ends the process. It returns
// only where no limit would make it do so.
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
