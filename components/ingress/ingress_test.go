package ingress

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/iampolicy/policytest"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/internal/problems/problemstest"
	"github.com/vllm-eks/vllm-eks/internal/release"
	"github.com/vllm-eks/vllm-eks/internal/stacktest"
	"github.com/vllm-eks/vllm-eks/internal/versions"
	ingressspec "github.com/vllm-eks/vllm-eks/spec/ingress"
)

func TestMain(m *testing.M) { stacktest.Main(m) }

func record(t *testing.T, spec ingressspec.Spec, check func(*pulumi.Context, *release.Component) error) *stacktest.Recording {
	t.Helper()
	recording, err := stacktest.Record("test", func(ctx *pulumi.Context) error {
		controller, err := New(ctx, "ingress-controller", Args{
			Spec: spec, ClusterName: pulumi.String("vllm-eks-test"), VPCID: pulumi.String("vpc-0a1b2c3d"), Region: "us-west-2",
			Tags: map[string]string{"team": "ml"},
		})
		if err != nil {
			return err
		}
		return check(ctx, controller)
	})
	if err != nil {
		t.Fatal(err)
	}
	return recording
}

type ingressObject struct{ pulumi.CustomResourceState }

// TestInstalled also records an Ingress that waits for the component: Pulumi deletes
// in the reverse order.
func TestInstalled(t *testing.T) {
	recording := record(t, ingressspec.Spec{Install: true, ServiceMonitor: true}, func(ctx *pulumi.Context, controller *release.Component) error {
		return ctx.RegisterResource("kubernetes:networking.k8s.io/v1:Ingress", "chat", pulumi.Map{}, &ingressObject{}, pulumi.DependsOn(controller.Ready()))
	})
	stacktest.Compare(t, "testdata/installed.json", recording)
	for _, r := range recording.Resources() {
		switch {
		case strings.HasSuffix(r.Type, ":Ingress") && !slices.Contains(r.DependsOn, "kubernetes:helm.sh/v3:Release::ingress-controller"):
			t.Errorf("the Ingress waits for %q: its load balancer would stay", r.DependsOn)
		case strings.HasSuffix(r.Type, ":Release"):
			for _, want := range []string{
				"aws:eks/podIdentityAssociation:PodIdentityAssociation::ingress-controller", "aws:iam/rolePolicy:RolePolicy::ingress-controller",
				"aws:iam/role:Role::ingress-controller", "kubernetes:core/v1:Namespace::aws-load-balancer-controller",
			} {
				if !slices.Contains(r.DependsOn, want) {
					t.Errorf("the controller waits for %q, want also %s: it could not remove the last load balancer", r.DependsOn, want)
				}
			}
		}
	}
}

func TestNotInstalled(t *testing.T) {
	recording := record(t, ingressspec.Spec{}, func(_ *pulumi.Context, controller *release.Component) error {
		if controller.Ready() != nil {
			t.Errorf("Ingresses wait for %v", controller.Ready())
		}
		return nil
	})
	if n := len(recording.Resources()); n != 0 {
		t.Errorf("%d resources are registered", n)
	}
}

func TestValidate(t *testing.T) {
	const path = "ingressController"
	tests := []struct {
		name string
		spec ingressspec.Spec
		want string
	}{
		{"default", ingressspec.Spec{}, ""},
		{"installed", ingressspec.Spec{Install: true}, ""},
		{"one", ingressspec.Spec{Install: true, Replicas: 1}, ""},
		{"too many", ingressspec.Spec{Install: true, Replicas: 9}, "ingressController.replicas: invalid"},
		{"values of ours", ingressspec.Spec{Install: true, Values: map[string]any{"defaultTags": map[string]any{"a": "b"}}}, "ingressController.values.defaultTags: forbidden"},
		{"values given", ingressspec.Spec{Install: true, Values: map[string]any{"vpcId": "vpc-1"}}, "ingressController.values.vpcId: forbidden"},
		{"values unused", ingressspec.Spec{Values: map[string]any{"a": 1}}, "ingressController.values: forbidden"},
		{"of no use", ingressspec.Spec{Replicas: 2}, "ingressController.replicas: forbidden"},
	}
	for _, test := range tests {
		err := problems.Err(test.spec.WithDefaults().Validate(field.NewPath(path)))
		if got := strings.Join(problemstest.Kinds(err), ", "); got != test.want {
			t.Errorf("%s: the error is %v, want %q", test.name, err, test.want)
		}
	}
}

