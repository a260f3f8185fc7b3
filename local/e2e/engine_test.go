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

// simulated is a stack on a simulated AWS account, run by the real engine.
type simulated struct {
	simulation.Stack

	t *testing.T
	// components are the processes of the EKS component that were seen.
	components map[int]bool
}

// newSimulated makes a stack in a folder of the checkout, which the tests of one
// account share.
func newSimulated(t *testing.T, folder, name, configuration string) *simulated {
	t.Helper()
	s := &simulated{Stack: simulation.Stack{Layout: checkout(t), Folder: folder, Name: name}, t: t, components: map[int]bool{}}
	s.configure(configuration)
	if err := s.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// accountFolder is a new one below .local, which goes if the test passes.
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

// stackText is a stack's file of this repository, with replacements: old, new, …
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

// try runs a command, which may fail. The EKS component has to run for it.
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
	left := func() []int { return processesWith(s.t, "VLLM_EKS_SIMULATED_ACCOUNT="+s.Account()) }
	if o.Kill { // its plugins end when they find that it is gone
		await(s.t, "the end of what a killed engine has started", time.Minute, func() bool { return len(left()) == 0 })
	}
	if left := left(); len(left) > 0 {
		s.t.Errorf("processes outlive the engine: %v", left)
	}
	return run, err
}

// watch notes the processes that are Node with the EKS component, in this
// simulation.
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

// must runs a command that works.
func (s *simulated) must(command string, args ...string) simulation.Run {
	s.t.Helper()
	run, err := s.try(s.t.Context(), simulation.Options{}, command, args...)
	if err != nil {
		s.t.Fatalf("%v\n%s\n%s", err, strings.Join(run.Messages(), "\n"), run.Output)
	}
	return run
}

func (s *simulated) up() simulation.Run { return s.must("up", "--yes", "--skip-preview") }

// resources are the URNs in the stack's state.
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

// changes are the steps of a command that change something, as "update Deployment
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

// expectChanges: every change matches one of the patterns, and each pattern one
// of the changes.
func expectChanges(t *testing.T, run simulation.Run, patterns ...string) {
	t.Helper()
	all := changes(run)
	used := make([]bool, len(patterns))
	for _, change := range all {
		known := false
		for i, pattern := range patterns {
			if regexp.MustCompile("^(?:" + pattern + ")$").MatchString(change) {
				known, used[i] = true, true
			}
		}
		if !known {
			t.Errorf("unexpected: %s", change)
		}
	}
	for i, pattern := range patterns {
		if !used[i] {
			t.Errorf("nothing is %s; there is: %v", pattern, all)
		}
	}
}

