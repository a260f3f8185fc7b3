//go:build engine

package e2e

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/local/simulation"
	"github.com/vllm-eks/vllm-eks/local/standin/aws/account"
)

const nodeGroupType = "aws:eks/nodeGroup:NodeGroup"

// nodes returns the number of nodes of each node group, by its name in the program.
func (s *simulated) nodes() map[string]int {
	s.t.Helper()
	sizes := map[string]int{}
	for urn, r := range s.account() {
		if r.Type != nodeGroupType {
			continue
		}
		config, _ := r.Outputs["scalingConfig"].(map[string]any)
		desired, _ := config["desiredSize"].(float64)
		sizes[urn[strings.LastIndex(urn, "::")+2:]] = int(desired)
	}
	return sizes
}

// account returns the stack's resources in the simulated account, by URN.
func (s *simulated) account() map[string]*account.Record {
	s.t.Helper()
	records, err := account.Records(s.Account())
	if err != nil {
		s.t.Fatal(err)
	}
	byURN := map[string]*account.Record{}
	for _, r := range records {
		if strings.HasPrefix(r.URN, "urn:pulumi:"+s.Name+"::") {
			byURN[r.URN] = r
		}
	}
	return byURN
}

// apply previews a configuration and applies it. Exactly the previewed resources must change in
// the account, and the explanation of the preview must say what happens to nodes and data.
func (s *simulated) apply(configuration string) simulation.Run {
	s.t.Helper()
	s.configure(configuration)
	previewed := s.must("preview")
	s.report = explained(s.t, previewed)
	before, existed, seen := s.account(), s.resources(), 0
	s.events(&seen)
	result := s.up()
	if want, got := changes(previewed), changes(result); !slices.Equal(want, got) {
		s.t.Errorf("the preview has\n%s\nand the update has\n%s", strings.Join(want, "\n"), strings.Join(got, "\n"))
	}
	named := map[string]bool{}
	for _, step := range previewed.Steps() {
		named[step.URN] = named[step.URN] || step.Op != "same"
	}
	after := s.account()
	objects := maps.Clone(before)
	maps.Copy(objects, after)
	for _, urn := range slices.Sorted(maps.Keys(objects)) {
		if !named[urn] && !reflect.DeepEqual(before[urn], after[urn]) {
			s.t.Errorf("%s changes in the account and is not in the preview", urn)
		}
	}
	exist := s.resources()
	gone := slices.DeleteFunc(existed, func(urn string) bool { return slices.Contains(exist, urn) })
	expectHappened(s.t, s.report, s.events(&seen), gone)
	expectChanges(s.t, s.must("preview"))
	return result
}

// events returns the effects of updates on nodes since the last call.
func (s *simulated) events(seen *int) []account.Event {
	s.t.Helper()
	events, err := account.Events(s.Account())
	if err != nil {
		s.t.Fatal(err)
	}
	news := events[*seen:]
	*seen = len(events)
	return news
}

// scale changes a group's size like the cluster autoscaler.
func (s *simulated) scale(group string, nodes int) {
	s.t.Helper()
	if err := account.SetSize(s.Account(), group, nodes); err != nil {
		s.t.Fatal(err)
	}
}

// TestUpdatesKeepAutoscaledNodes changes a stack with nodes that the autoscaler started.
func TestUpdatesKeepAutoscaledNodes(t *testing.T) {
	t.Parallel()
	const group = "nodes-g5-us-west-2a"
	initial := stackText(t, "dev", "maxUsdPerHour: 2", "maxUsdPerHour: 100", "      max: 1\n", "      max: 3\n")
	larger := func(minimum, maximum int) string {
		return replaced(t, initial, "      min: 0\n", fmt.Sprintf("      min: %d\n", minimum), "      max: 3\n", fmt.Sprintf("      max: %d\n", maximum))
	}
	s := newSimulated(t, accountFolder(t), "dev", initial)
	s.apply(initial)
	seen := 0
	s.events(&seen)
	s.scale(group, 3)
	before := s.nodes()

	t.Run("another max", func(t *testing.T) {
		s.t = t
		expectChanges(t, s.apply(larger(0, 5)), "update NodeGroup nodes-g5-.*")
		if got := s.nodes(); !maps.Equal(got, before) {
			t.Errorf("the nodes were %v and are %v", before, got)
		}
		if did := s.events(&seen); len(did) > 0 {
			t.Errorf("another max did %v", did)
		}
	})
	t.Run("min above the size that runs", func(t *testing.T) {
		s.t = t
		s.apply(larger(4, 5))
		total := 0
		for name, nodes := range s.nodes() {
			if strings.HasPrefix(name, "nodes-g5-") {
				total += nodes
			}
		}
		if got := s.nodes()[group]; got < 3 || total < 4 {
			t.Errorf("%s has %d nodes, and the entry %d", group, got, total)
		}
		for _, e := range s.events(&seen) {
			if e.Kind != account.Started {
				t.Errorf("another min: %v", e)
			}
		}
	})
	before = s.nodes()
	t.Run("another tag", func(t *testing.T) {
		s.t = t
		s.apply(replaced(t, larger(4, 5), "team: ml-platform", "team: search"))
		if got := s.nodes(); !maps.Equal(got, before) {
			t.Errorf("the nodes were %v and are %v", before, got)
		}
		for _, e := range s.events(&seen) {
			if e.Kind != account.Replaced && e.Kind != account.Surged || e.Kind == account.Surged && e.Nodes > 2 {
				t.Errorf("another tag: %v", e)
			}
		}
	})
}

