package nodes

import (
	"reflect"
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems/problemstest"
	"github.com/vllm-eks/vllm-eks/internal/versions"
)

var threeZones = []string{"us-west-2c", "us-west-2a", "us-west-2b"}

// sizes returns the bounds, the desired number and whether that is kept, by zone in
// order.
func sizes(p Planned) [][4]int {
	var bounds [][4]int
	for _, z := range p.Zones {
		keep := 0 // 1: the desired number, 2: all
		switch z.Ignore {
		case ignoreDesired:
			keep = 1
		case ignoreSizes:
			keep = 2
		}
		bounds = append(bounds, [4]int{z.Group.Sizes.Min, z.Group.Sizes.Max, z.Group.Sizes.Desired, keep})
	}
	return bounds
}

// TestAStaleSizeIsNeverSent changes the bounds of a group whose nodes the
// autoscaler started: what EKS is sent is what runs, within the bounds.
func TestAStaleSizeIsNeverSent(t *testing.T) {
	live := func(min, max, desired int) Live {
		return Live{Min: min, Max: max, Desired: desired, Version: "1.35", Capacity: "ON_DEMAND", InstanceTypes: []string{"g5.2xlarge"}}
	}
	tests := []struct {
		name     string
		min, max int
		zones    []string
		live     map[string]Live
		want     [][4]int // min, max, desired, kept
	}{
		{"a new group", 4, 5, threeZones, nil, [][4]int{{2, 5, 2, 1}, {1, 5, 1, 1}, {1, 5, 1, 1}}},
		{"nothing changes", 0, 5, threeZones[:1], map[string]Live{"us-west-2c": live(0, 5, 3)}, [][4]int{{0, 5, 0, 2}}},
		{"max is raised", 0, 8, threeZones[:1], map[string]Live{"us-west-2c": live(0, 5, 3)}, [][4]int{{0, 8, 3, 0}}},
		{"max is lowered, not below what runs", 0, 4, threeZones[:1], map[string]Live{"us-west-2c": live(0, 5, 3)}, [][4]int{{0, 4, 3, 0}}},
		{"max is lowered below what runs", 0, 2, threeZones[:1], map[string]Live{"us-west-2c": live(0, 5, 3)}, [][4]int{{0, 3, 3, 0}}},
		{"the bound that was left is kept", 0, 2, threeZones[:1], map[string]Live{"us-west-2c": live(0, 3, 3)}, [][4]int{{0, 3, 0, 2}}},
		{"and lowered when nodes went", 0, 2, threeZones[:1], map[string]Live{"us-west-2c": live(0, 3, 1)}, [][4]int{{0, 2, 1, 0}}},
		{"min is raised above what runs", 1, 1, threeZones[:1], map[string]Live{"us-west-2c": live(0, 1, 0)}, [][4]int{{1, 1, 1, 0}}},
		{"min is raised, in zones that run different numbers", 4, 5, threeZones,
			map[string]Live{"us-west-2a": live(0, 5, 3), "us-west-2b": live(0, 5, 0), "us-west-2c": live(0, 5, 0)}, [][4]int{{2, 5, 3, 0}, {1, 5, 1, 0}, {1, 5, 1, 0}}},
		{"a zone more", 0, 5, threeZones[:2], map[string]Live{"us-west-2a": live(0, 5, 2)}, [][4]int{{0, 5, 0, 2}, {0, 5, 0, 1}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g := defaulted(Group{Name: "g5", InstanceTypes: []string{"g5.2xlarge"}, Min: test.min, Max: test.max, Placement: Placement{Zones: test.zones}, Live: test.live})
			spec := Spec{KubernetesVersion: "1.35"}
			for zone, runs := range g.Live {
				runs.Template, runs.Release = spec.gpu(g, "x", nil).Digest, versions.AMIRelease("1.35")
				g.Live[zone] = runs
			}
			if got := sizes(spec.gpu(g, "x", nil)); !reflect.DeepEqual(got, test.want) {
				t.Errorf("min, max, desired and kept are %v, want %v", got, test.want)
			}
		})
	}
}

