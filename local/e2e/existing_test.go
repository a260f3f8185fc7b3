//go:build engine

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/local/standin/aws/account"
)

// TestExistingInfrastructure deploys to infrastructure that the user has, and destroys the
// stack. The user's resources remain unchanged.
func TestExistingInfrastructure(t *testing.T) {
	t.Parallel()
	const model = "  vllm-eks:models: [{name: a, model: Qwen/Qwen3-8B, maxModelLen: 8192}]\n"
	t.Run("VPC and installed charts", func(t *testing.T) {
		folder := accountFolder(t)
		vpc, private, public := createVPC(t, filepath.Join(folder, "account"))
		s := newSimulated(t, folder, "existing", fmt.Sprintf(`config:
  aws:region: us-west-2
  vllm-eks:network: {vpcId: %s, privateSubnetIds: [%s], publicSubnetIds: [%s]}
  vllm-eks:cluster: {publicAccessCidrs: [203.0.113.0/24], access: [{principalArn: "arn:aws:iam::111122223333:role/deploy", policy: admin}]}
  vllm-eks:nodeGroups: [{name: g5, instanceTypes: [g5.2xlarge], max: 2}]
  vllm-eks:monitoring: {install: false}
  vllm-eks:keda: {install: false}
  vllm-eks:gpu: {install: false}
  vllm-eks:ingressController: {install: false}
  vllm-eks:autoscaler: {install: false}
`, vpc, strings.Join(private, ", "), strings.Join(public, ", "))+model)
		before, err := account.Records(s.Account())
		if err != nil {
			t.Fatal(err)
		}
		result := s.up()
		for _, step := range result.Steps() {
			if strings.HasPrefix(step.Type, "aws:ec2/vpc:") || strings.HasPrefix(step.Type, "aws:ec2/subnet:") || strings.Contains(step.Type, "helm.sh") {
				t.Errorf("created besides the user's: %s", step.URN)
			}
		}
		if !strings.Contains(strings.Join(changes(result), "\n"), "create Deployment a") {
			t.Errorf("the model is not created: %v", changes(result))
		}
		expectChanges(t, s.must("preview"))
		s.must("destroy", "--yes", "--skip-preview")
		deleteLateLogs(t, folder, 1)
		after, err := account.Records(s.Account())
		if err != nil || len(after) != len(before) {
			t.Errorf("the user had %d resources, and has %d: %v", len(before), len(after), err)
		}
	})
	t.Run("cluster", func(t *testing.T) {
		folder := accountFolder(t)
		kubeconfig := filepath.Join(folder, "theirs")
		if err := os.WriteFile(kubeconfig, []byte(`{apiVersion: v1, kind: Config, current-context: mine,
clusters: [{name: mine, cluster: {server: "https://theirs.simulated.invalid"}}],
contexts: [{name: mine, context: {cluster: mine, user: me}}], users: [{name: me, user: {token: simulated}}]}`), 0o600); err != nil {
			t.Fatal(err)
		}
		s := newSimulated(t, folder, "existing", fmt.Sprintf(`config:
  vllm-eks:cluster: {existing: {kubeconfig: %s, context: mine}}
  vllm-eks:nodeGroups: [{name: g5, instanceTypes: [g5.2xlarge], max: 2}]
`, kubeconfig)+model)
		result := s.up()
		for _, step := range result.Steps() {
			if strings.HasPrefix(step.Type, "aws:") || strings.HasPrefix(step.Type, "eks:") || strings.Contains(step.Type, "helm.sh") {
				t.Errorf("created on the user's cluster: %s", step.URN)
			}
		}
		expectChanges(t, s.must("preview"))
		s.must("destroy", "--yes", "--skip-preview")
		expectEmpty(t, folder)
	})
}

// createVPC creates a VPC in the account, outside of the stack.
func createVPC(t *testing.T, folder string) (vpc string, private, public []string) {
	t.Helper()
	existing := account.Open(folder, "us-west-2", nil)
	add := func(typ string, inputs map[string]any) string {
		result, err := existing.Create(typ, "theirs", inputs)
		if err != nil {
			t.Fatal(err)
		}
		return result.ID
	}
	vpc = add("aws:ec2/vpc:Vpc", map[string]any{"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": true, "enableDnsSupport": true})
	for i, zone := range []string{"us-west-2a", "us-west-2b"} {
		subnet := func(third int, tag string) string {
			return add("aws:ec2/subnet:Subnet", map[string]any{
				"vpcId": vpc, "cidrBlock": fmt.Sprintf("10.0.%d.0/24", third), "availabilityZone": zone, "tags": map[string]any{tag: "1"},
			})
		}
		private = append(private, subnet(i, "kubernetes.io/role/internal-elb"))
		public = append(public, subnet(10+i, "kubernetes.io/role/elb"))
	}
	return vpc, private, public
}
