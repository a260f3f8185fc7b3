package nodes

import (
	"encoding/base64"
	"maps"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// defaulted returns a group with its defaults.
func defaulted(g Group) Group { return Spec{Groups: []Group{g}}.WithDefaults().Groups[0] }

// describedTypes describes g9.2xlarge, which the catalogue lacks.
func describedTypes(nvmeGB int) catalogue.Types {
	return catalogue.Types{"g9.2xlarge": {GPU: catalogue.GPU{Name: "X1", UsableGiB: 40}, GPUs: 1, VCPU: 8, MemoryGiB: 32, NVMeGB: nvmeGB}}
}

func TestDisks(t *testing.T) {
	tests := []struct {
		name                string
		group               Group
		wantDisk, ephemeral int
		local               bool
	}{
		{"local disks", Group{InstanceTypes: []string{"g5.2xlarge"}}, 50, 372, true},
		{"the smaller of two", Group{InstanceTypes: []string{"g5.2xlarge", "g5.xlarge"}}, 50, 206, true},
		{"none", Group{InstanceTypes: []string{"p3.2xlarge"}}, 200, 177, false},
		{"those of an own type", Group{InstanceTypes: []string{"g9.2xlarge"}, Own: describedTypes(450)}, 50, 372, true},
		{"none of an own type", Group{InstanceTypes: []string{"g9.2xlarge"}, Own: describedTypes(0)}, 200, 177, false},
		{"none in one of two", Group{InstanceTypes: []string{"p3.2xlarge", "g5.xlarge"}, Placement: Placement{DiskGiB: 300}}, 300, 266, false},
	}
	for _, test := range tests {
		g := defaulted(test.group)
		if g.DiskGiB != test.wantDisk || g.ephemeralGiB() != test.ephemeral {
			t.Errorf("%s: a disk of %d, of which pods have %d; want %d and %d", test.name, g.DiskGiB, g.ephemeralGiB(), test.wantDisk, test.ephemeral)
		}
		if local := g.template("x", nil).UserData != ""; local != test.local {
			t.Errorf("%s: local disks are used: %t", test.name, local)
		}
	}
}

// TestLocalDisksAreSetUp decodes what a node reads when it starts.
func TestLocalDisksAreSetUp(t *testing.T) {
	text, err := base64.StdEncoding.DecodeString(defaulted(Group{InstanceTypes: []string{"g5.xlarge"}}).template("x", nil).UserData)
	if err != nil || !strings.Contains(string(text), "Content-Type: application/node.eks.aws\n\napiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\n") ||
		!strings.Contains(string(text), "strategy: RAID0") || !strings.HasSuffix(strings.TrimSpace(string(text)), "--NODE--") {
		t.Errorf("the user data is %s, %v", text, err)
	}
}

// TestNoNodeIsNeededToKnowItsLabelsAndDisk holds what cluster-autoscaler reads
// of a node group from EKS before the group has a node.
func TestNoNodeIsNeededToKnowItsLabelsAndDisk(t *testing.T) {
	g := defaulted(Group{Name: "a", InstanceTypes: []string{"g5.2xlarge"}, Placement: Placement{Zones: []string{"us-west-2a"}}, Max: 1, Labels: map[string]string{"team": "x"}})
	group := Spec{KubernetesVersion: "1.35"}.gpu(g, "x", nil).Zones[0].Group
	want := map[string]string{
		"team": "x", "vllm-eks/node-group": "a", "nvidia.com/gpu.present": "true", "k8s.amazonaws.com/accelerator": "nvidia-a10g",
	}
	if group.Labels[TemplateLabel] == "" {
		t.Error("no label has the digest of the launch template")
	}
	delete(group.Labels, TemplateLabel)
	if !maps.Equal(group.Labels, want) {
		t.Errorf("the labels are %v, want %v", group.Labels, want)
	}
	if disk := group.Tags["k8s.io/cluster-autoscaler/node-template/resources/ephemeral-storage"]; disk != "372Gi" {
		t.Errorf("the disk is %v, want 372Gi", disk)
	}
	if len(g.Labels) != 1 {
		t.Errorf("the spec's labels became %v", g.Labels)
	}
}

func TestNodesOfAnOwnTypeSayWhichGPUTheyHave(t *testing.T) {
	g := defaulted(Group{Name: "a", InstanceTypes: []string{"g9.2xlarge"}, Own: describedTypes(0)})
	if got := g.labels()[acceleratorLabel]; got != "nvidia-x1" {
		t.Errorf("the accelerator is %q, want nvidia-x1", got)
	}
}

// TestCapacities holds how each kind is bought.
func TestCapacities(t *testing.T) {
	const block = "cr-0123456789abcdef0"
	tests := []struct {
		name           string
		group          Group
		capacity, res  string
		typeInTemplate bool
	}{
		{"on demand", Group{}, "ON_DEMAND", "", false},
		{"spot", Group{Capacity: Spot}, "SPOT", "", false},
		{"reserved", Group{Placement: Placement{ReservationID: block}}, "ON_DEMAND", block, false},
		{"a block", Group{Capacity: CapacityBlock, Placement: Placement{ReservationID: block}}, "CAPACITY_BLOCK", block, true},
	}
	for _, test := range tests {
		test.group.InstanceTypes = []string{"p5.48xlarge"}
		g := defaulted(test.group)
		group, template := g.nodeGroup(), g.template("x", nil)
		if group.Capacity != test.capacity || (len(group.InstanceTypes) == 0) != test.typeInTemplate || (template.BlockType != "") != test.typeInTemplate {
			t.Errorf("%s: the group is %v of %v, and the template of %v", test.name, group.Capacity, group.InstanceTypes, template.BlockType)
		}
		if template.ReservationID != test.res {
			t.Errorf("%s: reservation %q, want %q", test.name, template.ReservationID, test.res)
		}
	}
}

func TestDefaultsOfTheSystem(t *testing.T) {
	s := Spec{System: System{Zones: []string{"a", "b", "c"}}}.WithDefaults()
	if s.System.Min != 3 || s.System.Max != 6 || s.System.DiskGiB != 50 || s.System.InstanceTypes[0] != "m6i.large" {
		t.Errorf("the system is %+v", s.System)
	}
	if err := problems.Err(s.Validate(field.NewPath("systemNodes"), field.NewPath("nodeGroups"))); err != nil {
		t.Error(err)
	}
}

// TestDefaultsLeaveTheSpecAlone holds that a spec can be used again.
func TestDefaultsLeaveTheSpecAlone(t *testing.T) {
	s := Spec{Groups: []Group{{Name: "a", InstanceTypes: []string{"g5.xlarge"}}}}
	s.WithDefaults()
	if s.Groups[0].Capacity != "" || s.Groups[0].DiskGiB != 0 {
		t.Errorf("the group became %+v", s.Groups[0])
	}
}
