//go:build engine

package e2e

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/vllm-eks/vllm-eks/local/simulation"
	"github.com/vllm-eks/vllm-eks/local/standin/aws/account"
	"github.com/vllm-eks/vllm-eks/local/standin/incluster"
)

// TestStacksOnAWS creates, changes and destroys dev and prod in one account, where no two names
// may be equal.
func TestStacksOnAWS(t *testing.T) {
	folder := accountFolder(t)
	// A program that writes to the user's home writes here.
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
		t.Run(s.Name+" is destroyed", func(t *testing.T) {
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
	if previewed, applied := changes(preview), changes(up); !slices.Equal(previewed, applied) {
		t.Errorf("the preview has %d resources, the update %d", len(previewed), len(applied))
	}
	// Only the component registers these.
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
	// Deleting a route shows that a refresh can find drift.
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
		expectChanges(t, s.must("preview"))
		expectChanges(t, s.must("preview", "--refresh"), "create Route .*")
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
	// A node group that a model uses cannot be removed.
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
	expectChanges(t, run, "update Cluster .*", "update NodeGroup .*", "update Addon .*", "update Release autoscaler",
		"update PrometheusRule vllm-eks-rules") // the begin of extended support
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
	if rest := s.resources(); len(rest) > 0 {
		t.Errorf("left in the state: %v", rest)
	}
}

// expectOrder fails unless objects that a controller must clean up are deleted before the
// controller, and the cluster's nodes before the cluster.
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
	for _, order := range []struct{ earlier, later string }{
		{"keda.sh/v1alpha1:ScaledObject::", "Release::keda"},
		{"networking.k8s.io/v1:Ingress::", "Release::ingress-controller"},
		{"monitoring.coreos.com/v1:ServiceMonitor::", "Release::monitoring"},
		{"kubernetes:core/v1:Namespace::", "aws:eks/cluster:Cluster::"},
		{"helm.sh/v3:Release::", "aws:eks/nodeGroup:NodeGroup::system"},
		{"aws:eks/nodeGroup:NodeGroup::", "aws:eks/cluster:Cluster::"},
	} {
		for earlier := range began {
			for later := range began {
				if !strings.Contains(earlier, order.earlier) || !strings.Contains(later, order.later) {
					continue
				}
				compared++
				if ended[earlier] == 0 || ended[earlier] > began[later] {
					t.Errorf("%s is still there when %s goes", earlier, later)
				}
			}
		}
	}
	if compared < 5 {
		t.Errorf("only %d pairs were compared", compared)
	}
}

// endAtNodes runs an update and ends it when it is about to create the first node group: by
// Ctrl-C, or by a kill.
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
		s.t.Fatalf("the update was complete before it could be interrupted:\n%s", run.Output)
	}
}

// TestInterruptedUpdate ends an update by Ctrl-C after the cluster's creation, kills the next
// one, and repairs the stack with the documented commands.
func TestInterruptedUpdate(t *testing.T) {
	t.Parallel()
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
