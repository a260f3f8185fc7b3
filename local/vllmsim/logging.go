package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// logger writes lines in the format of vLLM's log.
type logger struct {
	mu  sync.Mutex
	out io.Writer
	pid int
}

func newLogger(out io.Writer) *logger {
	return &logger{out: out, pid: os.Getpid()}
}

func (l *logger) write(process, level, format string, values ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	stamp := time.Now().Format("01-02 15:04:05")
	for _, line := range strings.Split(fmt.Sprintf(format, values...), "\n") {
		_, _ = fmt.Fprintf(l.out, "(%s pid=%d) %s %s [vllmsim] %s\n", process, l.pid, level, stamp, line)
	}
}

func (l *logger) info(format string, values ...any) {
	l.write("APIServer", "INFO", format, values...)
}

func (l *logger) warn(format string, values ...any) {
	l.write("APIServer", "WARNING", format, values...)
}

func (l *logger) engineInfo(format string, values ...any) {
	l.write("EngineCore", "INFO", format, values...)
}

func (l *logger) engineError(format string, values ...any) {
	l.write("EngineCore", "ERROR", format, values...)
}
