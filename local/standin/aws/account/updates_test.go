package account

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/local/standin/shape"
)

func TestUpdatesThatEKSRefuses(t *testing.T) {
	s := open(t)
	created := platform(t, s)
	third, err := s.Create(token("ec2/subnet"), "urn:c", props{"vpcId": created["vpc"].ID, "cidrBlock": "10.0.2.0/24", "availabilityZone": "us-west-2c"})
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.Create(token("ec2/subnet"), "urn:b2", props{"vpcId": created["vpc"].ID, "cidrBlock": "10.0.3.0/24", "availabilityZone": "us-west-2b"})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, path string
		value      any
		want       string
	}{
		{"cluster", "version", "1.33", "one minor at a time"},
		{"cluster", "version", "1.36", "one minor at a time"},
		{"cluster", "version", "1.35", ""},
		{"cluster", "vpcConfig", props{"subnetIds": []any{created["a"].ID, created["b"].ID, third.ID}}, "the exact set of AZs 'us-west-2a,us-west-2b'"},
		{"cluster", "vpcConfig", props{"subnetIds": []any{created["a"].ID, again.ID}}, ""},
		{"cluster", "vpcConfig", props{"subnetIds": []any{created["a"].ID, shape.Unknown{}}}, ""},
	} {
		inputs := maps.Clone(created[test.name].Inputs)
		inputs[test.path] = test.value
		err := s.TryUpdate(created[test.name].Type, created[test.name].ID, inputs, created[test.name].Outputs)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s with %s %v: %v, want %q", test.name, test.path, test.value, err, test.want)
		}
	}
	for version, want := range map[string]string{"v1.0.0-eksbuild.1": "Addon version specified is not supported", "v1.23.2-eksbuild.1": ""} {
		inputs := maps.Clone(created["addon"].Inputs)
		inputs["addonVersion"] = version
		if err := s.TryUpdate(created["addon"].Type, created["addon"].ID, inputs, created["addon"].Outputs); err != nil {
			t.Errorf("a preview, in which the cluster may change as well, with the add-on %s: %v", version, err)
		}
		_, err := s.Update(created["addon"].Type, created["addon"].ID, inputs, created["addon"].Outputs)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("the add-on %s: %v, want %q", version, err, want)
		}
	}
}

func TestPrivateEndpointNeedsHostNamesInTheVPC(t *testing.T) {
	s := open(t)
	created := platform(t, s)
	inputs := maps.Clone(created["cluster"].Inputs)
	inputs["vpcConfig"] = props{"subnetIds": []any{created["a"].ID, created["b"].ID}, "endpointPrivateAccess": true}
	if err := s.TryUpdate(created["cluster"].Type, "llm", inputs, created["cluster"].Outputs); err != nil {
		t.Errorf("with host names: %v", err)
	}
	if _, err := s.Update(created["vpc"].Type, created["vpc"].ID, props{"cidrBlock": "10.0.0.0/16"}, created["vpc"].Outputs); err != nil {
		t.Fatal(err)
	}
	if err := s.TryUpdate(created["cluster"].Type, "llm", inputs, created["cluster"].Outputs); err == nil || !strings.Contains(err.Error(), "enableDnsHostnames") {
		t.Errorf("without host names: %v", err)
	}
}

// TestAutoScalingGroupHasFiftyTags holds that EKS' own tags count too.
func TestAutoScalingGroupHasFiftyTags(t *testing.T) {
	s := open(t)
	asg := textAt(platform(t, s)["nodes"].Outputs, "resources[].autoscalingGroups[].name")
	tag := func(i int) error {
		_, err := s.Create(token("autoscaling/tag"), "urn:tag", props{"autoscalingGroupName": asg, "tag": props{"key": fmt.Sprint("k", i), "value": "v", "propagateAtLaunch": false}})
		return err
	}
	for i := range 50 - 5 - 1 { // the platform has one
		if err := tag(i); err != nil {
			t.Fatal(err)
		}
	}
	if err := tag(50); err == nil || !strings.Contains(err.Error(), "more than 50") {
		t.Errorf("the 51st tag: %v", err)
	}
}

// TestOtherPartitions tests China and GovCloud, which have other ARNs and names.
func TestOtherPartitions(t *testing.T) {
	for region, test := range map[string]struct{ endpoint, wrong, policy, arn string }{
		"cn-north-1":    {"cn.com.amazonaws.cn-north-1.ecr.api", "com.amazonaws.cn-north-1.ecr.api", "arn:aws-cn:iam::aws:policy/AmazonEKSWorkerNodePolicy", "arn:aws-cn:ec2:cn-north-1:" + ID + ":vpc/"},
		"us-gov-west-1": {"com.amazonaws.us-gov-west-1.ecr.api", "cn.com.amazonaws.us-gov-west-1.ecr.api", "arn:aws-us-gov:iam::aws:policy/AmazonEKSWorkerNodePolicy", "arn:aws-us-gov:ec2:us-gov-west-1:" + ID + ":vpc/"},
	} {
		s := Open(t.TempDir(), region, nil)
		vpc, err := s.Create(token("ec2/vpc"), "urn:vpc", props{"cidrBlock": "10.0.0.0/16"})
		if err != nil || !strings.HasPrefix(vpc.Outputs["arn"].(string), test.arn) {
			t.Errorf("%s: %v, %v", region, vpc.Outputs["arn"], err)
		}
		for _, checked := range []struct {
			short  string
			inputs props
			fine   bool
		}{
			{"ec2/vpcEndpoint", props{"vpcId": "vpc-1", "serviceName": test.endpoint}, true},
			{"ec2/vpcEndpoint", props{"vpcId": "vpc-1", "serviceName": "com.amazonaws." + region + ".s3"}, true},
			{"ec2/vpcEndpoint", props{"vpcId": "vpc-1", "serviceName": test.wrong}, false},
			{"iam/rolePolicyAttachment", props{"role": "r", "policyArn": test.policy}, true},
			{"iam/rolePolicyAttachment", props{"role": "r", "policyArn": "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"}, false},
		} {
			if problems, err := s.Check(token(checked.short), checked.inputs); err != nil || (len(problems) == 0) != checked.fine {
				t.Errorf("%s %s %v: %v, %v", region, checked.short, checked.inputs, problems, err)
			}
		}
		identity, _, err := s.Call("aws:index/getCallerIdentity:getCallerIdentity", props{})
		if err != nil || !strings.HasPrefix(identity["arn"].(string), strings.TrimSuffix(test.arn, "ec2:"+region+":"+ID+":vpc/")) {
			t.Errorf("%s: the caller is %v, %v", region, identity, err)
		}
	}
}
