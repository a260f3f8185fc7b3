package explain

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/vllm-eks/vllm-eks/internal/plans"
)

// TestNodeGroups holds what the comment says about groups in several zones, and about the
// replicas on their nodes.
func TestNodeGroups(t *testing.T) {
	const nodes = "urn:pulumi:dev::vllm-eks::vllm-eks:nodes:Nodes::nodes"
	group := func(op apitype.OpType, name string, before, after [2]int) Step {
		sizes := func(b [2]int) map[string]any {
			return tree(t, `{"scalingConfig": {"minSize": %d, "maxSize": %d}}`, b[0], b[1])
		}
		s := object(op, groupType, "nodes-"+name, nodes, sizes(before), sizes(after))
		s.OldOutputs = tree(t, `{"scalingConfig": {"desiredSize": 1}}`)
		return s
	}
	one := [2]int{0, 1}
	existing := []Step{box(apitype.OpSame, chat), object(apitype.OpSame, deploymentType, "chat", chat, deployment(t, "chat", "2", 1), deployment(t, "chat", "2", 1))}
	const ended = "outage chat: moves the replicas that run on nodes of g5: EKS ends a node after 5 min, before a new replica has loaded: OUTAGE of about 7 min, or 17 min with a new node if all run there. Safer: add a node group with another name, let the model move to it, and then remove this one"
	tests := []struct {
		name     string
		warnings []string
		steps    []Step
		change   func(*Preview)
		want     []string
	}{
		{"a name like a zone", nil, []Step{group(apitype.OpCreate, "g5-on-demand-us-west-2a", one, one), group(apitype.OpCreate, "g5-on-demand-us-west-2-lax-1a", one, one)}, nil,
			[]string{"creation g5-on-demand: gets node groups with 0 to 1 nodes in each of us-west-2a and us-west-2-lax-1a"}},
		{"other bounds in each zone", nil, []Step{group(apitype.OpUpdate, "g5-us-west-2a", [2]int{1, 8}, [2]int{2, 8}), group(apitype.OpUpdate, "g5-us-west-2b", [2]int{1, 8}, [2]int{2, 8}), group(apitype.OpUpdate, "g5-us-west-2c", [2]int{0, 8}, [2]int{1, 8})}, nil,
			[]string{"change g5: has 2 to 8 nodes instead of 1 to 8 nodes in each of us-west-2a and us-west-2b, and 1 to 8 nodes instead of 0 to 8 nodes in us-west-2c; running nodes within these bounds stay"}},
		{"the nodes of each zone go", []string{"g5: removes its 2 nodes in us-west-2a", "g5: removes its 0 nodes in us-west-2b"},
			[]Step{group(apitype.OpDelete, "g5-us-west-2a", one, one), group(apitype.OpDelete, "g5-us-west-2b", one, one)}, nil,
			[]string{"deletion g5: removes its 2 nodes in us-west-2a; removes its 0 nodes in us-west-2b", ended}},
		{"new groups", nil, []Step{group(apitype.OpReplace, "g5-us-west-2a", one, one)}, nil,
			[]string{ended, "replacement g5: replaces its node groups in us-west-2a, with 1 node at the last update"}},
		{"new groups, and a model that loads soon", nil, []Step{group(apitype.OpReplace, "g5-us-west-2a", one, one)},
			func(p *Preview) {
				m := p.After.Models["chat"]
				m.LoadSeconds = 100
				p.After.Models["chat"] = m
			},
			[]string{
				"replacement g5: replaces its node groups in us-west-2a, with 1 node at the last update",
				"restart chat: moves the replicas that run on nodes of g5, one after the other: no outage; each takes about 100 s, or 12 min with a new node",
			}},
		{"after a release without records", nil, []Step{group(apitype.OpReplace, "g5-us-west-2a", one, one)},
			func(p *Preview) { p.Before = plans.Record{} },
			[]string{ended, "replacement g5: replaces its node groups in us-west-2a, with 1 node at the last update"}},
		{"a destroyed stack", nil, []Step{group(apitype.OpDelete, "g5-us-west-2a", one, one)},
			func(p *Preview) {
				p.After = nil
				for i := range p.Steps {
					if p.Steps[i].URN == chat || p.Steps[i].Type == deploymentType {
						p.Steps[i].Op = apitype.OpDelete
					}
				}
			},
			[]string{
				"deletion chat: would be DELETED: its replicas stop, and its clients get errors. Safer: `replicas: {min: 0}` frees its GPUs without load, and keeps its address",
				"deletion g5: removes its node groups in us-west-2a, with 1 node at the last update",
			}},
		{"a preview without new records", nil, []Step{group(apitype.OpReplace, "g5-us-west-2a", one, one)},
			func(p *Preview) { p.After = nil },
			[]string{ended, "replacement g5: replaces its node groups in us-west-2a, with 1 node at the last update"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := record(2, 2)
			p := preview(&m, &m, slices.Concat([]Step{box(apitype.OpSame, nodes)}, existing, test.steps)...)
			for _, warning := range test.warnings {
				p.Messages = append(p.Messages, Message{"warning", "warning: " + warning})
			}
			if test.change != nil {
				test.change(&p)
			}
			r := Explain(p)
			if got := lines(r); !slices.Equal(got, test.want) || len(r.Warnings) > 0 {
				t.Errorf("got\n%s\nwant\n%s\nwarnings: %q", strings.Join(got, "\n"), strings.Join(test.want, "\n"), r.Warnings)
			}
			if test.name == "after a release without records" && len(r.Models) > 0 {
				t.Errorf("a running model is new: %+v", r.Models)
			}
		})
	}
}
