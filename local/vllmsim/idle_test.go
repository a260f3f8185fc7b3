package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// usageOf returns a process's resident memory in MiB and its CPU time.
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

func TestIdleReplicaIsSmall(t *testing.T) {
	p := launch(t, nil)
	p.ready(t)
	rest(t, openStream(t, p))
	for range 20 { // an idle replica is scraped and probed
		p.ready(t)
		p.scrape(t)
	}
	mib, cpu := usageOf(t, p.Process.Pid)
	t.Logf("%.1f MiB resident, %v of processor time so far", mib, cpu)
	if mib > 40 && !raceDetector {
		t.Errorf("%.1f MiB resident, the budget is 40", mib)
	}
}

// engines is the number of idle replicas that must fit on two cores. pollEvery is the
// interval at which each is probed and scraped.
const (
	engines   = 50
	pollEvery = 5 * time.Second
)

// BenchmarkIdleEngines watches fifty idle engines while /health and /metrics of
// each are asked for every five seconds. One iteration is five seconds:
//
//	go test -run '^$' -bench Idle -benchtime 12x ./vllmsim
//
// The processes are the test binary, which is a little larger than vllmsim.
func BenchmarkIdleEngines(b *testing.B) {
	processes := make([]*process, engines)
	for i := range processes {
		processes[i] = launch(b, nil)
	}
	usedAtFirst := make([]time.Duration, engines)
	for i, p := range processes {
		p.ready(b)
		p.scrape(b)
		_, usedAtFirst[i] = usageOf(b, p.Process.Pid)
	}
	tick := time.NewTicker(pollEvery / engines)
	defer tick.Stop()
	began := time.Now()
	for b.Loop() {
		for _, p := range processes {
			<-tick.C
			p.ready(b)
			p.scrape(b)
		}
	}
	elapsed := time.Since(began)
	var mib, mostMiB, share, mostShare float64
	for i, p := range processes {
		resident, used := usageOf(b, p.Process.Pid)
		cpu := 100 * (used - usedAtFirst[i]).Seconds() / elapsed.Seconds()
		mib, share = mib+resident/engines, share+cpu/engines
		mostMiB, mostShare = max(mostMiB, resident), max(mostShare, cpu)
	}
	b.ReportMetric(mib, "MiB/engine")
	b.ReportMetric(mostMiB, "MiB-most")
	b.ReportMetric(share, "%core/engine")
	b.ReportMetric(mostShare, "%core-most")
}
