//go:build engine

package e2e

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/vllm-eks/vllm-eks/internal/explain"
	"github.com/vllm-eks/vllm-eks/local/simulation"
	"github.com/vllm-eks/vllm-eks/local/standin/aws/account"
	"github.com/vllm-eks/vllm-eks/local/standin/incluster"
)

// simulated is a stack on a simulated AWS account, which the real engine runs.
type simulated struct {
	simulation.Stack

	t testing.TB
	// components are the observed processes of the EKS component.
	components map[int]bool
	// program is the path of the program. Default: that of this repository.
	program string
	// report explains the preview of the last apply.
	report explain.Report
}

// newSimulated creates a stack in a folder of the checkout. The tests of one account share it.
func newSimulated(t testing.TB, folder, name, configuration string) *simulated {
	t.Helper()
	return newProgram(t, folder, name, "", configuration)
}

// newProgram creates a stack of a program; "" is that of this repository.
func newProgram(t testing.TB, folder, name, program, configuration string) *simulated {
	t.Helper()
	s := &simulated{Stack: simulation.Stack{Layout: checkout(t), Folder: folder, Name: name}, t: t, components: map[int]bool{}, program: program}
	s.configure(configuration)
	if err := s.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// accountFolder returns a new folder in .local, which is removed if the test passes.
func accountFolder(t testing.TB) string {
	t.Helper()
	parent := checkout(t).Simulation("tests")
	if err := os.MkdirAll(parent, 0o700); err != nil {
		t.Fatal(err)
	}
	folder, err := os.MkdirTemp(parent, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the simulation's files are in %s", folder)
		} else if err := os.RemoveAll(folder); err != nil {
			t.Error(err)
		}
	})
	return folder
}

// stackText returns a stack file of this repository, with replacements: old, new, …
func stackText(t testing.TB, name string, oldNew ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(checkout(t).Root, "Pulumi."+name+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return replaced(t, string(text), oldNew...)
}

func (s *simulated) configure(text string) {
	s.t.Helper()
	if err := s.Write(cmp.Or(s.program, simulation.Program(s.Layout)), text); err != nil {
		s.t.Fatal(err)
	}
}

// try runs a command, which may fail. The EKS component must run for it.
func (s *simulated) try(ctx context.Context, o simulation.Options, command string, args ...string) (simulation.Run, error) {
	s.t.Helper()
	ended, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		s.watch(ended)
	}()
	began := time.Now()
	run, err := s.Do(ctx, o, command, args...)
	close(ended)
	<-watched
	s.t.Logf("%s of %s: %s, %d resources", command, s.Name, time.Since(began).Round(100*time.Millisecond), len(run.Steps()))
	processes := func() []int { return processesWith(s.t, "VLLM_EKS_SIMULATED_ACCOUNT="+s.Account()) }
	if o.Kill { // its plugins end when they notice that it has ended
		await(s.t, "the end of a killed engine's processes", time.Minute, func() bool { return len(processes()) == 0 })
	}
	if rest := processes(); len(rest) > 0 {
		s.t.Errorf("processes outlive the engine: %v", rest)
	}
	return run, err
}

// watch records the Node.js processes that run the EKS component of this simulation.
func (s *simulated) watch(ended <-chan struct{}) {
	for {
		select {
		case <-ended:
			return
		case <-time.After(50 * time.Millisecond):
		}
		for _, p := range processes(s.t) {
			if p.name == "node" && slices.Contains(p.arguments, simulation.Component(s.Layout)) &&
				slices.Contains(p.environment, "VLLM_EKS_SIMULATED_ACCOUNT="+s.Account()) {
				s.components[p.pid] = true
			}
		}
	}
}

// must runs a command that must succeed.
func (s *simulated) must(command string, args ...string) simulation.Run {
	s.t.Helper()
	run, err := s.try(s.t.Context(), simulation.Options{}, command, args...)
	if err != nil {
		s.t.Fatalf("%v\n%s\n%s", err, strings.Join(run.Messages(), "\n"), run.Output)
	}
	return run
}

func (s *simulated) up() simulation.Run { return s.must("up", "--yes", "--skip-preview") }

// resources returns the URNs in the stack's state.
func (s *simulated) resources() []string {
	s.t.Helper()
	text, err := os.ReadFile(s.stateFile())
	if err != nil {
		s.t.Fatal(err)
	}
	var state struct {
		Checkpoint struct {
			Latest struct{ Resources []struct{ URN string } }
		}
	}
	if err := json.Unmarshal(text, &state); err != nil {
		s.t.Fatal(err)
	}
	var urns []string
	for _, r := range state.Checkpoint.Latest.Resources {
		urns = append(urns, r.URN)
	}
	return urns
}