// TestBoundsChangeAfterTheNodesAreReplaced holds for one update that does both: AWS'
// provider sends the bounds when the nodes have been replaced, hours after the
// program read how many run.
func TestBoundsChangeAfterTheNodesAreReplaced(t *testing.T) {
	runs := Live{Max: 5, Desired: 3, Version: "1.34", Capacity: "ON_DEMAND", InstanceTypes: []string{"g5.2xlarge"}}
	g := defaulted(Group{Name: "g5", InstanceTypes: []string{"g5.2xlarge"}, Max: 8, Placement: Placement{Zones: threeZones[:1]}, Live: map[string]Live{"us-west-2c": runs}})
	s := Spec{KubernetesVersion: "1.35", Groups: []Group{g}}
	if z := s.gpu(g, "x", nil).Zones[0]; z.Ignore != ignoreSizes || !z.later {
		t.Errorf("the sizes are sent (%q is ignored), later: %t", z.Ignore, z.later)
	}
	if changes := s.Changes("x", nil); len(changes) != 1 || !changes[0].BoundsLater {
		t.Errorf("nothing says so: %+v", changes)
	}
}

// TestOtherSubnetsAreAnotherGroup holds that a subnet more in a zone of the user's
// VPC is announced, and that the new group starts with the nodes of the old one.
func TestOtherSubnetsAreAnotherGroup(t *testing.T) {
	runs := Live{Max: 5, Desired: 3, Version: "1.35", Capacity: "ON_DEMAND", InstanceTypes: []string{"g5.2xlarge"}, Moved: true}
	g := defaulted(Group{Name: "g5", InstanceTypes: []string{"g5.2xlarge"}, Max: 5, Placement: Placement{Zones: threeZones[:1]}, Live: map[string]Live{"us-west-2c": runs}})
	s := Spec{KubernetesVersion: "1.35", Groups: []Group{g}}
	if got := sizes(s.gpu(g, "x", nil)); !reflect.DeepEqual(got, [][4]int{{0, 5, 3, 0}}) {
		t.Errorf("min, max, desired and kept are %v", got)
	}
	if changes := s.Changes("x", nil); len(changes) != 1 || changes[0].Effect != Recreates {
		t.Errorf("the changes are %+v", changes)
	}
}

// TestAnotherTemplateBringsTheNewestAMI holds that the preview says so, and that a
// named release which EKS would pass over is found.
func TestAnotherTemplateBringsTheNewestAMI(t *testing.T) {
	const old, newest = "1.35.3-20260409", "1.35.6-20260714"
	g := defaulted(Group{Name: "g5", InstanceTypes: []string{"g5.2xlarge"}, Max: 1, Placement: Placement{Zones: threeZones[:1]},
		Live: map[string]Live{"us-west-2c": {Max: 1, Desired: 1, Version: "1.35", Release: old, Template: "other"}}})
	s := Spec{KubernetesVersion: "1.35", Newest: Releases{GPU: newest}}
	if z := s.gpu(g, "x", nil).Zones[0]; z.Group.Release != newest || z.forced != "" {
		t.Errorf("the release is %s, forced %q", z.Group.Release, z.forced)
	}
	s.Release = old
	if z := s.gpu(g, "x", nil).Zones[0]; z.Group.Release != old || z.forced != newest {
		t.Errorf("with a named release it is %s, forced %q", z.Group.Release, z.forced)
	}
	s.Release, s.Newest.GPU = "", "1.35.1-20260101"
	if z := s.gpu(g, "x", nil).Zones[0]; z.Group.Release != old {
		t.Errorf("a newest release that is older than what runs gives %s", z.Group.Release)
	}
}

