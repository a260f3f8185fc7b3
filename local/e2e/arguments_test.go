//go:build cluster

package e2e

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// argumentWatch collects the arguments of every process of this machine, which every user can
// read.
type argumentWatch struct {
	mu    sync.Mutex
	lines map[string]bool
	err   error
}

const argumentInterval = 50 * time.Millisecond

// watchArguments collects until the test ends.
func watchArguments(t *testing.T) *argumentWatch {
	w := &argumentWatch{lines: map[string]bool{}}
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(argumentInterval)
		defer ticker.Stop()
		for {
			select {
			case <-end:
				return
			case <-ticker.C:
				w.look()
			}
		}
	}()
	t.Cleanup(func() {
		close(end)
		<-ended
	})
	return w
}

func (w *argumentWatch) look() {
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil || len(files) == 0 {
		w.err = err
		return
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err == nil && len(content) > 0 { // else the process has ended, or is a kernel thread
			w.lines[strings.TrimSpace(strings.ReplaceAll(string(content), "\x00", " "))] = true
		}
	}
}

// seen returns a line for each process so far.
func (w *argumentWatch) seen(t *testing.T) string {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil || len(w.lines) == 0 {
		t.Fatalf("no process was seen: %v", w.err)
	}
	return strings.Join(slices.Sorted(maps.Keys(w.lines)), "\n")
}
