package podidentity

import (
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/internal/stacktest"
)

// TestTrustPolicy checks the trust policy.
func TestTrustPolicy(t *testing.T) {
	got, err := trustPolicy("c", "n", "s")
	const want = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"],` +
		`"Condition":{"StringEquals":{"aws:RequestTag/eks-cluster-name":"c","aws:RequestTag/kubernetes-namespace":"n","aws:RequestTag/kubernetes-service-account":"s"}}}]}`
	if err != nil || got != want {
		t.Errorf("the trust is %s, %v; want %s", got, err, want)
	}
}

// TestRoleReady checks roles with and without an association.
func TestRoleReady(t *testing.T) {
	args := Args{ClusterName: pulumi.String("c"), Namespace: "n", ServiceAccount: "s",
		ManagedPolicyARNs: []string{"arn:aws:iam::aws:policy/service-role/One"}, Policy: pulumi.String("{}").ToStringPtrOutput()}
	for name, test := range map[string]struct {
		add  func(*pulumi.Context, string, Args, ...pulumi.ResourceOption) (*Role, error)
		want []string
	}{
		"pod":    {NewRole, []string{"aws:eks/podIdentityAssociation:PodIdentityAssociation r", "aws:iam/role:Role r", "aws:iam/rolePolicy:RolePolicy r", "aws:iam/rolePolicyAttachment:RolePolicyAttachment r-One"}},
		"add-on": {NewAddonRole, []string{"aws:iam/role:Role r", "aws:iam/rolePolicy:RolePolicy r", "aws:iam/rolePolicyAttachment:RolePolicyAttachment r-One"}},
	} {
		var role *Role
		recording, err := stacktest.Record("test", func(ctx *pulumi.Context) error {
			var err error
			role, err = test.add(ctx, "r", args)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range recording.Resources() {
			got = append(got, r.Type+" "+r.Name)
			if r.Type == "aws:eks/podIdentityAssociation:PodIdentityAssociation" && !slices.Contains(r.DependsOn, "aws:iam/rolePolicyAttachment:RolePolicyAttachment::r-One") {
				t.Errorf("the association depends on %q", r.DependsOn)
			}
		}
		if !slices.Equal(got, test.want) || len(role.Ready()) != len(test.want) || (role.Association != nil) != (name == "pod") {
			t.Errorf("%s: registered %q, %d of them to wait for", name, got, len(role.Ready()))
		}
	}
}
