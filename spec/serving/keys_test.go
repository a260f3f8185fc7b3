package serving

import (
	"reflect"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/keys"
	"github.com/vllm-eks/vllm-eks/internal/versions"
	"github.com/vllm-eks/vllm-eks/sizing"
)

// TestDeclarations holds that the declarations of the keys are free of mistakes, and
// that they state the defaults and bounds of the constants that the code uses.
func TestDeclarations(t *testing.T) {
	list, err := keys.List(reflect.TypeFor[Spec]())
	if err != nil {
		t.Fatal(err)
	}
	byPath := map[string]*keys.Key{}
	for _, k := range list {
		byPath[k.Path] = k
	}
	var m Monitoring
	m.PrometheusURL = "http://prometheus"
	if m = m.WithDefaults(); m.IntervalSeconds != ScrapeSeconds {
		t.Errorf("the default of intervalSeconds is %d, want %d", m.IntervalSeconds, ScrapeSeconds)
	}
	if sizing.TargetKVUsage != 0.6 || sizing.TargetWaiting != 2 || versions.VLLM != "v0.33.0" {
		t.Error("the comments of scaling.targetKVUsage, scaling.targetWaiting and vllmVersion state other defaults")
	}
	if k := byPath["lifecycle.shutdownSeconds"]; *k.Range.Max != longestSeconds {
		t.Errorf("lifecycle.shutdownSeconds is at most %g, and its default %d", *k.Range.Max, longestSeconds)
	}
}

// TestGroupsOfAProgram holds that a program describes the node groups alone, and that
// what follows from them is computed.
func TestGroupsOfAProgram(t *testing.T) {
	s := Spec{Name: "a", Model: Model{ID: "org/m"}, NodeGroups: []NodeGroup{
		{Name: "spot", InstanceTypes: []string{"g6e.2xlarge"}, Capacity: "spot", Max: 2}, {Name: "g6e", InstanceTypes: []string{"g6e.xlarge"}, Max: 3},
	}}
	d := s.WithDefaults()
	if d.NodeGroup.Name != "spot" || d.NodeGroup.Max != 5 || !d.NodeGroup.Spot || !d.NodeGroups[0].Undiscounted || d.NodeGroups[1].Spot || d.NodeGroups[1].Capacity != "on-demand" {
		t.Errorf("the groups are %+v of %+v", d.NodeGroup, d.NodeGroups)
	}
	if s.NodeGroups[0].Spot {
		t.Error("the groups of the program have changed")
	}
}

// TestNamesOfAModel holds what clients send as the model.
func TestNamesOfAModel(t *testing.T) {
	for name, test := range map[string]struct {
		model Model
		want  string
	}{
		"id": {Model{ID: "org/m"}, "org/m"}, "service_in_S3": {Model{ID: "s3://bucket/m"}, "a"},
		"one_name": {Model{ID: "org/m", ServedNames: []string{"chat"}}, "chat"}, "several_names": {Model{ID: "org/m", ServedNames: []string{"chat", "chat-v1"}}, "chat chat-v1"},
	} {
		t.Run(name, func(t *testing.T) {
			m := Spec{Name: "a", Model: test.model}.WithDefaults().Model
			if got := strings.Join(m.ServedNames, " "); got != test.want || m.ServedName() != m.ServedNames[0] {
				t.Errorf("clients send %q, want %q", got, test.want)
			}
		})
	}
}
