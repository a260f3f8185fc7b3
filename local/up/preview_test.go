package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/vllm-eks/vllm-eks/local/layout"
	"github.com/vllm-eks/vllm-eks/local/simulation"
)

func TestPreviewWantsAStackOnAWS(t *testing.T) {
	l := layout.Layout{Root: t.TempDir()}
	for _, name := range []string{"dev", "prod", localStack, ownStack} {
		if err := os.WriteFile(filepath.Join(l.Root, "Pulumi."+name+".yaml"), []byte("config: {}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for stack, want := range map[string]string{
		"dev": "", "": "make preview STACK=dev", "../dev": "want the name of a stack", "staging": "want one of: dev, prod", localStack: "embedded Kubernetes",
	} {
		text, err := readStack(options{layout: l, stack: stack})
		if want == "" && (err != nil || text != "config: {}\n") || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %q, %v; want %q", stack, text, err, want)
		}
	}
}

// TestSimulationHasItsOwnStandIns holds that simulated providers are built also where real
// ones are installed, and into the simulation's own home. The real AWS provider would need
// an account.
func TestSimulationHasItsOwnStandIns(t *testing.T) {
	nothingInstalled(t)
	users := t.TempDir()
	fakeProgramsIn(t, filepath.Join(users, "plugins", simulation.AWSPlugin), "", "pulumi-resource-aws")
	fakeProgramsIn(t, filepath.Join(users, "plugins", kubernetesPlugin), "", "pulumi-resource-kubernetes")
	t.Setenv("PULUMI_HOME", users)
	t.Setenv("PATH", fakePrograms(t, "v3.259.0", "pulumi", "pulumi-language-go", "node"))
	o := options{layout: layout.Layout{Root: t.TempDir()}}
	steps := simulationSteps(o, findEngine(context.Background(), o))
	var names []string
	for _, s := range steps {
		names = append(names, s.name)
	}
	want := []string{"prepare", "fetch the EKS component", "build pulumi-resource-aws", "build pulumi-resource-kubernetes", "build the program"}
	if !slices.Equal(names, want) {
		t.Errorf("got %q, want %q", names, want)
	}
	if err := steps[0].do(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	for _, p := range []program{awsStandIn, simulatedKubernetes, simulatedStack} {
		if !strings.HasPrefix(p.path(o.layout), o.layout.Simulation()) {
			t.Errorf("%s is built to %s", p.name, p.path(o.layout))
		}
	}
	// The engine of make up has no AWS provider, real or simulated.
	if plugins, err := filepath.Glob(o.layout.Pulumi("home", "plugins", "resource-aws*")); err != nil || len(plugins) > 0 {
		t.Errorf("the engine of make up has %v, %v", plugins, err)
	}
	t.Setenv("PATH", t.TempDir())
	if err := steps[0].do(context.Background(), nil); err == nil || !strings.Contains(err.Error(), "node: not on PATH") {
		t.Errorf("without Node.js: %v", err)
	}
}

// TestLongListOfChangesRepeatsMessages holds that sizes and warnings stand above a list of a
// thousand lines and again below it.
func TestLongListOfChangesRepeatsMessages(t *testing.T) {
	run := simulation.Run{
		Output: "SIMULATED: said by a plugin\nwarning: mind this\n" + strings.Repeat("+ line\n", 1000),
		Events: []apitype.EngineEvent{{DiagnosticEvent: &apitype.DiagnosticEvent{Severity: "warning", Message: "warning: mind this\n"}}},
	}
	got := differences(run)
	if strings.Contains(got, "SIMULATED") || !strings.HasSuffix(got, "+ line\n\nwarning: mind this\n\n") {
		t.Errorf("the list ends with %q", got[max(0, len(got)-100):])
	}
	run.Output = "warning: mind this\n+ line\n"
	if got := differences(run); strings.Count(got, "mind this") != 1 {
		t.Errorf("a short list is %q", got)
	}
}
