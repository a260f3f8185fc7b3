package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/local/bench/policy"
	"github.com/vllm-eks/vllm-eks/local/layout"
)

// planned returns what a command with these flags compares.
func planned(t *testing.T, name string, args ...string) (options, []traffic, []policy.Policy) {
	t.Helper()
	o, err := readOptions(name, args)
	if err != nil {
		t.Fatal(err)
	}
	traffic, policies, err := o.plan()
	if err != nil {
		t.Fatal(err)
	}
	return o, traffic, policies
}

// traceFile writes a trace with these lines and returns its flag.
func traceFile(t *testing.T, lines string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "trace.csv")
	if err := os.WriteFile(path, []byte("seconds,input_tokens,output_tokens\n"+lines), 0o600); err != nil {
		t.Fatal(err)
	}
	return "-trace=" + path
}

func TestWrongOptionsAreRefusedTogether(t *testing.T) {
	for _, c := range []struct {
		name, command string
		args, want    []string
	}{
		{"all", "real", []string{
			"-minutes=0", "-warm-up=61", "-cold-start=1", "-time-scale=2", "-rate=0", "-max=0", "-seeds=0", "-trace=/nowhere.csv",
			"-loads=conversation,dreams,conversation", "-policies=waiting-10,hope", "-min=0", "more",
		}, []string{
			"MINUTES", "WARM_UP", "COLD_START", "TIME_SCALE", "RATE", "MAX", "SEEDS", "TRACE", `LOADS: got "dreams"`, `LOADS: got "conversation" twice`,
			"LOADS: cannot be combined with TRACE", "RATE: cannot be combined", "MIN: got 0", `POLICIES: got "hope"`, "more",
		}},
		{"a time scale in the model", "model", []string{"-time-scale=3"}, []string{"TIME_SCALE: got 3"}},
		{"a shorter cold start than a pod's", "real", []string{"-time-scale=5", "-cold-start=10"}, []string{"COLD_START: got 10, want 16"}},
	} {
		_, err := readOptions(c.command, c.args)
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want %s in it", c.name, err, want)
			}
		}
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

func TestSomePoliciesAreComparedWithTheDefault(t *testing.T) {
	_, _, policies := planned(t, "real", "-policies="+policy.Usual)
	if names := policyNames(policies); !slices.Equal(names, []string{policy.Default, policy.Usual}) {
		t.Errorf("compares %v", names)
	}
}

// A load with results is not run again, so the name of the results holds all that they depend on.
func TestResultsAreKeptByWhatTheyDependOn(t *testing.T) {
	key := func(args ...string) string {
		t.Helper()
		o, traffic, policies := planned(t, "real", args...)
		return o.key(traffic[0], policies)
	}
	plain := key()
	if key() != plain {
		t.Error("the same flags have two keys")
	}
	if key(traceFile(t, "0,100,10\n60,100,10\n")) == key(traceFile(t, "0,100,10\n60,100,20\n")) {
		t.Error("two traces of one name have the same key")
	}
	for _, other := range []string{"-policies=" + policy.Usual, "-cold-start=60", "-time-scale=3", "-rate=2", "-max=8", "-minutes=10", "-warm-up=1", "-loads=code"} {
		if key(other) == plain {
			t.Errorf("with %s the key is the same as without", other)
		}
	}
	o, traffic, policies := planned(t, "real")
	old := o.key(traffic[0], policies)
	if policies[0].Up.Pods++; o.key(traffic[0], policies) == old {
		t.Error("a changed policy has the same key")
	}
}

// A trace is run whole, or its first minutes. A prompt beyond the context is sent just beyond it.
func TestRecordedLoad(t *testing.T) {
	lines := ""
	for minute := range 90 {
		lines += fmt.Sprintf("%d,%d,10\n", minute*60, 1+minute*1000)
	}
	trace := traceFile(t, lines)
	for _, c := range []struct {
		args           []string
		warmUp, length time.Duration
		requests       int
	}{
		{nil, 5 * time.Minute, 84*time.Minute + time.Second, 90},
		{[]string{"-minutes=10", "-warm-up=2"}, 2 * time.Minute, 10 * time.Minute, 12},
		{[]string{"-minutes=1400"}, 5 * time.Minute, 84*time.Minute + time.Second, 90},
	} {
		o, loads, _ := planned(t, "real", append(c.args, trace)...)
		l := loads[0]
		if len(loads) != 1 || l.warmUp != c.warmUp || l.length != c.length || len(l.arrivals) != c.requests {
			t.Errorf("%q: %d loads, warm-up %v, length %v, %d requests", c.args, len(loads), l.warmUp, l.length, len(l.arrivals))
		}
		if tokens := l.arrivals[len(l.arrivals)-1].Input; tokens > o.settings.MaxModelLen+1 {
			t.Errorf("%q: a prompt of %d tokens", c.args, tokens)
		}
	}
	o, err := readOptions("real", []string{traceFile(t, "0,1,1\n3600000,1,1\n")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.traffic(); err == nil || !strings.Contains(err.Error(), "TRACE: ") {
		t.Errorf("a trace in milliseconds, 40 days long: %v", err)
	}
}
