package account

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/local/standin/shape"
)

type props = map[string]any

const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"%s"},"Action":"sts:AssumeRole"}]}`

func open(t *testing.T) *Session {
	return Open(t.TempDir(), "us-west-2", map[string]string{"team": "ml"})
}

// platform creates a small cluster and returns its resources by name.
func platform(t *testing.T, s *Session) map[string]*Record {
	t.Helper()
	created := map[string]*Record{}
	add := func(name, short string, inputs props) {
		t.Helper()
		if problems, err := s.Check(token(short), inputs); err != nil || len(problems) > 0 {
			t.Fatalf("%s: %v, %v", name, problems, err)
		}
		r, err := s.Create(token(short), "urn:"+name, inputs)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		created[name] = r
	}
	add("vpc", "ec2/vpc", props{"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": true})
	add("gateway", "ec2/internetGateway", props{"vpcId": created["vpc"].ID})
	add("a", "ec2/subnet", props{"vpcId": created["vpc"].ID, "cidrBlock": "10.0.0.0/24", "availabilityZone": "us-west-2a"})
	add("b", "ec2/subnet", props{"vpcId": created["vpc"].ID, "cidrBlock": "10.0.1.0/24", "availabilityZone": "us-west-2b"})
	add("address", "ec2/eip", props{"domain": "vpc"})
	add("nat", "ec2/natGateway", props{"subnetId": created["a"].ID, "allocationId": created["address"].ID})
	add("table", "ec2/routeTable", props{"vpcId": created["vpc"].ID})
	add("route", "ec2/route", props{"routeTableId": created["table"].ID, "destinationCidrBlock": "0.0.0.0/0", "natGatewayId": created["nat"].ID})
	add("routed", "ec2/routeTableAssociation", props{"routeTableId": created["table"].ID, "subnetId": created["a"].ID})
	add("group", "ec2/securityGroup", props{"vpcId": created["vpc"].ID, "name": "cluster"})
	add("plane", "iam/role", props{"name": "plane", "assumeRolePolicy": fmt.Sprintf(trust, "eks.amazonaws.com")})
	add("machine", "iam/role", props{"name": "machine", "assumeRolePolicy": fmt.Sprintf(trust, "ec2.amazonaws.com")})
	add("attached", "iam/rolePolicyAttachment", props{"role": "machine", "policyArn": "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"})
	add("cluster", "eks/cluster", props{
		"name": "llm", "version": "1.34", "roleArn": created["plane"].Outputs["arn"],
		"vpcConfig": props{"subnetIds": []any{created["a"].ID, created["b"].ID}, "securityGroupIds": []any{created["group"].ID}},
	})
	add("addon", "eks/addon", props{"clusterName": "llm", "addonName": "vpc-cni"})
	add("template", "ec2/launchTemplate", props{"name": "g5"})
	add("nodes", "eks/nodeGroup", props{
		"clusterName": "llm", "nodeGroupNamePrefix": "g5-", "nodeRoleArn": created["machine"].Outputs["arn"], "subnetIds": []any{created["a"].ID},
		"instanceTypes": []any{"g5.xlarge"}, "scalingConfig": props{"minSize": 0.0, "maxSize": 2.0, "desiredSize": 0.0},
		"launchTemplate": props{"id": created["template"].ID, "version": "1"},
	})
	asg := textAt(created["nodes"].Outputs, "resources[].autoscalingGroups[].name")
	add("tag", "autoscaling/tag", props{"autoscalingGroupName": asg, "tag": props{"key": "k", "value": "v", "propagateAtLaunch": false}})
	return created
}

// TestDeletionOrder holds that the account refuses to delete a resource that another one
// needs, and deletes some resources together with it.
func TestDeletionOrder(t *testing.T) {
	s := open(t)
	created := platform(t, s)
	for _, held := range []struct{ name, dependent string }{
		{"vpc", "DependencyViolation"}, {"a", "DependencyViolation"}, {"gateway", "mapped public address"}, {"address", "InvalidIPAddress.InUse"},
		{"group", "DependencyViolation"}, {"machine", "DeleteConflict"}, {"cluster", "ResourceInUseException"},
	} {
		r := created[held.name]
		if err := s.Delete(r.Type, r.ID); err == nil || !strings.Contains(err.Error(), held.dependent) {
			t.Errorf("%s is deleted: %v, want %s", held.name, err, held.dependent)
		}
	}
	for _, name := range []string{"nodes", "template", "cluster", "attached", "machine", "plane", "nat", "address", "gateway", "group", "a", "table", "b", "vpc"} {
		if err := s.Delete(created[name].Type, created[name].ID); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if rest, err := Records(s.store.folder); err != nil || len(rest) > 0 {
		t.Errorf("the add-on goes with its cluster and the tag with its group: %v, %v", rest, err)
	}
}

// TestAccountRefuses edits one property of a valid resource each.
func TestAccountRefuses(t *testing.T) {
	s := open(t)
	created := platform(t, s)
	for _, test := range []struct {
		name, path string
		value      any
		want       string
	}{
		{"a", "cidrBlock", "10.1.0.0/24", "InvalidSubnet.Range"},
		{"a", "cidrBlock", "10.0.1.128/25", "InvalidSubnet.Conflict"},
		{"a", "vpcId", "vpc-none", `there is no ec2/vpc "vpc-none"`},
		{"cluster", "roleArn", created["machine"].Outputs["arn"], "does not trust eks.amazonaws.com"},
		{"cluster", "vpcConfig", props{"subnetIds": []any{created["a"].ID}}, "at least two different zones"},
		{"nodes", "version", "1.35", "cannot join a cluster of 1.34"},
		{"nodes", "launchTemplate", props{"id": "lt-none", "version": "1"}, "there is no ec2/launchTemplate"},
		{"nodes", "capacityType", "CAPACITY_BLOCK", "a capacity block is one in the launch template and in the group"},
		{"template", "name", "g5", "InvalidLaunchTemplateName.AlreadyExistsException"},
		{"addon", "addonName", "vpc-cni", "ResourceInUseException"},
	} {
		inputs := maps.Clone(created[test.name].Inputs)
		inputs[test.path] = test.value
		if _, err := s.Create(created[test.name].Type, "urn:new", inputs); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s with %s %v: %v, want %s", test.name, test.path, test.value, err, test.want)
		}
	}
}

func TestCheckRefuses(t *testing.T) {
	s := open(t)
	for _, test := range []struct {
		short, place string
		inputs       props
	}{
		{"ec2/vpc", "cidrBlock", props{"cidrBlock": "10.0.0.1/16"}},
		{"ec2/vpc", "cidr", props{"cidr": "10.0.0.0/16"}},
		{"ec2/vpc", "enableDnsSupport", props{"cidrBlock": "10.0.0.0/16", "enableDnsSupport": "true"}},
		{"ec2/vpc", "tags", props{"cidrBlock": "10.0.0.0/16", "tags": props{"aws:mine": "1"}}},
		{"ec2/subnet", "vpcId", props{"cidrBlock": "10.0.0.0/24"}},
		{"ec2/subnet", "availabilityZone", props{"vpcId": "vpc-1", "cidrBlock": "10.0.0.0/24", "availabilityZone": "us-east-1a"}},
		{"ec2/natGateway", "allocationId", props{"subnetId": "subnet-1"}},
		{"ec2/route", "carrierGatewayId", props{"routeTableId": "rtb-1", "destinationCidrBlock": "0.0.0.0/0"}},
		{"ec2/vpcEndpoint", "serviceName", props{"vpcId": "vpc-1", "serviceName": "com.amazonaws.us-east-1.s3"}},
		{"ec2/vpcEndpoint", "subnetIds", props{"vpcId": "vpc-1", "serviceName": "com.amazonaws.us-west-2.s3", "subnetIds": []any{"subnet-1"}}},
		{"ec2/launchTemplate", "metadataOptions.httpTokens", props{"metadataOptions": props{"httpTokens": "always"}}},
		{"ec2/launchTemplate", "blockDeviceMappings[0].ebs.volumeType", props{"blockDeviceMappings": []any{props{"ebs": props{"volumeType": "gp4"}}}}},
		{"ec2/launchTemplate", "blockDeviceMappings[0].ebs.volume", props{"blockDeviceMappings": []any{props{"ebs": props{"volume": 1.0}}}}},
		{"iam/role", "assumeRolePolicy", props{"assumeRolePolicy": `{"Version":"2012-10-17","Statement":[]}`}},
		{"iam/role", "assumeRolePolicy", props{"assumeRolePolicy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}]}`}},
		{"iam/rolePolicy", "policy", props{"role": "r", "policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"describe","Resource":"*"}]}`}},
		{"iam/rolePolicyAttachment", "policyArn", props{"role": "r", "policyArn": "arn:aws:iam::aws:policy/AmazonEverything"}},
		{"cloudwatch/logGroup", "retentionInDays", props{"retentionInDays": 31.0}},
		{"eks/addon", "addonName", props{"clusterName": "c", "addonName": "vpc-cnn"}},
		{"eks/addon", "configurationValues.enableNetworkPolicy", props{"clusterName": "c", "addonName": "vpc-cni", "configurationValues": `{"enableNetworkPolicy": true}`}},
		{"eks/addon", "configurationValues", props{"clusterName": "c", "addonName": "coredns", "configurationValues": `{"replicas": 2}`}},
		{"eks/addon", "configurationValues.controller", props{"clusterName": "c", "addonName": "aws-ebs-csi-driver", "configurationValues": `{"controller": {"tolerate": []}}`}},
		{"autoscaling/tag", "tag.key", props{"autoscalingGroupName": "a", "tag": props{"key": strings.Repeat("k", 129), "value": "v", "propagateAtLaunch": false}}},
		{"eks/addon", "configurationValues", props{"clusterName": "c", "addonName": "vpc-cni", "configurationValues": "a: b"}},
		{"eks/accessEntry", "principalArn", props{"clusterName": "c", "principalArn": "arn:aws:sts::111122223333:assumed-role/a/b"}},
		{"eks/nodeGroup", "subnetIds", props{"clusterName": "c", "nodeRoleArn": "arn:aws:iam::111122223333:role/r", "scalingConfig": props{"minSize": 0.0, "maxSize": 1.0, "desiredSize": 0.0}}},
		{"eks/nodeGroup", "scalingConfig.maxSize", group(props{"scalingConfig": props{"minSize": 0.0, "desiredSize": 0.0}})},
		{"eks/nodeGroup", "scalingConfig.minSize", group(props{"scalingConfig": props{"minSize": 3.0, "maxSize": 1.0, "desiredSize": 1.0}})},
		{"eks/nodeGroup", "amiType", group(props{"amiType": "AL2024_x86_64_NVIDIA"})},
		{"eks/nodeGroup", "instanceTypes[0]", group(props{"instanceTypes": []any{"g5.tiny"}})},
		{"eks/nodeGroup", "taints[0].effect", group(props{"taints": []any{props{"key": "k", "effect": "NoSchedule"}}})},
		{"eks/nodeGroup", "diskSize", group(props{"diskSize": 20.0, "launchTemplate": props{"id": "lt-1", "version": "1"}})},
		{"eks/nodeGroup", "launchTemplate", group(props{"capacityType": "CAPACITY_BLOCK"})},
	} {
		problems, err := s.Check(token(test.short), test.inputs)
		if err != nil || !slices.ContainsFunc(problems, func(p shape.Problem) bool { return p.Place == test.place }) {
			t.Errorf("%s %v: %v, %v; want %s refused", test.short, test.inputs, problems, err, test.place)
		}
	}
	if _, err := s.Check("aws:s3/bucket:Bucket", props{}); err == nil {
		t.Error("an unsupported type is accepted")
	}
}

