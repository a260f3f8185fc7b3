package account

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/vllm-eks/vllm-eks/internal/partition"
	"github.com/vllm-eks/vllm-eks/internal/stacktest/awsdata"
)

// records runs a question over the account's resources in the session's region.
func (s *Session) records(question func(records stock) (map[string]any, error)) (answer map[string]any, err error) {
	return answer, s.store.change(func(records stock) (err error) {
		regional := stock{}
		for name, r := range records {
			if r.Region == s.Region {
				regional[name] = r
			}
		}
		answer, err = question(regional)
		return err
	})
}

// clusters returns the names of a region's clusters.
func clusters(s *Session, _ map[string]any) (map[string]any, error) {
	return s.records(func(records stock) (map[string]any, error) {
		names := []any{}
		for _, r := range records.ofType(token("eks/cluster")) {
			names = append(names, r.Outputs["name"])
		}
		return map[string]any{"names": names, "id": s.Region}, nil
	})
}

func cluster(s *Session, args map[string]any) (map[string]any, error) {
	return s.records(func(records stock) (map[string]any, error) {
		name := textAt(args, "name")
		r := records.find(token("eks/cluster"), name)
		if r == nil {
			return nil, fmt.Errorf("reading EKS Cluster (%s): couldn't find resource", name)
		}
		answer := map[string]any{
			"id": name, "name": name, "tags": r.Outputs["tagsAll"], "clusterId": "",
			"accessConfigs": list(r.Outputs["accessConfig"]), "kubernetesNetworkConfigs": list(r.Outputs["kubernetesNetworkConfig"]),
			"upgradePolicies": list(r.Outputs["upgradePolicy"]), "identities": r.Outputs["identities"],
			"certificateAuthorities": r.Outputs["certificateAuthorities"],
		}
		for _, name := range []string{"arn", "createdAt", "enabledClusterLogTypes", "endpoint", "platformVersion", "roleArn", "status", "version", "vpcConfig"} {
			answer[name] = r.Outputs[name]
		}
		return answer, nil
	})
}

// list returns a list of one value, or an empty list for none.
func list(value any) []any {
	if value == nil {
		return []any{}
	}
	return []any{value}
}

// nodeGroups returns the names of a cluster's node groups.
func nodeGroups(s *Session, args map[string]any) (map[string]any, error) {
	return s.records(func(records stock) (map[string]any, error) {
		name := textAt(args, "clusterName")
		if records.find(token("eks/cluster"), name) == nil {
			return nil, fmt.Errorf("listing EKS Node Groups: ResourceNotFoundException: No cluster found for name: %s.", name) //nolint:revive,staticcheck // the provider's words
		}
		names := []any{}
		for _, r := range records.withProperty(token("eks/nodeGroup"), "clusterName", name) {
			names = append(names, r.Outputs["nodeGroupName"])
		}
		return map[string]any{"names": names, "id": name}, nil
	})
}

// nodeGroup returns a node group's current state, with the size that the autoscaler set.
func nodeGroup(s *Session, args map[string]any) (map[string]any, error) {
	return s.records(func(records stock) (map[string]any, error) {
		id := textAt(args, "clusterName") + ":" + textAt(args, "nodeGroupName")
		r := records.find(token("eks/nodeGroup"), id)
		if r == nil {
			return nil, fmt.Errorf("reading EKS Node Group (%s): couldn't find resource", id)
		}
		answer := map[string]any{
			"id": r.ID, "tags": r.Outputs["tagsAll"], "scalingConfigs": list(r.Outputs["scalingConfig"]),
			"launchTemplates": list(r.Outputs["launchTemplate"]), "diskSize": 0.0, "amiType": "AL2023_x86_64_STANDARD",
		}
		for _, name := range []string{
			"amiType", "arn", "capacityType", "diskSize", "instanceTypes", "labels", "nodeRoleArn", "releaseVersion", "resources", "status", "subnetIds",
			"taints", "version",
		} {
			if value := r.Outputs[name]; value != nil {
				answer[name] = value
			}
		}
		return answer, nil
	})
}

// addonVersion returns EKS' default version for a minor version of Kubernetes, or the newest
// build.
func addonVersion(_ *Session, args map[string]any) (map[string]any, error) {
	name, kubernetes := textAt(args, "addonName"), textAt(args, "kubernetesVersion")
	version := awsdata.DefaultAddonVersion(name, kubernetes)
	if args["mostRecent"] == true && version != "" {
		version = awsdata.AddonVersions(name, kubernetes)[0]
	}
	if version == "" {
		return nil, fmt.Errorf("reading EKS Add-On version info (%s, %s): couldn't find resource", name, kubernetes)
	}
	return map[string]any{"version": version, "id": name, "mostRecent": args["mostRecent"] == true}, nil
}

