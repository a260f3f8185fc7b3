package stack

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/config"
	"github.com/vllm-eks/vllm-eks/internal/stacktest"
	"github.com/vllm-eks/vllm-eks/spec/account"
)

// inCluster returns an account in which the cluster of a stack runs.
func inCluster(name string, c stacktest.Cluster) *stacktest.Account {
	simulated := stacktest.SimulatedAccount()
	simulated.Clusters = map[string]stacktest.Cluster{name: c}
	return simulated
}

// TestUpdatesThatAWSNeverMakesAreRefusedInPreview checks that the error has the key, the
// running value and the solution, and that nothing is registered.
func TestUpdatesThatAWSNeverMakesAreRefusedInPreview(t *testing.T) {
	tags := map[string]string{account.ProjectTag: stacktest.Project, account.StackTag: "test"}
	live := stacktest.Cluster{Version: "1.34", ServiceCIDR: "172.20.0.0/16", VPCCIDR: "10.0.0.0/16", Tags: tags}
	name := stacktest.Project + "-test"
	for _, test := range []struct {
		name      string
		simulated *stacktest.Account
		deployed  string // the cluster's name, "" if not known
		change    []string
		want      []string // nothing: accepted
	}{
		{name: "next minor version", simulated: inCluster(name, live), change: []string{"cluster: {", `cluster: {kubernetesVersion: "1.35", `}},
		{name: "older version", simulated: inCluster(name, live), change: []string{"cluster: {", `cluster: {kubernetesVersion: "1.33", `},
			want: []string{`cluster.kubernetesVersion: is "1.33", and the cluster runs 1.34; EKS has no downgrade; want "1.34"`}},
		{name: "two minor versions at once", simulated: inCluster(name, changedCluster(live, func(c *stacktest.Cluster) { c.Version = "1.33" })), change: []string{"cluster: {", `cluster: {kubernetesVersion: "1.35", `},
			want: []string{`cluster.kubernetesVersion: is "1.35", and the cluster runs 1.33; EKS upgrades one minor version at a time; want "1.34" first`}},
		{name: "another serviceCidr", simulated: inCluster(name, live), change: []string{"cluster: {", `cluster: {kubernetesVersion: "1.34", protect: true, serviceCidr: 172.21.0.0/16, `},
			want: []string{`cluster.serviceCidr: is "172.21.0.0/16", and the cluster has "172.20.0.0/16"; AWS cannot change it, so the update would replace the cluster and everything in it, which cluster.protect refuses`}},
		{name: "another network.cidr", simulated: inCluster(name, live), change: []string{"10.0.0.0/16", "10.1.0.0/16"},
			want: []string{`network.cidr: is "10.1.0.0/16", and the cluster has "10.0.0.0/16"; AWS cannot change it`}},
		{name: "cluster of a stack of the same name elsewhere", simulated: inCluster("old", live), change: []string{"cluster: {", `cluster: {kubernetesVersion: "1.34", name: new, `}},
		{name: "another cluster.name", simulated: inCluster("old", live), deployed: "old", change: []string{"cluster: {", `cluster: {kubernetesVersion: "1.34", name: new, `},
			want: []string{`cluster.name: is "new", and the cluster has "old"; AWS cannot change it`}},
		{name: "cluster of another stack", simulated: inCluster("old", changedCluster(live, func(c *stacktest.Cluster) { c.Tags = nil })), change: nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := mustParse(t, edited(t, test.change...))
			source := config.Source{Now: today, Deployed: config.Deployed{EKS: test.deployed}}
			recording, err := stacktest.RecordIn(test.simulated, "test", func(ctx *pulumi.Context) error { return deploy(ctx, &source) }, c.Option, source.Capture)
			if len(test.want) == 0 {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			if err == nil || len(recording.Resources()) > 0 {
				t.Fatalf("accepted: %v, %d resources", err, len(recording.Resources()))
			}
			got := messages(err)
			for i, want := range test.want {
				if len(got) != len(test.want) || !strings.HasPrefix(strings.TrimSpace(got[i]), want) {
					t.Errorf("refused with %q, want %q", got, test.want)
				}
			}
		})
	}
}

func changedCluster(c stacktest.Cluster, edit func(*stacktest.Cluster)) stacktest.Cluster {
	edit(&c)
	return c
}
