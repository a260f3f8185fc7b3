package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/local/bench/policy"
	"github.com/vllm-eks/vllm-eks/local/layout"
)

func TestWrongOptionsAreRefusedTogether(t *testing.T) {
	_, err := readOptions("real", []string{
		"-minutes=0", "-lead=61", "-cold-start=1", "-time-scale=2", "-rate=0", "-max=1", "-seeds=0", "-trace=/nowhere.csv",
		"-loads=conversation,dreams", "-policies=waiting-10,hope", "more",
	})
	if err == nil {
		t.Fatal("taken")
	}
	for _, key := range []string{"MINUTES", "LEAD", "COLD_START", "TIME_SCALE", "RATE", "MAX", "SEEDS", "TRACE", `LOADS: got "dreams"`, `POLICIES: got "hope"`, "more"} {
		if !strings.Contains(err.Error(), key) {
			t.Errorf("does not say %s: %v", key, err)
		}
	}
	if _, err := readOptions("model", []string{"-time-scale=3"}); err == nil {
		t.Error("a model takes a time scale")
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
	o, err := readOptions("real", []string{"-policies=" + policy.Seed})
	if err != nil {
		t.Fatal(err)
	}
	_, policies, err := o.plan()
	if err != nil {
		t.Fatal(err)
	}
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
		o, err := readOptions("real", args)
		if err != nil {
			t.Fatal(err)
		}
		asks, policies, err := o.plan()
		if err != nil {
			t.Fatal(err)
		}
		return o.key(asks[0], policies)
	}
	if key() != key() {
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
	o, err := readOptions("real", nil)
	if err != nil {
		t.Fatal(err)
	}
	asks, policies, err := o.plan()
	if err != nil {
		t.Fatal(err)
	}
	was := o.key(asks[0], policies)
	policies[0].Up.Pods++
	if o.key(asks[0], policies) == was {
		t.Error("results of a policy would be taken for those of a changed one")
	}
}