// group returns a valid node group with edited inputs.
func group(edit props) props {
	inputs := props{
		"clusterName": "c", "nodeRoleArn": "arn:aws:iam::111122223333:role/r", "subnetIds": []any{"subnet-1"},
		"scalingConfig": props{"minSize": 0.0, "maxSize": 1.0, "desiredSize": 0.0},
	}
	maps.Copy(inputs, edit)
	return inputs
}

func TestDiff(t *testing.T) {
	s := open(t)
	created := platform(t, s)
	for _, test := range []struct {
		name, path string
		value      any
		replaces   bool
	}{
		{"vpc", "cidrBlock", "10.1.0.0/16", true},
		{"vpc", "enableDnsHostnames", false, false},
		{"cluster", "version", "1.35", false},
		{"cluster", "name", "other", true},
		{"cluster", "vpcConfig", props{"subnetIds": []any{"subnet-1"}, "securityGroupIds": []any{created["group"].ID}}, false},
		{"nodes", "version", "1.34", false},
		{"nodes", "labels", props{"a": "b"}, false},
		{"nodes", "instanceTypes", []any{"g5.2xlarge"}, true},
		{"nodes", "launchTemplate", props{"id": created["template"].ID, "version": "2"}, false},
		{"nodes", "launchTemplate", props{"id": "lt-other", "version": "1"}, true},
		{"nodes", "scalingConfig", props{"minSize": 1.0, "maxSize": 2.0, "desiredSize": 0.0}, false},
	} {
		news := maps.Clone(created[test.name].Inputs)
		news[test.path] = test.value
		changes, err := s.Diff(created[test.name].Type, created[test.name].Inputs, news, created[test.name].Outputs)
		if err != nil || len(changes) == 0 {
			t.Errorf("%s with another %s: %v, %v", test.name, test.path, changes, err)
		}
		if replaces := slices.ContainsFunc(changes, func(c Change) bool { return c.Replace }); replaces != test.replaces {
			t.Errorf("%s with another %s: %v, want it replaced: %t", test.name, test.path, changes, test.replaces)
		}
	}
	tagged := Open(s.store.folder, "us-west-2", map[string]string{"team": "web"})
	vpc := created["vpc"]
	if changes, err := tagged.Diff(vpc.Type, vpc.Inputs, vpc.Inputs, vpc.Outputs); err != nil || len(changes) != 1 || changes[0].Path != "tagsAll" {
		t.Errorf("other tags of the provider: %v, %v", changes, err)
	}
}

