package cluster

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/internal/problems/problemstest"
	"github.com/vllm-eks/vllm-eks/internal/versions"
)

// valid returns a cluster that can be created.
func valid() Spec {
	return Spec{Name: "test", Region: "us-west-2", Access: []Access{{PrincipalARN: exampleARN, Policy: Admin}}}.WithDefaults()
}

// TestNobodyIsAnAdminForHavingMadeTheCluster reaches what the component has no
// argument for, and nothing else.
// TestAnotherZoneDoesNotUpdateTheSubnetsOfTheControlPlane holds that EKS is never
// sent another set of zones, which it refuses at every further update.
func TestSupport(t *testing.T) {
	tests := []struct {
		version, day   string
		extended, gone bool
	}{
		{"1.33", "2026-07-28", false, false},
		{"1.33", "2026-07-29", true, false},
		{"1.33", "2027-07-29", true, true},
		{"1.35", "2026-11-24", false, false},
		{"1.99", "2026-11-24", false, false},
	}
	for _, test := range tests {
		now, err := time.Parse(time.DateOnly, test.day)
		if err != nil {
			t.Fatal(err)
		}
		s := valid()
		s.KubernetesVersion = test.version
		if extended, gone := s.Support(now); extended != test.extended || gone != test.gone {
			t.Errorf("on %s, %s is in extended support: %t, gone: %t", test.day, test.version, extended, gone)
		}
	}
	for _, minor := range versions.KubernetesMinors() {
		if _, exists := versions.SupportOf(minor); !exists {
			t.Errorf("until when EKS offers %s is not known", minor)
		}
	}
}

func TestExtendedSupportIsAnnouncedSixtyDaysAhead(t *testing.T) {
	tests := []struct {
		version, day string
		want         bool
	}{
		{"1.34", "2026-10-02", false},
		{"1.34", "2026-10-03", true},
		{"1.34", "2026-12-01", true},
		{"1.34", "2026-12-02", false}, // it has begun
		{"1.36", "2026-12-02", false},
		{"1.99", "2026-12-02", false},
	}
	for _, test := range tests {
		now, err := time.Parse(time.DateOnly, test.day)
		if err != nil {
			t.Fatal(err)
		}
		s := valid()
		s.KubernetesVersion = test.version
		day, soon := s.ExtendedSoon(now)
		if soon != test.want || soon && day.Format(time.DateOnly) != "2026-12-02" {
			t.Errorf("on %s, extended support of %s begins soon: %t, on %s", test.day, test.version, soon, day)
		}
	}
	s := valid()
	s.KubernetesVersion, s.Existing = "1.34", &Existing{}
	if _, soon := s.ExtendedSoon(time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC)); soon {
		t.Error("a cluster of the user's is announced extended support")
	}
}

// TestAddonsHaveVersionsAndStayOffGPUs goes through every minor version.
func TestAddonsHaveVersionsAndStayOffGPUs(t *testing.T) {
	s := valid()
	s.EFS = true
	for _, minor := range versions.KubernetesMinors() {
		for _, a := range append(EarlyAddons(), LateAddons(s, nil)...) {
			if versions.Addon(a.Name, minor) == "" {
				t.Errorf("%s has no version for %s", a.Name, minor)
			}
		}
	}
	for _, a := range LateAddons(s, map[string]string{"team": "a"}) {
		text, err := a.Configuration()
		if onGPUs := a.Name == "eks-node-monitoring-agent"; err != nil || strings.Contains(text, `"nodeAffinity"`) == onGPUs {
			t.Errorf("%s on nodes with GPUs: want %t, got %s, %v", a.Name, onGPUs, text, err)
		}
		if a.Name == "aws-ebs-csi-driver" && !strings.Contains(text, `"extraVolumeTags":{"team":"a"}`) {
			t.Errorf("volumes lack the stack's tags: %s", text)
		}
		if !json.Valid([]byte(text)) {
			t.Errorf("%s: %s", a.Name, text)
		}
	}
	if names := len(LateAddons(valid(), nil)); names != 4 {
		t.Errorf("%d add-ons without EFS, want 4", names)
	}
}

// TestReplicasOfAddonsDoNotShareANode holds that the affinity of this program,
// which takes the place of the add-on's own, keeps replicas apart too.
func TestReplicasOfAddonsDoNotShareANode(t *testing.T) {
	s := valid()
	s.EFS = true
	want := map[string]string{
		"coredns": `"k8s-app":"kube-dns"`, "metrics-server": `"app.kubernetes.io/name":"metrics-server"`,
		"aws-ebs-csi-driver": `"app":"ebs-csi-controller"`, "aws-efs-csi-driver": `"app":"efs-csi-controller"`,
	}
	for _, a := range LateAddons(s, nil) {
		text, err := a.Configuration()
		if err != nil || want[a.Name] != "" && !strings.Contains(text, `"podAntiAffinity"`) || !strings.Contains(text, want[a.Name]) {
			t.Errorf("%s: %s, %v; want its pods with %s apart", a.Name, text, err, want[a.Name])
		}
	}
}

