package account

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestFunctions(t *testing.T) {
	s := open(t)
	created := platform(t, s)
	answer := func(name string, args props) props {
		t.Helper()
		got, problems, err := s.Call(name, args)
		if err != nil || len(problems) > 0 {
			t.Fatalf("%s: %v, %v", name, problems, err)
		}
		return got
	}
	zones := answer("aws:index/getAvailabilityZones:getAvailabilityZones", props{"state": "available"})
	if !same(zones["names"].([]any)[3], "us-west-2d") || !same(zones["zoneIds"].([]any)[3], "usw2-az4") {
		t.Errorf("zones: %v", zones)
	}
	offers := answer("aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings", props{
		"locationType": "availability-zone", "filters": []any{props{"name": "instance-type", "values": []any{"g5.xlarge"}}},
	})
	if !same(offers["locations"], []any{"us-west-2a", "us-west-2b", "us-west-2c"}) {
		t.Errorf("g5.xlarge is in %v", offers["locations"])
	}
	if subnet := answer("aws:ec2/getSubnet:getSubnet", props{"id": created["b"].ID}); subnet["availabilityZone"] != "us-west-2b" {
		t.Errorf("the subnet: %v", subnet)
	}
	if got := answer("aws:servicequotas/getServiceQuota:getServiceQuota", props{"serviceCode": "ec2", "quotaCode": "L-DB2E81BA"}); got["value"] != 768.0 {
		t.Errorf("the quota: %v", got)
	}
	for name, test := range map[string]struct {
		args props
		path string
		want any
	}{
		"aws:eks/getClusters:getClusters":         {props{}, "names[]", "llm"},
		"aws:eks/getCluster:getCluster":           {props{"name": "llm"}, "version", "1.34"},
		"aws:eks/getNodeGroups:getNodeGroups":     {props{"clusterName": "llm"}, "names[]", created["nodes"].Outputs["nodeGroupName"]},
		"aws:eks/getAddonVersion:getAddonVersion": {props{"addonName": "kube-proxy", "kubernetesVersion": "1.36", "mostRecent": true}, "version", "v1.36.0-eksbuild.25"},
		"aws:ssm/getParameter:getParameter":       {props{"name": "/aws/service/eks/optimized-ami/1.35/amazon-linux-2023/x86_64/nvidia/recommended/release_version"}, "value", "1.35.7-20260911"},
		"aws:ec2/getVpc:getVpc":                   {props{"id": created["vpc"].ID}, "enableDnsHostnames", true},
		"aws:ec2/getRouteTable:getRouteTable":     {props{"subnetId": created["a"].ID}, "routes[].natGatewayId", created["nat"].ID},
	} {
		if got := valuesAt(answer(name, test.args), test.path); len(got) != 1 || got[0] != test.want {
			t.Errorf("%s %v: %s is %v, want %v", name, test.args, test.path, got, test.want)
		}
	}
	for name, args := range map[string]props{
		"aws:eks/getCluster:getCluster":           {"name": "other"},
		"aws:eks/getNodeGroup:getNodeGroup":       {"clusterName": "llm", "nodeGroupName": "other"},
		"aws:eks/getAddonVersion:getAddonVersion": {"addonName": "coredns", "kubernetesVersion": "1.31"},
		"aws:ssm/getParameter:getParameter":       {"name": "/aws/service/eks/optimized-ami/1.31/amazon-linux-2023/x86_64/standard/recommended/release_version"},
		"aws:ec2/getVpc:getVpc":                   {"id": "vpc-none"},
		"aws:ec2/getRouteTable:getRouteTable":     {"subnetId": created["b"].ID},
	} {
		if got, _, err := s.Call(name, args); err == nil {
			t.Errorf("%s %v: %v, want an error", name, args, got)
		}
	}
	if _, problems, err := s.Call("aws:ec2/getSubnet:getSubnet", props{"ids": "x"}); err != nil || len(problems) != 1 {
		t.Errorf("an unknown argument: %v, %v", problems, err)
	}
	if _, _, err := s.Call("aws:ec2/getAmi:getAmi", props{}); err == nil {
		t.Error("an unsupported function returns a result")
	}
}

// TestTablesNameExistingProperties holds that every type and property in the tables exists.
func TestTablesNameExistingProperties(t *testing.T) {
	for typ, k := range kinds {
		inputs, outputs := k.inputs(), k.outputs()
		property := func(path string) string {
			name, _, _ := strings.Cut(strings.TrimLeft(path, "+-"), ".")
			return strings.TrimSuffix(name, "[]")
		}
		for _, path := range slices.Concat(k.replaces, k.required, k.Documents, k.unique, slices.Collect(maps.Keys(k.formats))) {
			if _, has := inputs[property(path)]; !has {
				t.Errorf("%s has no input %s", typ, path)
			}
		}
		for _, path := range slices.Concat(k.versioned, slices.Collect(maps.Keys(k.computed))) {
			if _, has := outputs[property(path)]; !has {
				t.Errorf("%s has no output %s", typ, path)
			}
		}
	}
	for _, ref := range references {
		source, target := kinds[token(ref.source)], kinds[token(ref.target)]
		if source == nil || target == nil {
			t.Errorf("%v has unknown types", ref)
			continue
		}
		name, _, _ := strings.Cut(ref.path, ".")
		if _, has := source.inputs()[strings.TrimSuffix(name, "[]")]; !has {
			t.Errorf("%s has no %s", ref.source, ref.path)
		}
	}
}
