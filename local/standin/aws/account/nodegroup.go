package account

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vllm-eks/vllm-eks/internal/stacktest/awsdata"
	"github.com/vllm-eks/vllm-eks/local/standin/shape"
)

// checkNodeGroup reports inputs that contradict each other.
// https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html, …/capacity-blocks-mng.html
func checkNodeGroup(c *shape.Problems, inputs map[string]any) {
	low, high := numberAt(inputs, "scalingConfig.minSize"), numberAt(inputs, "scalingConfig.maxSize")
	if len(valuesAt(inputs, "scalingConfig.maxSize")) > 0 && low > high {
		c.Addf("scalingConfig.minSize", "got %g, want at most maxSize, %g", low, high)
	}
	if inputs["launchTemplate"] != nil {
		for _, name := range []string{"diskSize", "remoteAccess"} {
			if inputs[name] != nil {
				c.Addf(name, "belongs into the launch template where there is one")
			}
		}
	}
	if inputs["capacityType"] == "CAPACITY_BLOCK" && inputs["launchTemplate"] == nil {
		c.Addf("launchTemplate", "missing, and required for a capacity block")
	}
	if kind := textAt(inputs, "amiType"); strings.HasPrefix(kind, "AL2_") && minor(textAt(inputs, "version")) > 32 {
		c.Addf("amiType", "got %q, which EKS builds up to 1.32", kind) // eks-ami-deprecation-faqs.html
	}
}

// nodeGroupFits compares a node group with its cluster, launch template and zones.
func nodeGroupFits(records stock, r, before *Record) error {
	if before == nil {
		if err := sizesFit(asObject(r.Inputs["scalingConfig"])); err != nil {
			return err
		}
	}
	cluster := records.find(token("eks/cluster"), textAt(r.Inputs, "clusterName"))
	if cluster == nil {
		return nil // the check of references reports it
	}
	if nodes, plane := minor(textAt(r.Inputs, "version")), minor(textAt(cluster.Outputs, "version")); nodes > plane {
		return fmt.Errorf("InvalidParameterException: nodes of 1.%d cannot join a cluster of 1.%d", nodes, plane)
	}
	var zones []string
	for _, id := range textsAt(r.Inputs, "subnetIds[]") {
		if subnet := records.find(token("ec2/subnet"), id); subnet != nil {
			zones = append(zones, textAt(subnet.Outputs, "availabilityZone"))
			if !same(subnet.Outputs["vpcId"], asObject(cluster.Outputs["vpcConfig"])["vpcId"]) {
				return fmt.Errorf("InvalidParameterException: %s is not of the cluster's VPC", id)
			}
		}
	}
	for _, instance := range textsAt(r.Inputs, "instanceTypes[]") {
		if !hasUnknown(r.Inputs["subnetIds"]) && !slices.ContainsFunc(zones, func(zone string) bool { return awsdata.Offers(awsdata.ZoneID(zone), instance) }) {
			return fmt.Errorf("InvalidParameterException: none of the zones %q offers %s", zones, instance)
		}
	}
	template := records.find(token("ec2/launchTemplate"), textAt(r.Inputs, "launchTemplate.id"))
	if template == nil {
		return nil
	}
	block := textAt(template.Inputs, "instanceMarketOptions.marketType") == "capacity-block"
	switch isBlock := r.Inputs["capacityType"] == "CAPACITY_BLOCK"; {
	case block != isBlock:
		return errors.New("InvalidRequestException: a capacity block is one in the launch template and in the group")
	case isBlock && textAt(template.Inputs, "capacityReservationSpecification.capacityReservationTarget.capacityReservationId") == "":
		return errors.New("InvalidRequestException: the launch template names no capacity block")
	case isBlock && len(zones) != 1:
		return errors.New("InvalidRequestException: a capacity block is in one zone")
	case textAt(template.Inputs, "instanceType") != "" && r.Inputs["instanceTypes"] != nil:
		return errors.New("InvalidRequestException: instance types are given twice, in the group and in its launch template")
	}
	return nil
}

func fillNodeGroup(_ *Session, records stock, r *Record) {
	if r.Outputs["version"] == nil {
		if cluster := records.find(token("eks/cluster"), textAt(r.Inputs, "clusterName")); cluster != nil {
			r.Outputs["version"] = cluster.Outputs["version"]
		}
	}
	if r.Outputs["releaseVersion"] == nil {
		r.Outputs["releaseVersion"] = awsdata.Release(textAt(r.Outputs, "version"))
	}
	if r.Outputs["resources"] == nil {
		name := "eks-" + textAt(r.Outputs, "nodeGroupName") + "-" + digits(8)
		r.Outputs["resources"] = []any{map[string]any{"autoscalingGroups": []any{map[string]any{"name": name}}, "remoteAccessSecurityGroupId": ""}}
	}
}

// affordNodeGroup returns an error if a group's first nodes exceed the quotas.
func affordNodeGroup(s *Session, records stock, r *Record) error {
	return s.expectCapacity(records, r, numberAt(r.Outputs, "scalingConfig.desiredSize"), "the creation")
}
