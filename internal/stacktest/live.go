package stacktest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// live returns the reply of AWS's provider about running clusters, and about the newest
// releases and add-ons.
func (a *Account) live(token string, args resource.PropertyMap) (map[string]any, error) {
	text := func(key resource.PropertyKey) string { return args[key].StringValue() }
	switch token {
	case "aws:eks/getClusters:getClusters":
		return map[string]any{"names": list(slices.Sorted(maps.Keys(a.Clusters))), "id": "us-west-2"}, nil
	case "aws:eks/getCluster:getCluster":
		c, ok := a.Clusters[text("name")]
		if !ok {
			return nil, fmt.Errorf("reading EKS Cluster (%s): couldn't find resource", text("name"))
		}
		return c.answer(text("name")), nil
	case "aws:ec2/getVpc:getVpc":
		return a.vpcOf(text("id"))
	case "aws:eks/getNodeGroups:getNodeGroups":
		return map[string]any{"names": list(slices.Sorted(maps.Keys(a.Clusters[text("clusterName")].Groups))), "id": text("clusterName")}, nil
	case "aws:eks/getNodeGroup:getNodeGroup":
		g, ok := a.Clusters[text("clusterName")].Groups[text("nodeGroupName")]
		if !ok {
			return nil, fmt.Errorf("reading EKS Node Group (%s): couldn't find resource", text("nodeGroupName"))
		}
		return g.answer(text("clusterName"), text("nodeGroupName")), nil
	case "aws:eks/getAddonVersion:getAddonVersion":
		version, ok := a.Addons[text("addonName")+" "+text("kubernetesVersion")]
		if !ok {
			return nil, fmt.Errorf("reading EKS Add-On version info (%s, %s): couldn't find resource", text("addonName"), text("kubernetesVersion"))
		}
		return map[string]any{"addonName": text("addonName"), "kubernetesVersion": text("kubernetesVersion"), "version": version, "id": text("addonName")}, nil
	case "aws:ssm/getParameter:getParameter":
		release, ok := a.Releases[text("name")]
		if !ok {
			return nil, fmt.Errorf("reading SSM Parameter (%s): couldn't find resource", text("name"))
		}
		return map[string]any{"name": text("name"), "value": release, "type": "String", "id": text("name")}, nil
	}
	return nil, fmt.Errorf("the simulated account does not know %s", token)
}

func (g NodeGroup) answer(cluster, name string) map[string]any {
	texts := func(values map[string]string) map[string]any {
		tree := map[string]any{}
		for key, value := range values {
			tree[key] = value
		}
		return tree
	}
	return map[string]any{
		"clusterName": cluster, "nodeGroupName": name, "id": cluster + ":" + name, "status": cmp.Or(g.Status, "ACTIVE"),
		"scalingConfigs": []any{map[string]any{"minSize": float64(g.Min), "maxSize": float64(g.Max), "desiredSize": float64(g.Desired)}},
		"version":        g.Version, "releaseVersion": g.Release, "amiType": g.AMIType, "capacityType": g.Capacity,
		"instanceTypes": list(g.InstanceTypes), "labels": texts(g.Labels), "tags": texts(g.Tags),
	}
}

// answer returns the reply of AWS's provider about a cluster. The VPC of a cluster has
// the cluster's name.
func (c Cluster) answer(name string) map[string]any {
	network := map[string]any{"subnetIds": list(c.SubnetIDs)}
	if c.VPCCIDR != "" {
		network["vpcId"] = vpcPrefix + name
	}
	tags := map[string]any{}
	for key, value := range c.Tags {
		tags[key] = value
	}
	return map[string]any{
		"name": name, "id": name, "version": c.Version, "vpcConfig": network, "tags": tags,
		"kubernetesNetworkConfigs": []any{map[string]any{"serviceIpv4Cidr": c.ServiceCIDR}},
	}
}

const vpcPrefix = "vpc-of-"

// vpcOf returns the VPC of a cluster.
func (a *Account) vpcOf(id string) (map[string]any, error) {
	c, ok := a.Clusters[strings.TrimPrefix(id, vpcPrefix)]
	if !ok || c.VPCCIDR == "" {
		return nil, fmt.Errorf("no matching EC2 VPC found")
	}
	return map[string]any{
		"id": id, "cidrBlock": c.VPCCIDR, "enableDnsHostnames": true, "enableDnsSupport": true,
		"cidrBlockAssociations": []any{map[string]any{"associationId": "a", "cidrBlock": c.VPCCIDR, "state": "associated"}},
	}, nil
}