// TestUnfinishedUpdateStaysInThePreview changes a group's launch template while its pods cannot
// be evicted. EKS fails the update, and the preview shows it until a later update succeeds.
func TestUnfinishedUpdateStaysInThePreview(t *testing.T) {
	t.Parallel()
	const group = "nodes-g5-us-west-2a"
	initial := stackText(t, "dev", "maxUsdPerHour: 2", "maxUsdPerHour: 100", "      max: 1\n", "      max: 3\n")
	s := newSimulated(t, accountFolder(t), "dev", initial)
	s.apply(initial)
	s.scale(group, 2)
	seen := 0
	s.events(&seen)
	if err := account.BlockDrains(s.Account(), group); err != nil {
		t.Fatal(err)
	}
	s.configure(replaced(t, initial, "team: ml-platform", "team: search"))
	run, err := s.try(t.Context(), simulation.Options{}, "up", "--yes", "--skip-preview")
	if messages := strings.Join(run.Messages(), "\n"); err == nil || !strings.Contains(messages, "PodEvictionFailure") {
		t.Fatalf("%v\n%s", err, messages)
	}
	// The commands of docs/aws.md.
	s.must("refresh", "--yes", "--skip-preview")
	const named = "g5: replaces 2 nodes"
	if messages := strings.Join(s.must("preview").Messages(), "\n"); !strings.Contains(messages, named) || !strings.Contains(messages, "tags, disk or reservation") {
		t.Errorf("the preview does not say %q:\n%s", named, messages)
	}
	s.events(&seen)
	s.up()
	replacedNodes := 0
	for _, e := range s.events(&seen) {
		if e.Kind == account.Terminated {
			t.Errorf("%v", e)
		}
		if e.Kind == account.Replaced && strings.HasSuffix(e.URN, group) {
			replacedNodes += e.Nodes
		}
	}
	if replacedNodes != 2 {
		t.Errorf("%d nodes were replaced, want 2", replacedNodes)
	}
	if messages := strings.Join(s.must("preview").Messages(), "\n"); strings.Contains(messages, "replaces") {
		t.Errorf("after the update the preview says:\n%s", messages)
	}
}

// TestUpdateMatchesPreview makes the changes that a team makes in a year.
func TestUpdateMatchesPreview(t *testing.T) {
	t.Parallel()
	initial := stackText(t, "dev", "maxUsdPerHour: 2", "maxUsdPerHour: 100")
	s := newSimulated(t, accountFolder(t), "dev", initial)
	s.apply(initial)
	seen := 0
	group := "vllm-eks:nodeGroups:\n"
	extended := replaced(t, initial, group, group+"    - {name: more, instanceTypes: [g5.12xlarge], max: 1}\n")
	model := replaced(t, extended, "vllm-eks:models:\n", "vllm-eks:models:\n    - {name: second, model: Qwen/Qwen3-8B, maxModelLen: 8192, nodeGroup: more}\n")
	for _, step := range []struct{ name, configuration string }{
		{"a group more", extended}, {"a model more", model}, {"the model goes", extended}, {"the group goes", initial},
		{"the next minor", replaced(t, initial, `"1.35"`, `"1.36"`)},
	} {
		t.Run(step.name, func(t *testing.T) {
			s.t = t
			if len(changes(s.apply(step.configuration))) == 0 {
				t.Error("nothing changes")
			}
			for _, e := range s.events(&seen) {
				if e.Kind == account.Terminated || step.name != "the next minor" && e.Kind == account.Replaced {
					t.Errorf("%v", e)
				}
			}
		})
	}
	t.Run("back to the minor before", func(t *testing.T) {
		s.t = t
		s.configure(initial)
		run, err := s.try(t.Context(), simulation.Options{}, "preview")
		if messages := strings.Join(run.Messages(), "\n"); err == nil || !strings.Contains(messages, `cluster.kubernetesVersion: is "1.35", and the cluster runs 1.36`) {
			t.Errorf("%v\n%s", err, messages)
		}
	})
}

// TestAddAndRemoveZone adds a zone to the network and removes it.
func TestAddAndRemoveZone(t *testing.T) {
	t.Parallel()
	two := stackText(t, "dev")
	three := replaced(t, two, "zones: [us-west-2a, us-west-2b]", "zones: [us-west-2a, us-west-2b, us-west-2c]")
	s := newSimulated(t, accountFolder(t), "dev", two)
	s.apply(two)
	clusters := func() string {
		for _, r := range s.account() {
			if r.Type == "aws:eks/cluster:Cluster" {
				return fmt.Sprint(r.ID, r.Outputs["endpoint"], r.Outputs["vpcConfig"])
			}
		}
		return ""
	}
	before := clusters()
	for _, step := range []struct{ name, configuration string }{{"a zone more", three}, {"the zone goes", two}} {
		t.Run(step.name, func(t *testing.T) {
			s.t = t
			s.apply(step.configuration)
			if got := clusters(); got != before {
				t.Errorf("the control plane was %s and is %s", before, got)
			}
		})
	}
}