// TestStacksOnAWS takes dev and prod through their lives, side by side in one
// account: no name may be that of another's.
func TestStacksOnAWS(t *testing.T) {
	folder := accountFolder(t)
	// Whoever writes to the user's home writes here.
	home := filepath.Join(folder, "home")
	if err := os.Mkdir(home, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", home)
	before := footprint(t, home)
	var stacks []*simulated
	for _, name := range []string{"dev", "prod"} {
		older := stackText(t, name, `kubernetesVersion: "1.35"`, `kubernetesVersion: "1.34"`)
		s := newSimulated(t, folder, name, older)
		stacks = append(stacks, s)
		t.Run(name, func(t *testing.T) {
			s.t = t
			testCreation(t, s)
			testNoChanges(t, s)
			testEdits(t, s, older)
			testNewKubernetes(t, s)
		})
	}
	for _, s := range stacks {
		t.Run(s.Name+" goes", func(t *testing.T) {
			s.t = t
			testDestruction(t, s)
		})
	}
	deleteLateLogs(t, folder, 2)
	expectEmpty(t, folder)
	if after := footprint(t, home); !slices.Equal(before, after) {
		t.Errorf("outside of .local there was\n%s\nand there is\n%s", strings.Join(before, "\n"), strings.Join(after, "\n"))
	}
}

func testCreation(t *testing.T, s *simulated) {
	preview := s.must("preview")
	for _, change := range changes(preview) {
		if !strings.HasPrefix(change, "create ") {
			t.Errorf("the preview of a new stack has %s", change)
		}
	}
	if len(s.components) == 0 {
		t.Fatal("the preview ran without the EKS component")
	}
	clear(s.components)
	up := s.up()
	if len(s.components) == 0 || up.Healthy == 0 {
		t.Fatalf("the update ran without the EKS component: %d processes, asked for health %d times", len(s.components), up.Healthy)
	}
	if len(s.resources()) < 100 {
		t.Errorf("the state has %d resources", len(s.resources()))
	}
	if previewed, made := changes(preview), changes(up); !slices.Equal(previewed, made) {
		t.Errorf("previewed were %d resources, made %d", len(previewed), len(made))
	}
	// What only the component registers.
	for _, want := range []string{"create ServiceRole cluster-eksRole", "create SecurityGroup cluster-nodeSecurityGroup", "create kubernetes cluster-provider"} {
		if !slices.Contains(changes(up), want) {
			t.Errorf("the update has no %q: %v", want, changes(up))
		}
	}
	if items, err := incluster.Account(s.Account()).Items(); err != nil || len(items) == 0 {
		t.Errorf("controllers created %v in the account, %v: nothing could be left", items, err)
	}
	t.Logf("%s", up.Report(false))
}

func testNoChanges(t *testing.T, s *simulated) {
	expectChanges(t, s.up())
	if found := drift(s.must("refresh", "--yes", "--skip-preview")); len(found) > 0 {
		t.Errorf("drift: %v", found)
	}
	// A refresh that could see none would prove nothing.
	records, err := account.Records(s.Account())
	if err != nil {
		t.Fatal(err)
	}
	behind, checked := account.Open(s.Account(), "us-west-2", nil), false
	for _, r := range records {
		if r.Type != "aws:ec2/route:Route" || !strings.HasPrefix(r.URN, "urn:pulumi:"+s.Name+"::") {
			continue
		}
		if err := behind.Delete(r.Type, r.ID); err != nil {
			t.Fatal(err)
		}
		if found := drift(s.must("refresh", "--preview-only")); len(found) != 1 || !strings.HasPrefix(found[0], "delete Route ") {
			t.Errorf("%s was deleted behind the program's back, and the drift is %v", r.ID, found)
		}
		if _, err := behind.Create(r.Type, r.URN, r.Inputs); err != nil {
			t.Fatal(err)
		}
		checked = true
		break
	}
	if !checked {
		t.Error("the account has no route to delete")
	}
	expectChanges(t, s.must("preview"))
}

// drift is what a refresh finds to be otherwise than it was left.
func drift(run simulation.Run) []string {
	var found []string
	for _, event := range run.Events {
		if e := event.ResOutputsEvent; e != nil && e.Metadata.Op != apitype.OpSame && e.Metadata.Op != apitype.OpRead {
			found = append(found, string(e.Metadata.Op)+" "+e.Metadata.Type[strings.LastIndex(e.Metadata.Type, ":")+1:]+" "+e.Metadata.URN)
		}
	}
	return found
}

func testEdits(t *testing.T, s *simulated, configuration string) {
	s.configure(replaced(t, configuration, "maxModelLen: 8192", "maxModelLen: 4096"))
	edit := s.must("preview")
	if len(changes(edit)) == 0 {
		t.Error("another maxModelLen changes nothing")
	}
	for _, step := range edit.Steps() {
		if step.Op != "same" && step.Op != "read" && !strings.Contains(step.URN, "VLLMService") && step.Type != "pulumi:pulumi:Stack" {
			t.Errorf("another maxModelLen of a model means: %s %s", step.Op, step.URN)
		}
	}
	s.configure(replaced(t, configuration, "vllm-eks:nodeGroups:\n", "vllm-eks:nodeGroups:\n    - {name: more, instanceTypes: [g5.12xlarge], max: 1}\n"))
	expectChanges(t, s.must("preview"), "create LaunchTemplate .*more.*", "create NodeGroup .*more.*")
	// A group that a model uses cannot go.
	s.configure(replaced(t, configuration, "- name: g5 ", "- name: g7 ", "maxModelLen: 8192", "maxModelLen: 8192\n      nodeGroup: g5"))
	run, err := s.try(t.Context(), simulation.Options{}, "preview")
	messages := strings.Join(run.Messages(), "\n")
	refused := slices.ContainsFunc(run.Messages(), func(m string) bool { return strings.HasPrefix(m, "error: models[0].nodeGroup: ") })
	if err == nil || !refused || strings.Contains(messages, "unhandled") {
		t.Errorf("a model's node group is gone, and the refusal does not begin with its key: %v\n%s", err, messages)
	}
}

func testNewKubernetes(t *testing.T, s *simulated) {
	s.configure(stackText(t, s.Name))
	run := s.up()
	expectChanges(t, run, "update Cluster .*", "update NodeGroup .*", "update Addon .*", "update Release autoscaler")
	updated := changes(run)
	for _, want := range []string{"update Cluster ", "update NodeGroup ", "update Addon "} {
		if !slices.ContainsFunc(updated, func(c string) bool { return strings.HasPrefix(c, want) }) {
			t.Errorf("%s is not updated with Kubernetes", want)
		}
	}
	for _, step := range run.Steps() {
		if step.Type == "aws:eks/nodeGroup:NodeGroup" && step.Op != "update" {
			t.Errorf("the nodes of %s do not follow: %s", step.Name(), step.Op)
		}
	}
}

func testDestruction(t *testing.T, s *simulated) {
	if strings.Contains(stackText(t, s.Name), "protect: true") {
		run, err := s.try(t.Context(), simulation.Options{}, "destroy", "--yes", "--skip-preview")
		if messages := run.Output; err == nil || !strings.Contains(messages, "protect") {
			t.Errorf("the protected stack is destroyed: %v\n%s", err, messages)
		}
		s.configure(stackText(t, s.Name, "protect: true", "protect: false"))
		s.up()
	}
	run := s.must("destroy", "--yes", "--skip-preview")
	expectOrder(t, run)
	if left := s.resources(); len(left) > 0 {
		t.Errorf("left in the state: %v", left)
	}
}

// expectOrder: what a controller has to clean up after goes before the
// controller, and the machines of the cluster before the cluster.
func expectOrder(t *testing.T, run simulation.Run) {
	t.Helper()
	began, ended := map[string]int{}, map[string]int{}
	for i, event := range run.Events {
		if e := event.ResourcePreEvent; e != nil && e.Metadata.Op == "delete" {
			began[e.Metadata.URN] = i
		}
		if e := event.ResOutputsEvent; e != nil && e.Metadata.Op == "delete" {
			ended[e.Metadata.URN] = i
		}
	}
	compared := 0
	for _, order := range []struct{ first, then string }{
		{"keda.sh/v1alpha1:ScaledObject::", "Release::keda"},
		{"networking.k8s.io/v1:Ingress::", "Release::ingress-controller"},
		{"monitoring.coreos.com/v1:ServiceMonitor::", "Release::monitoring"},
		{"kubernetes:core/v1:Namespace::", "aws:eks/cluster:Cluster::"},
		{"helm.sh/v3:Release::", "aws:eks/nodeGroup:NodeGroup::system"},
		{"aws:eks/nodeGroup:NodeGroup::", "aws:eks/cluster:Cluster::"},
	} {
		for first := range began {
			for then := range began {
				if !strings.Contains(first, order.first) || !strings.Contains(then, order.then) {
					continue
				}
				compared++
				if ended[first] == 0 || ended[first] > began[then] {
					t.Errorf("%s is still there when %s goes", first, then)
				}
			}
		}
	}
	if compared < 5 {
		t.Errorf("only %d orders were looked at", compared)
	}
}

// deleteLateLogs does what docs/aws.md says to do after a destroy: the logs that a
// cluster leaves create its log group again.
func deleteLateLogs(t *testing.T, folder string, clusters int) {
	t.Helper()
	const group = "aws:cloudwatch/logGroup:LogGroup"
	left := inAccount(t, folder, group)
	if len(left) != clusters {
		t.Errorf("log groups that the clusters created again: %v, want %d", left, clusters)
	}
	for _, name := range left {
		if err := account.Open(filepath.Join(folder, "account"), "us-west-2", nil).Delete(group, strings.TrimPrefix(name, group+" ")); err != nil {
			t.Error(err)
		}
	}
}

// expectEmpty: the account has nothing left.
func expectEmpty(t *testing.T, folder string) {
	t.Helper()
	if left := inAccount(t, folder, ""); len(left) > 0 {
		t.Errorf("left in the account: %v", left)
	}
	// Nor what controllers in the cluster created there.
	items, err := incluster.Account(filepath.Join(folder, "account")).Items()
	if err != nil || len(items) > 0 {
		t.Errorf("left in the account by controllers: %v, %v", items, err)
	}
}

// inAccount are the resources of a type, or all.
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

// endAtNodes runs an update that ends when the first group of nodes is about to be
// created: by Ctrl-C, or killed.
func (s *simulated) endAtNodes(kill bool) {
	s.t.Helper()
	ctx, end := context.WithCancel(s.t.Context())
	defer end()
	run, err := s.try(ctx, simulation.Options{
		Kill:        kill,
		Environment: []string{"VLLM_EKS_SIMULATED_SLOW=aws:eks/nodeGroup:NodeGroup"},
		Each: func(event apitype.EngineEvent) {
			if e := event.ResourcePreEvent; e != nil && e.Metadata.Type == "aws:eks/nodeGroup:NodeGroup" {
				end()
			}
		},
	}, "up", "--yes", "--skip-preview")
	if err == nil {
		s.t.Fatalf("the update has come to its end:\n%s", run.Output)
	}
}

// TestInterruptedUpdate ends an update by Ctrl-C when the cluster is there, kills
// the next one, and repairs the stack with the documented commands.
func TestInterruptedUpdate(t *testing.T) {
	folder := accountFolder(t)
	s := newSimulated(t, folder, "dev", stackText(t, "dev"))
	s.endAtNodes(false)
	if clusters := inAccount(t, folder, "aws:eks/cluster:Cluster"); len(clusters) != 1 {
		t.Fatalf("clusters after the interrupt: %v", clusters)
	}
	if groups := inAccount(t, folder, "aws:eks/nodeGroup:NodeGroup"); len(groups) > 0 {
		t.Fatalf("node groups after the interrupt: %v", groups)
	}
	s.endAtNodes(true)
	documentation, err := os.ReadFile(filepath.Join(checkout(t).Root, "docs", "aws.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"pulumi cancel --yes --stack dev", "pulumi refresh --yes --clear-pending-creates --stack dev"} {
		if !strings.Contains(string(documentation), command) {
			t.Errorf("docs/aws.md does not name %s", command)
		}
	}
	if run, err := s.try(t.Context(), simulation.Options{}, "up", "--yes", "--skip-preview"); err == nil || !strings.Contains(run.Output, "locked") {
		t.Errorf("the update was killed, and the stack is not locked: %v\n%s", err, run.Output)
	}
	if out, err := s.Cancel(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	s.must("refresh", "--yes", "--skip-preview", "--clear-pending-creates")
	s.up()
	expectChanges(t, s.must("preview"))
	s.must("destroy", "--yes", "--skip-preview")
	deleteLateLogs(t, folder, 1)
	expectEmpty(t, folder)
}

// footprint is what there is in a home directory, and in the stacks' files.
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