// TestAnotherGroupStartsWithAsManyNodes holds for a change that EKS cannot make
// in place.
func TestAnotherGroupStartsWithAsManyNodes(t *testing.T) {
	g := defaulted(Group{Name: "g5", InstanceTypes: []string{"g5.4xlarge"}, Max: 5, Placement: Placement{Zones: threeZones[:1]}, Live: map[string]Live{
		"us-west-2c": {Max: 5, Desired: 3, Version: "1.35", Capacity: "ON_DEMAND", InstanceTypes: []string{"g5.2xlarge"}},
	}})
	if got := sizes(Spec{KubernetesVersion: "1.35"}.gpu(g, "x", nil)); !reflect.DeepEqual(got, [][4]int{{0, 5, 3, 0}}) {
		t.Errorf("min, max, desired and kept are %v", got)
	}
}

// TestSystemNodesAreInEveryZone spreads both bounds: a volume is in one zone, and
// its pod has to find a node there.
func TestSystemNodesAreInEveryZone(t *testing.T) {
	s := Spec{System: System{Zones: threeZones}, KubernetesVersion: "1.35"}.WithDefaults()
	if got := sizes(s.system("x", nil)); !reflect.DeepEqual(got, [][4]int{{1, 2, 1, 1}, {1, 2, 1, 1}, {1, 2, 1, 1}}) {
		t.Errorf("min, max, desired and kept are %v", got)
	}
	s.System.Min, s.System.Max = 1, 2
	if got := problemstest.KindsOf(s.Validate(field.NewPath("systemNodes"), field.NewPath("nodeGroups"))); !slices.Equal(got, []string{"systemNodes.max: invalid"}) {
		t.Errorf("of two nodes at most, over three zones, the problems are %q", got)
	}
}

// TestNewAMIsReplaceNoRunningNode holds the release of a node group that exists,
// unless the stack names another.
func TestNewAMIsReplaceNoRunningNode(t *testing.T) {
	const old, newest, named = "1.35.3-20260409", "1.35.6-20260714", "1.35.5-20260610"
	run := func(desired int, version string) map[string]Live {
		template := defaulted(Group{Name: "g5", InstanceTypes: []string{"g5.2xlarge"}}).template("x-g5", nil).Digest()
		return map[string]Live{"us-west-2c": {Max: 1, Desired: desired, Version: version, Release: old, Template: template}}
	}
	tests := []struct {
		name, release string
		live          map[string]Live
		want          string
	}{
		{"a new group", "", nil, newest},
		{"nodes run", "", run(1, "1.35"), old},
		{"no node runs", "", run(0, "1.35"), old},
		{"another Kubernetes", "", run(1, "1.34"), newest},
		{"the newest is wanted", Latest, run(1, "1.35"), newest},
		{"one is wanted", named, run(1, "1.35"), named},
	}
	for _, test := range tests {
		g := defaulted(Group{Name: "g5", InstanceTypes: []string{"g5.2xlarge"}, Max: 1, Placement: Placement{Zones: threeZones[:1]}, Live: test.live})
		s := Spec{KubernetesVersion: "1.35", Release: test.release, Newest: Releases{System: "no", GPU: newest}}
		if got := s.gpu(g, "x", nil).Zones[0].Group.Release; got != test.want {
			t.Errorf("%s: the release is %v, want %s", test.name, got, test.want)
		}
	}
}