func (s *simulated) stateFile() string {
	s.t.Helper()
	files, err := filepath.Glob(filepath.Join(s.Folder, "state", ".pulumi", "stacks", "*", s.Name+".json"))
	if err != nil || len(files) != 1 {
		s.t.Fatalf("%d states: %v", len(files), err)
	}
	return files[0]
}

// changes returns the steps of a command that change something, such as "update Deployment
// mistral-7b".
func changes(run simulation.Run) []string {
	var all []string
	for _, step := range run.Steps() {
		if step.Op != string(apitype.OpSame) && step.Op != string(apitype.OpRead) && step.Type != "pulumi:pulumi:Stack" {
			all = append(all, step.Op+" "+step.Type[strings.LastIndex(step.Type, ":")+1:]+" "+step.Name())
		}
	}
	slices.Sort(all)
	return all
}

// expectChanges fails unless each change matches one of the patterns and each pattern one of
// the changes.
func expectChanges(t testing.TB, run simulation.Run, patterns ...string) {
	t.Helper()
	planned := changes(run)
	used := make([]bool, len(patterns))
	for _, change := range planned {
		expected := false
		for i, pattern := range patterns {
			if regexp.MustCompile("^(?:" + pattern + ")$").MatchString(change) {
				expected, used[i] = true, true
			}
		}
		if !expected {
			t.Errorf("unexpected: %s", change)
		}
	}
	for i, pattern := range patterns {
		if !used[i] {
			t.Errorf("no change matches %s; changes: %v", pattern, planned)
		}
	}
}

// drift returns the differences that a refresh finds.
func drift(run simulation.Run) []string {
	var found []string
	for _, event := range run.Events {
		if e := event.ResOutputsEvent; e != nil && e.Metadata.Op != apitype.OpSame && e.Metadata.Op != apitype.OpRead {
			found = append(found, string(e.Metadata.Op)+" "+e.Metadata.Type[strings.LastIndex(e.Metadata.Type, ":")+1:]+" "+e.Metadata.URN)
		}
	}
	return found
}

// deleteLateLogs follows docs/aws.md after a destroy: the last logs of a cluster create its log
// group again.
func deleteLateLogs(t *testing.T, folder string, clusters int) {
	t.Helper()
	const group = "aws:cloudwatch/logGroup:LogGroup"
	rest := inAccount(t, folder, group)
	if len(rest) != clusters {
		t.Errorf("log groups that the clusters created again: %v, want %d", rest, clusters)
	}
	for _, name := range rest {
		if err := account.Open(filepath.Join(folder, "account"), "us-west-2", nil).Delete(group, strings.TrimPrefix(name, group+" ")); err != nil {
			t.Error(err)
		}
	}
}

// expectEmpty fails if the account has resources.
func expectEmpty(t *testing.T, folder string) {
	t.Helper()
	if rest := inAccount(t, folder, ""); len(rest) > 0 {
		t.Errorf("left in the account: %v", rest)
	}
	// Controllers in the cluster must have left nothing either.
	items, err := incluster.Account(filepath.Join(folder, "account")).Items()
	if err != nil || len(items) > 0 {
		t.Errorf("left in the account by controllers: %v, %v", items, err)
	}
}

// inAccount returns the resources of a type; of every type for "".
func inAccount(t *testing.T, folder, typ string) []string {
	t.Helper()
	records, err := account.Records(filepath.Join(folder, "account"))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, r := range records {
		if typ == "" || r.Type == typ {
			found = append(found, r.Type+" "+r.ID)
		}
	}
	return found
}

// footprint lists the files of a home directory and the stacks' files.
func footprint(t *testing.T, home string) []string {
	t.Helper()
	var found []string
	note := func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && !strings.Contains(path, "/go/telemetry/") { // telemetry counters of the go command
			content, err := os.ReadFile(path)
			found = append(found, fmt.Sprintf("%s %x %v", path, sha256.Sum256(content), err))
		}
		return err
	}
	stacks, err := filepath.Glob(filepath.Join(checkout(t).Root, "Pulumi*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(stacks, home) {
		if err := filepath.WalkDir(path, note); err != nil {
			t.Fatal(err)
		}
	}
	return found
}