func TestChartKnowsItsKeys(t *testing.T) {
	values := ingressspec.Values(ingressspec.Spec{Install: true, Labels: map[string]string{"release": "x"}}.WithDefaults(), "us-west-2", map[string]string{"team": "ml"})
	values["clusterName"], values["vpcId"] = "c", "v"
	stacktest.ChartKeys(t, "testdata/aws-load-balancer-controller.keys", versions.LoadBalancerController, values)
}

// TestUpgradeKeepsTheCertificate checks that an upgrade keeps the certificate.
// Otherwise the webhooks would trust another certificate than the running pods have.
func TestUpgradeKeepsTheCertificate(t *testing.T) {
	if got := ingressspec.Values(ingressspec.Spec{Install: true}, "us-west-2", nil)["keepTLSSecret"]; got != true {
		t.Errorf("keepTLSSecret is %v", got)
	}
}

// TestPolicy checks that the role can change only the load balancers of this cluster
// in this region.
func TestPolicy(t *testing.T) {
	text, err := policy("us-west-2", "vllm-eks-test", "vpc-0a1b2c3d")
	if err != nil {
		t.Fatal(err)
	}
	statements := policytest.Check(t, text)
	byTag := map[string]bool{}
	for _, s := range statements {
		for _, resource := range s.Resource {
			if resource != "*" && !strings.HasPrefix(resource, "arn:aws:iam::") && !strings.Contains(resource, ":us-west-2:") {
				t.Errorf("%s reaches %s, in every region", s.Sid, resource)
			}
			if strings.Contains(resource, ":vpc/") && !strings.HasSuffix(resource, ":vpc/vpc-0a1b2c3d") {
				t.Errorf("%s reaches %s, not one VPC", s.Sid, resource)
			}
		}
		for _, key := range []string{"aws:ResourceTag/elbv2.k8s.aws/cluster", "aws:RequestTag/elbv2.k8s.aws/cluster"} {
			values, found := s.Condition["StringEquals"][key]
			if !found {
				continue
			}
			if !slices.Equal(values, []string{"vllm-eks-test"}) {
				t.Errorf("%s is for %s of %q", s.Sid, key, values)
			}
			for _, action := range s.Action {
				byTag[action] = true
			}
		}
	}
	// The published policy allows these actions by the tag of any cluster.
	for _, action := range []string{
		"ec2:CreateSecurityGroup", "ec2:CreateTags", "ec2:DeleteTags", "ec2:DeleteSecurityGroup", "elasticloadbalancing:CreateLoadBalancer",
		"elasticloadbalancing:CreateTargetGroup", "elasticloadbalancing:DeleteLoadBalancer", "elasticloadbalancing:DeleteTargetGroup",
		"elasticloadbalancing:ModifyLoadBalancerAttributes", "elasticloadbalancing:ModifyTargetGroup", "elasticloadbalancing:SetSubnets",
		"elasticloadbalancing:SetSecurityGroups", "elasticloadbalancing:SetIpAddressType", "elasticloadbalancing:ModifyTargetGroupAttributes",
	} {
		if !byTag[action] {
			t.Errorf("%s is not allowed by the cluster's tag", action)
		}
	}
	if strings.Contains(text, "shield:") || strings.Contains(text, "waf-regional:") {
		t.Error("the policy has what the values turn off")
	}
}

// TestPolicyOfOtherPartitions checks the ARNs for China and GovCloud.
func TestPolicyOfOtherPartitions(t *testing.T) {
	for region, prefix := range map[string]string{"cn-north-1": "arn:aws-cn:", "us-gov-west-1": "arn:aws-us-gov:"} {
		text, err := policy(region, "c", "vpc-1")
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range policytest.Check(t, text) {
			for _, resource := range s.Resource {
				if resource != "*" && !strings.HasPrefix(resource, prefix) {
					t.Errorf("in %s, %s reaches %s", region, s.Sid, resource)
				}
			}
		}
	}
}
