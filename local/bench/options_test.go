package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/local/bench/policy"
	"github.com/vllm-eks/vllm-eks/local/layout"
)

// planned is what a command of these flags compares.
func planned(t *testing.T, name string, args ...string) (options, []asked, []policy.Policy) {
	t.Helper()
	o, err := readOptions(name, args)
	if err != nil {
		t.Fatal(err)
	}
	asks, policies, err := o.plan()
	if err != nil {
		t.Fatal(err)
	}
	return o, asks, policies
}

func TestWrongOptionsAreRefusedTogether(t *testing.T) {
	_, err := readOptions("real", []string{
		"-minutes=0", "-lead=61", "-cold-start=1", "-time-scale=2", "-rate=0", "-max=0", "-seeds=0", "-trace=/nowhere.csv",
		"-loads=conversation,dreams,conversation", "-policies=waiting-10,hope", "-min=0", "more",
	})
	if err == nil {
		t.Fatal("taken")
	}
	for _, key := range []string{"MINUTES", "LEAD", "COLD_START", "TIME_SCALE", "RATE", "MAX", "SEEDS", "TRACE", `LOADS: got "dreams"`, `LOADS: got "conversation" twice`, "LOADS: is of no use with TRACE", "RATE: is of no use", "MIN: got 0", `POLICIES: got "hope"`, "more"} {
		if !strings.Contains(err.Error(), key) {
			t.Errorf("does not say %s: %v", key, err)
		}
	}
	if _, err := readOptions("model", []string{"-time-scale=3"}); err == nil {
		t.Error("a model takes a time scale")
	}
	if _, err := readOptions("real", []string{"-time-scale=5", "-cold-start=10"}); err == nil || !strings.Contains(err.Error(), "COLD_START: got 10, want 16") {
		t.Errorf("a cold start that no pod has in quicker time: %v", err)
	}
}

// make down removes .local, and results take hours.
func TestResultsOutliveTheEnvironment(t *testing.T) {
	o, err := readOptions("real", nil)
	if err != nil {
		t.Fatal(err)
	}
	state := layout.Layout{Root: "."}.State()
	if inside, err := filepath.Rel(state, o.out); err != nil || filepath.IsLocal(inside) {
		t.Errorf("%s is in %s", o.out, state)
	}
}

func TestSomePoliciesAreComparedWithOurs(t *testing.T) {
	_, _, policies := planned(t, "real", "-policies="+policy.Seed)
	if names := policyNames(policies); len(names) != 2 || names[0] != policy.Ours || names[1] != policy.Seed {
		t.Errorf("compares %v", names)
	}
}

// What was run is not run again; so what it depends on has to be in its name.
func TestRunsAreKeptByWhatTheyDependOn(t *testing.T) {
	trace := filepath.Join(t.TempDir(), "trace.csv")
	write := func(lastTokens int) {
		t.Helper()
		text := fmt.Sprintf("seconds,input_tokens,output_tokens\n0,100,10\n60,100,%d\n", lastTokens)
		if err := os.WriteFile(trace, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	key := func(args ...string) string {
		t.Helper()
		o, asks, policies := planned(t, "real", args...)
		return o.key(asks[0], policies)
	}
	if first, second := key(), key(); first != second {
		t.Error("nothing would be resumed")
	}
	write(10)
	before := key("-trace=" + trace)
	write(20)
	if key("-trace="+trace) == before {
		t.Error("results of a trace would be taken for those of another of its name")
	}
	for _, other := range []string{"-policies=" + policy.Seed, "-cold-start=60", "-time-scale=3", "-rate=2", "-max=8", "-minutes=10", "-lead=1", "-loads=code"} {
		if key(other) == key() {
			t.Errorf("results with %s would be taken for those without", other)
		}
	}
	o, asks, policies := planned(t, "real")
	was := o.key(asks[0], policies)
	policies[0].Up.Pods++
	if o.key(asks[0], policies) == was {
		t.Error("results of a policy would be taken for those of a changed one")
	}
}

// A recorded load is run whole, or its first minutes; what no engine takes is
// sent as a little more than an engine takes.
func TestRecordedLoad(t *testing.T) {
	trace := filepath.Join(t.TempDir(), "day.csv")
	text := "seconds,input_tokens,output_tokens\n"
	for minute := range 90 {
		text += fmt.Sprintf("%d,%d,10\n", minute*60, 1+minute*1000)
	}
	if err := os.WriteFile(trace, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args         []string
		lead, length time.Duration
		requests     int
	}{
		{nil, 5 * time.Minute, 84*time.Minute + time.Second, 90},
		{[]string{"-minutes=10", "-lead=2"}, 2 * time.Minute, 10 * time.Minute, 12},
		{[]string{"-minutes=1400"}, 5 * time.Minute, 84*time.Minute + time.Second, 90},
	} {
		o, asks, _ := planned(t, "real", append(c.args, "-trace="+trace)...)
		a := asks[0]
		if len(asks) != 1 || a.lead != c.lead || a.length != c.length || len(a.arrivals) != c.requests {
			t.Errorf("%q: %d loads, lead %v, length %v, %d requests", c.args, len(asks), a.lead, a.length, len(a.arrivals))
		}
		if most := a.arrivals[len(a.arrivals)-1].Input; most > o.settings.MaxModelLen+1 {
			t.Errorf("%q: a prompt of %d tokens", c.args, most)
		}
	}
	milliseconds := filepath.Join(t.TempDir(), "ms.csv")
	if err := os.WriteFile(milliseconds, []byte("seconds,input_tokens,output_tokens\n0,1,1\n3600000,1,1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	o, err := readOptions("real", []string{"-trace=" + milliseconds})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.asks(); err == nil || !strings.Contains(err.Error(), "TRACE: ") {
		t.Errorf("forty days: %v", err)
	}
}