// TestGPUFaultsAreNotInvisibleToTheNodeRepair holds that both pods of the
// monitoring agent run on nodes with the taint of GPUs.
func TestGPUFaultsAreNotInvisibleToTheNodeRepair(t *testing.T) {
	for _, a := range LateAddons(valid(), nil) {
		if a.Name != "eks-node-monitoring-agent" {
			continue
		}
		text, err := a.Configuration()
		if want := `{"dcgmAgent":{"tolerations":[{"operator":"Exists"}]},"nodeAgent":{"tolerations":[{"operator":"Exists"}]}}`; err != nil || text != want {
			t.Errorf("%s, %v; want %s", text, err, want)
		}
		return
	}
	t.Error("the agent is not installed")
}

// TestALargeNodeDoesNotTakeTheAddressesOfItsZone holds that nodes keep a few
// addresses more than their pods have, and not two network interfaces of 50.
func TestALargeNodeDoesNotTakeTheAddressesOfItsZone(t *testing.T) {
	text, err := EarlyAddons()[0].Configuration()
	if want := `{"enableNetworkPolicy":"true","env":{"MINIMUM_IP_TARGET":"16","WARM_IP_TARGET":"4"}}`; err != nil || text != want {
		t.Errorf("%s, %v; want %s", text, err, want)
	}
}

// TestPrincipalsAreToldApart gives each a name of its own, whatever their order.
func TestPrincipalsAreToldApart(t *testing.T) {
	var names []string
	for _, arn := range []string{
		"arn:aws:iam::111122223333:role/deploy", "arn:aws:iam::111122223333:user/deploy", "arn:aws:iam::444455556666:role/deploy",
		"arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/us-west-2/AWSReservedSSO_Admin_0123",
	} {
		a := Access{PrincipalARN: arn, Policy: View}
		if problem := problems.Err((Spec{Name: "x", Access: []Access{a, {PrincipalARN: exampleARN + "2", Policy: Admin}}}).WithDefaults().Validate(field.NewPath("cluster"))); problem != nil {
			t.Errorf("%s: %v", arn, problem)
		}
		names = append(names, a.Name())
	}
	slices.Sort(names)
	if unique := slices.Compact(slices.Clone(names)); len(unique) != len(names) {
		t.Errorf("the names are %q", names)
	}
}

func TestValidate(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Spec)
		want   string
	}{
		{"nothing", func(*Spec) {}, ""},
		{"a name", func(s *Spec) { s.Name = "1st" }, "c.name: invalid"},
		{"a retention", func(s *Spec) { s.LogRetentionDays = 10 }, "c.logRetentionDays: not supported"},
		{"Services in public", func(s *Spec) { s.ServiceCIDR = "8.8.0.0/16" }, "c.serviceCidr: invalid"},
		{"the same principal twice", func(s *Spec) { s.Access = append(s.Access, s.Access[0]) }, "c.access[1].principalArn: duplicate"},
		{"a group of IAM", func(s *Spec) {
			s.Access = append(s.Access, Access{PrincipalARN: "arn:aws:iam::111122223333:group/x", Policy: View})
		},
			"c.access[1].principalArn: invalid"},
		{"half of the internet", func(s *Spec) { s.PublicAccessCIDRs = []string{"128.0.0.0/1"} }, "c.publicAccessCidrs[0]: invalid"},
		{"an address", func(s *Spec) { s.PublicAccessCIDRs = []string{"203.0.113.7/24"} }, "c.publicAccessCidrs[0]: invalid"},
		{"version 6", func(s *Spec) { s.PublicAccessCIDRs = []string{"2001:db8::/32"} }, "c.publicAccessCidrs[0]: invalid"},
		{"an admin of a namespace alone", func(s *Spec) { s.Access[0].Namespaces = []string{"x"} }, "c.access: invalid"},
	}
	for _, test := range tests {
		s := valid()
		test.change(&s)
		err := problems.Err(s.Validate(field.NewPath("c")))
		if got := strings.Join(problemstest.Kinds(err), ", "); got != test.want {
			t.Errorf("%s: %v, want %s", test.name, err, test.want)
		}
	}
}

// TestEveryPolicyHasItsNameInEKS checks the names of access policies.
func TestEveryPolicyHasItsNameInEKS(t *testing.T) {
	for policy, want := range map[Policy]string{
		"admin": "AmazonEKSClusterAdminPolicy", "edit": "AmazonEKSEditPolicy", "view": "AmazonEKSViewPolicy", "adminView": "AmazonEKSAdminViewPolicy",
	} {
		if PolicyNames[policy] != want {
			t.Errorf("%s is %q, want %q", policy, PolicyNames[policy], want)
		}
	}
	if len(PolicyNames) != 4 {
		t.Errorf("%d policies have names, want 4: %v", len(PolicyNames), PolicyNames)
	}
}
