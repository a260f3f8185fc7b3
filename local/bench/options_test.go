package main

import (
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
	asks, policies, err := o.plan()
	if err != nil {
		t.Fatal(err)
	}
	if names := policyNames(policies); len(names) != 2 || names[0] != policy.Ours || names[1] != policy.Seed {
		t.Errorf("compares %v", names)
	}
	all, err := readOptions("real", nil)
	if err != nil {
		t.Fatal(err)
	}
	if o.key(asks[0]) == all.key(asks[0]) {
		t.Error("results of some policies would be taken for those of all")
	}
}
