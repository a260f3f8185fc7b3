//go:build engine

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/local/simulation"
	"github.com/vllm-eks/vllm-eks/local/standin/aws/account"
)

// TestBroughtByTheUser makes what is left when everything else is there already,
// and takes it away again: what is the user's stays as it was.
func TestBroughtByTheUser(t *testing.T) {
	const model = "  vllm-eks:models: [{name: a, model: Qwen/Qwen3-8B, maxModelLen: 8192}]\n"
	t.Run("the VPC and all that is installed", func(t *testing.T) {
		folder := accountFolder(t)
		vpc, private, public := theirVPC(t, filepath.Join(folder, "account"))
		s := newSimulated(t, folder, "brought", fmt.Sprintf(`config:
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
				t.Errorf("made beside the user's: %s", step.URN)
			}
		}
		if !strings.Contains(strings.Join(changes(result), "\n"), "create Deployment a") {
			t.Errorf("the model is not made: %v", changes(result))
		}
		expectChanges(t, s.must("preview"))
		s.must("destroy", "--yes", "--skip-preview")
		deleteLateLogs(t, folder, 1)
		after, err := account.Records(s.Account())
		if err != nil || len(after) != len(before) {
			t.Errorf("the user had %d resources, and has %d: %v", len(before), len(after), err)
		}
	})
	t.Run("the cluster", func(t *testing.T) {
		folder := accountFolder(t)
		kubeconfig := filepath.Join(folder, "theirs")
		if err := os.WriteFile(kubeconfig, []byte(`{apiVersion: v1, kind: Config, current-context: mine,
clusters: [{name: mine, cluster: {server: "https://theirs.simulated.invalid"}}],
contexts: [{name: mine, context: {cluster: mine, user: me}}], users: [{name: me, user: {token: simulated}}]}`), 0o600); err != nil {
			t.Fatal(err)
		}
		s := newSimulated(t, folder, "brought", fmt.Sprintf(`config:
  vllm-eks:cluster: {existing: {kubeconfig: %s, context: mine}}
  vllm-eks:nodeGroups: [{name: g5, instanceTypes: [g5.2xlarge], max: 2}]
`, kubeconfig)+model)
		result := s.up()
		for _, step := range result.Steps() {
			if strings.HasPrefix(step.Type, "aws:") || strings.HasPrefix(step.Type, "eks:") || strings.Contains(step.Type, "helm.sh") {
				t.Errorf("made on the user's cluster: %s", step.URN)
			}
		}
		expectChanges(t, s.must("preview"))
		s.must("destroy", "--yes", "--skip-preview")
		expectEmpty(t, folder)
	})
}

// theirVPC is one that somebody else made.
func theirVPC(t *testing.T, folder string) (vpc string, private, public []string) {
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

// previewBudget is what a preview of prod may take on two cores, when everything
// is built.
const previewBudget = 45 * time.Second

// TestEngineFloor compares the preview of prod with that of as many resources
// that are nothing.
func TestEngineFloor(t *testing.T) {
	folder := accountFolder(t)
	prod := newSimulated(t, filepath.Join(folder, "prod"), "prod", stackText(t, "prod"))
	preview := func(s *simulated, environment ...string) (simulation.Run, time.Duration) {
		began := time.Now()
		run, err := s.Do(t.Context(), simulation.Options{Environment: environment}, "preview")
		if err != nil {
			t.Fatalf("%v\n%s", err, run.Output)
		}
		return run, time.Since(began)
	}
	run, took := preview(prod)
	count := len(run.Steps()) - 1 // without the stack itself
	program := filepath.Join(folder, "floor")
	build := exec.CommandContext(t.Context(), filepath.Join(checkout(t).Root, "local/bootstrap"), "go", "-C", "local", "build", "-trimpath", "-o", program, "./e2e/floor")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	floor := newSimulated(t, filepath.Join(folder, "floors"), "floor", "config: {aws:region: us-west-2}\n")
	if err := floor.Write(program, "config: {aws:region: us-west-2}\n"); err != nil {
		t.Fatal(err)
	}
	empty, bare := preview(floor, fmt.Sprintf("FLOOR_RESOURCES=%d", count))
	if got := len(empty.Steps()) - 1; got < count {
		t.Fatalf("%d resources, want %d", got, count)
	}
	_, component := preview(floor, fmt.Sprintf("FLOOR_RESOURCES=%d", count), "FLOOR_EKS="+simulation.EKSVersion)
	round := func(d time.Duration) time.Duration { return d.Round(100 * time.Millisecond) }
	t.Logf("preview of prod, %d resources: %s; of as many empty ones: %s; of these and an empty cluster of pulumi-eks: %s",
		count, round(took), round(bare), round(component))
	if took > previewBudget {
		t.Errorf("the preview of prod took %s, want at most %s", took, previewBudget)
	}
}