// TestPreviewOutputs holds that a preview knows the program's values and none of AWS'.
func TestPreviewOutputs(t *testing.T) {
	s := open(t)
	created := platform(t, s)
	inputs := props{"cidrBlock": "10.2.0.0/16", "tags": props{"a": "b"}}
	got, err := s.Preview(token("ec2/vpc"), inputs, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"arn", "mainRouteTableId", "enableDnsHostnames"} {
		if got[name] != (shape.Unknown{}) {
			t.Errorf("%s is %v before there is a VPC", name, got[name])
		}
	}
	if got["cidrBlock"] != "10.2.0.0/16" || !same(got["tagsAll"], props{"a": "b", "team": "ml"}) {
		t.Errorf("got %v", got)
	}
	template := created["template"]
	after, err := s.Preview(template.Type, props{"name": "g5", "userData": ""}, template)
	if err != nil || after["latestVersion"] != (shape.Unknown{}) || after["arn"] != template.Outputs["arn"] {
		t.Errorf("a changed template: %v, %v", after, err)
	}
	updated, err := s.Update(template.Type, template.ID, props{"name": "g5", "userData": ""}, template.Outputs)
	if err != nil || updated.Outputs["latestVersion"] != 2.0 {
		t.Errorf("a changed template has the version %v, %v", updated.Outputs["latestVersion"], err)
	}
}
