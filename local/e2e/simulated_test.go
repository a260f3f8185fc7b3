//go:build engine

package e2e

import (
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

	"github.com/vllm-eks/vllm-eks/local/simulation"
	"github.com/vllm-eks/vllm-eks/local/standin/aws/account"
	"github.com/vllm-eks/vllm-eks/local/standin/incluster"
)

type simulated struct {
	simulation.Stack

	t *testing.T
	// components are the processes of the EKS component that were seen.
	components map[int]bool
}

func newSimulated(t *testing.T, folder, name, configuration string) *simulated {
	t.Helper()
	s := &simulated{Stack: simulation.Stack{Layout: checkout(t), Folder: folder, Name: name}, t: t, components: map[int]bool{}}
	s.configure(configuration)
	if err := s.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func accountFolder(t *testing.T) string {
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
			t.Logf("what was simulated is in %s", folder)
		} else if err := os.RemoveAll(folder); err != nil {
			t.Error(err)
		}
	})
	return folder
}

func stackText(t *testing.T, name string, oldNew ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(checkout(t).Root, "Pulumi."+name+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return replaced(t, string(text), oldNew...)
}

func replaced(t *testing.T, text string, oldNew ...string) string {
	t.Helper()
	for i := 0; i < len(oldNew); i += 2 {
		if !strings.Contains(text, oldNew[i]) {
			t.Fatalf("the stack has no %q", oldNew[i])
		}
		text = strings.Replace(text, oldNew[i], oldNew[i+1], 1)
	}
	return text
}

func (s *simulated) configure(text string) {
	s.t.Helper()
	if err := s.Write(simulation.Program(s.Layout), text); err != nil {
		s.t.Fatal(err)
	}
}

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
	if o.Kill { // its plugins end when they find that it is gone
		await(s.t, "the end of what a killed engine has started", time.Minute, func() bool { return len(processes()) == 0 })
	}
	if rest := processes(); len(rest) > 0 {
		s.t.Errorf("processes outlive the engine: %v", rest)
	}
	return run, err
}

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

func (s *simulated) must(command string, args ...string) simulation.Run {
	s.t.Helper()
	run, err := s.try(s.t.Context(), simulation.Options{}, command, args...)
	if err != nil {
		s.t.Fatalf("%v\n%s\n%s", err, strings.Join(run.Messages(), "\n"), run.Output)
	}
	return run
}

func (s *simulated) up() simulation.Run { return s.must("up", "--yes", "--skip-preview") }

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

func expectChanges(t *testing.T, run simulation.Run, patterns ...string) {
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
			t.Errorf("nothing is %s; there is: %v", pattern, planned)
		}
	}
}

func drift(run simulation.Run) []string {
	var found []string
	for _, event := range run.Events {
		if e := event.ResOutputsEvent; e != nil && e.Metadata.Op != apitype.OpSame && e.Metadata.Op != apitype.OpRead {
			found = append(found, string(e.Metadata.Op)+" "+e.Metadata.Type[strings.LastIndex(e.Metadata.Type, ":")+1:]+" "+e.Metadata.URN)
		}
	}
	return found
}

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

func expectEmpty(t *testing.T, folder string) {
	t.Helper()
	if rest := inAccount(t, folder, ""); len(rest) > 0 {
		t.Errorf("left in the account: %v", rest)
	}
	// Nor what controllers in the cluster created there.
	items, err := incluster.Account(filepath.Join(folder, "account")).Items()
	if err != nil || len(items) > 0 {
		t.Errorf("left in the account by controllers: %v, %v", items, err)
	}
}

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

func footprint(t *testing.T, home string) []string {
	t.Helper()
	var found []string
	note := func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && !strings.Contains(path, "/go/telemetry/") { // Go counts its own commands
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