// TestChangesNameWhatReplacesNodes holds the changes that a preview shows.
func TestChangesNameWhatReplacesNodes(t *testing.T) {
	base := Group{Name: "g5", InstanceTypes: []string{"g5.2xlarge"}, Max: 5, Placement: Placement{Zones: threeZones[:2]}}
	s := Spec{System: System{Zones: threeZones[:1], Min: 1, Max: 1}, KubernetesVersion: "1.35", Newest: Releases{System: "1.35.6-20260714", GPU: "1.35.6-20260714"}}
	s.Groups = []Group{base}
	s = s.WithDefaults()
	runs := func(change func(*Live), desired ...int) map[string]Live {
		groups := map[string]Live{}
		for i, z := range s.gpu(s.Groups[0], "x", nil).Zones {
			live := Live{Max: 5, Desired: desired[i], Version: "1.35", Release: "1.35.6-20260714", Template: s.gpu(s.Groups[0], "x", nil).Digest,
				AMIType: gpuImage, Capacity: "ON_DEMAND", InstanceTypes: []string{"g5.2xlarge"}}
			change(&live)
			groups[z.zone] = live
		}
		return groups
	}
	tests := []struct {
		name    string
		live    func(*Live)
		desired []int
		strays  []Stray
		want    []Change
	}{
		{"nothing", func(*Live) {}, []int{2, 1}, nil, nil},
		{"Kubernetes", func(l *Live) { l.Version = "1.34" }, []int{2, 1}, nil,
			[]Change{{Group: "g5", Zones: []string{"us-west-2a", "us-west-2c"}, Effect: Replaces, Nodes: 3, Extra: 2, Reasons: []string{"Kubernetes 1.34 → 1.35"}}}},
		{"the template", func(l *Live) { l.Template = "other" }, []int{0, 1}, nil,
			[]Change{{Group: "g5", Zones: []string{"us-west-2a", "us-west-2c"}, Effect: Replaces, Nodes: 1, Extra: 2, Reasons: []string{"tags, disk or reservation"}}}},
		{"another type", func(l *Live) { l.InstanceTypes = []string{"g5.xlarge"} }, []int{2, 1}, nil,
			[]Change{{Group: "g5", Zones: []string{"us-west-2a", "us-west-2c"}, Effect: Recreates, Nodes: 3, Extra: 3, Reasons: []string{"instance types, capacity, image or subnets"}}}},
		{"a group less", func(*Live) {}, []int{0, 0}, []Stray{{"g6", "us-west-2a", 2}},
			[]Change{{Group: "g6", Zones: []string{"us-west-2a"}, Effect: Removes, Nodes: 2}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			changed := s
			changed.Groups = []Group{s.Groups[0]}
			changed.Groups[0].Live, changed.Strays = runs(test.live, test.desired...), test.strays
			if got := changed.Changes("x", nil); !reflect.DeepEqual(got, test.want) {
				t.Errorf("changes are\n%+v, want\n%+v", got, test.want)
			}
		})
	}
	if changes := (func() []Change {
		changed := s
		changed.Groups = []Group{s.Groups[0]}
		changed.Groups[0].Live = runs(func(*Live) {}, 1, 1)
		return changed.Changes("x", map[string]string{"team": "ml"})
	})(); len(changes) != 1 || changes[0].Effect != Replaces {
		t.Errorf("another tag on what costs changes %+v, want every node replaced", changes)
	}
}

// TestNamesOfNodeGroups holds that a name distinguishes the groups of the program from
// each other and from those of others.
func TestNamesOfNodeGroups(t *testing.T) {
	const digits = "20261129012345678900000001"
	tests := []struct {
		name, group, zone string
		managed           bool
	}{
		{"g5-us-west-2a-" + digits, "g5", "us-west-2a", true},
		{"g5-us-west-2a-2026112901234567890000000a", "g5", "us-west-2a", true}, // the tenth name of one provider
		{"g5-spot-us-west-2a-" + digits, "g5-spot", "us-west-2a", true},
		{"p4d-us-gov-west-1b-" + digits, "p4d", "us-gov-west-1b", true},
		{"a-us-ap-southeast-2c-" + digits, "a-us", "ap-southeast-2c", true},
		{"g5-" + digits, "", "", false}, {"g5-us-west-2a", "", "", false}, {"mine", "", "", false},
	}
	for _, test := range tests {
		group, zone, managed := ParseName(test.name)
		if group != test.group || zone != test.zone || managed != test.managed {
			t.Errorf("%s is of %q in %q, %t; want %q, %q, %t", test.name, group, zone, managed, test.group, test.zone, test.managed)
		}
	}
	if !slices.IsSorted(sizesOfNames()) {
		t.Error("a longer group or zone has a shorter name")
	}
}

// sizesOfNames returns the lengths of the longest names of EKS.
func sizesOfNames() []int {
	const digits = 26
	longest := make([]byte, longestName-len("ap-northeast-1a"))
	return []int{len(ZonalName(string(longest), "ap-northeast-1a")) + 1 + digits, 63}
}
