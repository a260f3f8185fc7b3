//go:build engine

package e2e

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/explain"
	"github.com/vllm-eks/vllm-eks/local/simulation"
	"github.com/vllm-eks/vllm-eks/local/standin/aws/account"
)

// explained returns the explanation of a preview.
func explained(t testing.TB, run simulation.Run) explain.Report {
	t.Helper()
	p, err := explain.FromEvents(run.Events)
	if err != nil {
		t.Fatal(err)
	}
	return explain.Explain(p)
}

// keeping lists the types of resources whose deletion loses something.
var keeping = []string{
	"aws:ec2/vpc:Vpc", "aws:ec2/subnet:Subnet", "aws:ec2/natGateway:NatGateway", "aws:ec2/vpcEndpoint:VpcEndpoint", "aws:cloudwatch/logGroup:LogGroup",
	"aws:eks/cluster:Cluster", nodeGroupType, "kubernetes:helm.sh/v3:Release", "kubernetes:core/v1:Namespace", "kubernetes:apps/v1:Deployment",
}

// expectHappened compares an explanation with what an update did in the simulated account: the
// nodes that EKS replaced in each group, and the resources that no longer exist.
func expectHappened(t testing.TB, r explain.Report, events []account.Event, gone []string) {
	t.Helper()
	happened, said := map[string]int{}, map[string]int{}
	for _, e := range events {
		if e.Kind == account.Replaced && e.Nodes > 0 {
			name := strings.TrimPrefix(e.URN[strings.LastIndex(e.URN, "::")+2:], "nodes-")
			happened[name[:strings.LastIndex(name, "-us-")]] += e.Nodes
		}
	}
	for _, c := range r.Consequences {
		if c.Kind == explain.Replacement && c.Nodes > 0 && !strings.Contains(c.Text, "replaces its node groups") {
			said[c.Subject] += c.Nodes
		}
	}
	if !maps.Equal(happened, said) {
		t.Errorf("EKS replaced the nodes %v, and the explanation says %v:\n%s", happened, said, strings.Join(told(r), "\n"))
	}
	lost := slices.ContainsFunc(gone, func(urn string) bool {
		return slices.ContainsFunc(keeping, func(kind string) bool { return strings.Contains(urn, kind+"::") })
	})
	if lost != r.Reaches(explain.Deletion) {
		t.Errorf("the update removed %q, and the explanation says:\n%s", gone, strings.Join(told(r), "\n"))
	}
}

// TestExplainedEditsOnAWS makes typical edits one after the other, and compares what the
// explanation of each preview says with what the update does.
func TestExplainedEditsOnAWS(t *testing.T) {
	t.Parallel()
	text := stackText(t, "dev", "maxUsdPerHour: 2", "maxUsdPerHour: 100", "      max: 1\n", "      max: 3\n")
	s := newSimulated(t, accountFolder(t), "dev", text)
	s.apply(text)
	s.scale("nodes-g5-us-west-2a", 2)
	const moves = `outage mistral-7b: moves its replica if it runs on a node of g5: OUTAGE of about 7 min, or 17 min with a new node`
	for _, edit := range []struct {
		name string
		edit []string
		want []string
	}{
		{"nothing", nil, nil},
		{"a limit", []string{"maxUsdPerHour: 100", "maxUsdPerHour: 50"}, []string{`change rules: updates PrometheusRule`}},
		{"bounds of a group", []string{"      max: 3\n", "      max: 4\n"}, []string{`change g5: has 0 to 4 nodes instead of 0 to 3 nodes in each of us-west-2a and us-west-2b; running nodes within these bounds stay`}},
		{"days of logs", []string{"flowLogDays: 7", "flowLogDays: 14"}, []string{`change network: updates LogGroup`}},
		{"NAT gateways", []string{"natGateways: one", "natGateways: perZone"}, []string{`change network: .*creates .*NatGateway.*`, `change rules: .*`}},
		{"a tag", []string{"team: ml-platform", "team: search"}, []string{
			moves, `replacement g5: replaces 2 nodes, one zone at a time \(tags, disk or reservation\); needs up to 2 more nodes, quota allows \d+`,
			`replacement system: replaces 2 nodes, one zone at a time \(tags, disk or reservation\); needs up to \d more nodes`, `change .*`,
		}},
		{"on-demand", []string{"capacity: spot", "capacity: on-demand"}, []string{
			moves, `replacement g5: replaces its node groups with 2 nodes in us-west-2a.*`,
		}},
		{"an instance type", []string{"[g5.xlarge, g5.2xlarge]", "[g5.2xlarge]"}, []string{
			moves, `replacement g5: replaces its node groups with 2 nodes in us-west-2a, us-west-2b \(instance types, .*`,
		}},
		{"a version of vLLM", []string{"vllmVersion: v0.33.0", "vllmVersion: v0.33.1"}, []string{
			"restart mistral-7b: restarts 1 replica \\(`vllm/vllm-openai:v0.33.0 → vllm/vllm-openai:v0.33.1`\\): no outage, the new one starts first, .*, and the time to pull the image",
		}},
		{"a length", []string{"maxModelLen: 8192", "maxModelLen: 4096"}, []string{"restart mistral-7b: restarts 1 replica \\(`--max-model-len 8192 → 4096`\\): no outage, the new one starts first, about 7 min, and 10 min more if a node must start"}},
	} {
		t.Run(edit.name, func(t *testing.T) {
			s.t = t
			text = replaced(t, text, edit.edit...)
			s.apply(text)
			expectTold(t, s.report, edit.want...)
		})
	}
}