// releaseParameter matches the parameter with the newest release of an EKS-optimized image.
// https://docs.aws.amazon.com/eks/latest/userguide/retrieve-ami-id.html
var releaseParameter = regexp.MustCompile(`^/aws/service/eks/optimized-ami/(1\.\d+)/amazon-linux-2023/x86_64/(?:standard|nvidia)/recommended/release_version$`)

func parameter(s *Session, args map[string]any) (map[string]any, error) {
	name := textAt(args, "name")
	parts := releaseParameter.FindStringSubmatch(name)
	if parts == nil || awsdata.Release(parts[1]) == "" {
		return nil, fmt.Errorf("reading SSM Parameter (%s): couldn't find resource", name)
	}
	release := awsdata.Release(parts[1])
	return map[string]any{
		"value": release, "insecureValue": release, "type": "String", "version": 1.0, "id": name,
		"arn": fmt.Sprintf("arn:%s:ssm:%s::parameter%s", partition.Of(s.Region), s.Region, name),
	}, nil
}

// vpc returns a VPC by its ID, with its networks and its DNS attributes.
func vpc(s *Session, args map[string]any) (map[string]any, error) {
	if args["id"] == nil {
		return nil, errors.New("the simulated account looks up a VPC by id alone")
	}
	return s.records(func(records stock) (map[string]any, error) {
		r := records.find(token("ec2/vpc"), textAt(args, "id"))
		if r == nil {
			return nil, errors.New("no matching EC2 VPC found")
		}
		return map[string]any{
			"id": r.ID, "arn": r.Outputs["arn"], "cidrBlock": r.Outputs["cidrBlock"], "state": "available", "default": false,
			"cidrBlockAssociations": []any{map[string]any{"associationId": "vpc-cidr-assoc-" + r.ID, "cidrBlock": r.Outputs["cidrBlock"], "state": "associated"}},
			// By default a VPC has DNS resolution and no host names.
			"enableDnsSupport": r.Outputs["enableDnsSupport"] != false, "enableDnsHostnames": r.Outputs["enableDnsHostnames"] == true,
			"mainRouteTableId": r.Outputs["mainRouteTableId"], "ownerId": ID, "instanceTenancy": "default", "tags": r.Outputs["tagsAll"],
			"dhcpOptionsId": "dopt-simulated", "ipv6AssociationId": "", "ipv6CidrBlock": "", "enableNetworkAddressUsageMetrics": false,
		}, nil
	})
}

// routeTable returns a route table by its ID, or by a subnet. A subnet without an association
// uses its VPC's main table, which this lookup does not find.
func routeTable(s *Session, args map[string]any) (map[string]any, error) {
	return s.records(func(records stock) (map[string]any, error) {
		id := textAt(args, "routeTableId")
		for _, r := range records.withProperty(token("ec2/routeTableAssociation"), "subnetId", textAt(args, "subnetId")) {
			id = textAt(r.Outputs, "routeTableId")
		}
		r := records.find(token("ec2/routeTable"), id)
		if r == nil {
			return nil, errors.New("query returned no results. Please change your search criteria and try again")
		}
		routes := []any{}
		for _, route := range records.withProperty(token("ec2/route"), "routeTableId", r.ID) {
			routes = append(routes, map[string]any{
				"cidrBlock": route.Outputs["destinationCidrBlock"], "gatewayId": textAt(route.Outputs, "gatewayId"), "natGatewayId": textAt(route.Outputs, "natGatewayId"),
			})
		}
		associations := []any{}
		for _, a := range records.withProperty(token("ec2/routeTableAssociation"), "routeTableId", r.ID) {
			associations = append(associations, map[string]any{
				"routeTableAssociationId": a.ID, "routeTableId": r.ID, "subnetId": textAt(a.Outputs, "subnetId"), "gatewayId": "", "main": false,
			})
		}
		return map[string]any{
			"id": r.ID, "routeTableId": r.ID, "vpcId": r.Outputs["vpcId"], "arn": r.Outputs["arn"], "ownerId": ID, "tags": r.Outputs["tagsAll"],
			"routes": routes, "associations": associations, "subnetId": textAt(args, "subnetId"), "gatewayId": "",
		}, nil
	})
}
