package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// usageOf reads a process's resident memory in MiB and its processor time.
func usageOf(tb testing.TB, pid int) (mib float64, cpu time.Duration) {
	tb.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		tb.Skip("no /proc on this system")
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+2:]))
	number := func(i int) int64 {
		n, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			tb.Fatal(err)
		}
		return n
	}
	// Fields 14, 15 and 24 of proc(5), counted after the name: user and system
	// time in ticks of 10 ms, resident pages.
	cpu = time.Duration(number(11)+number(12)) * 10 * time.Millisecond
	return float64(number(21)) * float64(os.Getpagesize()) / (1 << 20), cpu
}

func TestAnIdleEngineIsSmall(t *testing.T) {
	p := launch(t, nil)
	p.ready(t)
	rest(t, openStream(t, p))
	for range 20 { // scrapes and probes are part of idling
		p.ready(t)
		resp, err := http.Get(p.url + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
	mib, cpu := usageOf(t, p.Process.Pid)
	t.Logf("%.1f MiB resident, %v of processor time so far", mib, cpu)
	if mib > 40 && !raceDetector {
		t.Errorf("%.1f MiB resident, the budget is 40", mib)
	}
}
