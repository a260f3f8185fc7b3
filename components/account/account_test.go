package account

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/internal/problems/problemstest"
	"github.com/vllm-eks/vllm-eks/internal/stacktest"
	accountspec "github.com/vllm-eks/vllm-eks/spec/account"
)

// ask returns the result of a Reader in a simulated account.
// ask returns the result of a Reader in a simulated account.
func ask(t *testing.T, query *stacktest.Account, w accountspec.Wanted) (accountspec.Offers, error) {
	t.Helper()
	var o accountspec.Offers
	var failed error
	recording, err := stacktest.RecordIn(query, "test", func(ctx *pulumi.Context) error {
		o, failed = NewReader(ctx)(w)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(recording.Resources()); n != 0 {
		t.Errorf("%d resources are registered by asking", n)
	}
	return o, failed
}

func TestOffers(t *testing.T) {
	names := stacktest.SimulatedAccount()
	names.Zones["us-west-2e"] = "use1-az3" // EKS does not support this zone
	names.Subnets = map[string]stacktest.Subnet{"subnet-00000001": {Zone: "us-west-2a", VPCID: "vpc-00000001", Tags: map[string]string{"a": "b"}}}
	delete(names.VCPUs, "L-417A185B")
	o, err := ask(t, names, accountspec.Wanted{InstanceTypes: []string{"p5.48xlarge", "g5.xlarge", "g9.nano"}, Quotas: []accountspec.Quota{{Class: accountspec.G, Spot: false}, {Class: accountspec.P, Spot: false}}, Subnets: []string{"subnet-00000001", "subnet-00000002"}})
	if err != nil {
		t.Fatal(err)
	}
	if o.ID != "111122223333" || !strings.HasSuffix(o.Caller, ":assumed-role/deploy/simulated") {
		t.Errorf("the account is %s, and who asks %s", o.ID, o.Caller)
	}
	if !slices.Equal(o.Zones, []string{"us-west-2a", "us-west-2b", "us-west-2c", "us-west-2d"}) {
		t.Errorf("the zones are %q", o.Zones)
	}
	if !slices.Equal(o.In["p5.48xlarge"], []string{"us-west-2c", "us-west-2d"}) || len(o.In["g5.xlarge"]) != 3 || len(o.In["g9.nano"]) != 0 {
		t.Errorf("types are offered in %v", o.In)
	}
	if o.VCPUs[accountspec.Quota{Class: accountspec.G, Spot: false}] != 768 || len(o.VCPUs) != 1 || len(o.Unread) != 1 || !strings.HasPrefix(o.Unread[0], "the vCPU quota of P instances is not checked") {
		t.Errorf("quotas are %v, and unread %q", o.VCPUs, o.Unread)
	}
	if s := o.Subnets["subnet-00000001"]; s.Zone != "us-west-2a" || s.VPCID != "vpc-00000001" || s.Tags["a"] != "b" || s.Problem != "" {
		t.Errorf("the subnet is %+v", s)
	}
	if s := o.Subnets["subnet-00000002"]; !strings.Contains(s.Problem, "does not exist") {
		t.Errorf("of a subnet that is not there, the problem is %q", s.Problem)
	}
}

func TestASilentAccountIsAnError(t *testing.T) {
	if _, err := ask(t, &stacktest.Account{Silent: "no credentials"}, accountspec.Wanted{}); err == nil || !strings.HasPrefix(err.Error(), "who deploys: ") {
		t.Errorf("the error is %v", err)
	}
}

func TestQuotas(t *testing.T) {
	tests := []struct {
		instanceType, want string
		spot               bool
	}{
		{"g5.xlarge", "L-DB2E81BA", false}, {"gr6.4xlarge", "L-DB2E81BA", false}, {"g6.xlarge", "L-3819A6DF", true},
		{"p4d.24xlarge", "L-417A185B", false}, {"p5.48xlarge", "L-417A185B", false}, {"p4d.24xlarge", "L-7212CCBC", true}, {"p5.48xlarge", "L-C4BD4855", true},
		{"m6i.large", "L-1216C47A", false}, {"inf2.xlarge", "", false}, {"", "", false},
	}
	for _, test := range tests {
		q, limits := accountspec.QuotaOf(test.instanceType, test.spot)
		if limits != (test.want != "") || limits && q.Code() != test.want {
			t.Errorf("%s on spot %t counts for %v, %q; want %q", test.instanceType, test.spot, q, q.Code(), test.want)
		}
	}
}

// TestTheProviderIsTheStacks checks the region, the profile and the default tags of
// the provider.
func TestTheProviderIsTheStacks(t *testing.T) {
	for _, spec := range []accountspec.Spec{{}, {Region: "us-west-2"}, {Region: "us-west-2", Profile: "mine", Tags: map[string]string{"team": "a"}}} {
		var records *Account
		recording, err := stacktest.Record("test", func(ctx *pulumi.Context) error {
			var err error
			records, err = New(ctx, "account", Args{Spec: spec})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		var provider stacktest.Resource
		for _, r := range recording.Resources() {
			if r.Type == "pulumi:providers:aws" {
				provider = r
			}
		}
		if spec.Region == "" {
			if len(recording.Resources()) != 0 || records.Tags != nil {
				t.Errorf("without a region, %v is registered", recording.Resources())
			}
			continue
		}
		tags, _ := provider.Inputs["defaultTags"].(map[string]any)
		resources, _ := tags["tags"].(map[string]any)
		if provider.Inputs["region"] != "us-west-2" || resources[accountspec.ProjectTag] != stacktest.Project || resources[accountspec.StackTag] != "test" || len(resources) != 2+len(spec.Tags) {
			t.Errorf("the provider is %v", provider.Inputs)
		}
		if (provider.Inputs["profile"] == "mine") != (spec.Profile == "mine") {
			t.Errorf("the profile is %v", provider.Inputs["profile"])
		}
	}
}

func TestTagsThatAWSRefuses(t *testing.T) {
	for want, tags := range map[string]map[string]string{
		"tags.AWS:x: invalid": {"AWS:x": "a"}, "tags.ä: invalid": {"ä": "b"}, "tags.k: invalid": {"k": strings.Repeat("x", 257)}, "tags.empty: invalid": {"empty": ""},
		"tags." + accountspec.ProjectTag + ": forbidden": {accountspec.ProjectTag: "a"},
	} {
		err := problems.Err(accountspec.Spec{Tags: tags}.Validate(field.NewPath("tags")))
		problemstest.Check(t, err, []string{want}, nil)
	}
	if err := problems.Err((accountspec.Spec{Tags: map[string]string{"cost-center/1": "a b@c"}}).Validate(field.NewPath("tags"))); err != nil {
		t.Error(err)
	}
}
