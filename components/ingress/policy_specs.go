package ingress

import (
	"fmt"
	"maps"
	"slices"

	"github.com/vllm-eks/vllm-eks/internal/iampolicy"
	"github.com/vllm-eks/vllm-eks/internal/partition"
)

// clusterTag is on everything that the controller makes, with the cluster's name.
const clusterTag = "elbv2.k8s.aws/cluster"

// policy is what the controller's role may do. It is the policy that the
// controller's project publishes, and narrower: where that asks for the tag of
// some cluster it is of this one, where it allows all of AWS it is this region's
// and one kind of thing, and what the values turn off is not in it.
// https://github.com/kubernetes-sigs/aws-load-balancer-controller/blob/v3.5.0/docs/install/iam_policy.json
func policy(region, cluster, vpc string) (string, error) {
	of := func(service, resource string) string {
		return fmt.Sprintf("arn:%s:%s:%s:*:%s", partition.Of(region), service, region, resource)
	}
	var (
		groups    = []string{of("ec2", "security-group/*")}
		balancers = []string{of("elasticloadbalancing", "loadbalancer/app/*/*"), of("elasticloadbalancing", "loadbalancer/net/*/*")}
		targets   = []string{of("elasticloadbalancing", "targetgroup/*/*")}
		listeners = []string{of("elasticloadbalancing", "listener/app/*/*/*"), of("elasticloadbalancing", "listener/net/*/*/*")}
		rules     = []string{of("elasticloadbalancing", "listener-rule/app/*/*/*"), of("elasticloadbalancing", "listener-rule/net/*/*/*")}

		made   = equals("aws:ResourceTag/"+clusterTag, cluster)
		making = equals("aws:RequestTag/"+clusterTag, cluster)
	)
	return iampolicy.JSON(
		iampolicy.Statement{Sid: "Read", Actions: reads, Resources: []string{"*"}},
		iampolicy.Statement{
			Sid:       "LinkRole",
			Actions:   []string{"iam:CreateServiceLinkedRole"},
			Resources: []string{fmt.Sprintf("arn:%s:iam::*:role/aws-service-role/elasticloadbalancing.amazonaws.com/*", partition.Of(region))},
			Condition: equals("iam:AWSServiceName", "elasticloadbalancing.amazonaws.com"),
		},
		iampolicy.Statement{
			Sid:       "Firewall",
			Actions:   []string{"wafv2:AssociateWebACL", "wafv2:DisassociateWebACL"},
			Resources: []string{of("wafv2", "regional/webacl/*/*"), balancers[0]},
		},
		// The nodes' security group, which lets load balancers in, is EKS' and has its
		// tag.
		iampolicy.Statement{
			Sid:       "OpenNodes",
			Actions:   []string{"ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"},
			Resources: groups,
			Condition: iampolicy.Condition{"Null": {"aws:ResourceTag/kubernetes.io/cluster/" + cluster: {"false"}}},
		},
		iampolicy.Statement{Sid: "CreateGroup", Actions: []string{"ec2:CreateSecurityGroup"}, Resources: groups, Condition: making},
		iampolicy.Statement{Sid: "CreateGroupInVpc", Actions: []string{"ec2:CreateSecurityGroup"}, Resources: []string{of("ec2", "vpc/"+vpc)}},
		iampolicy.Statement{
			Sid: "TagNewGroup", Actions: []string{"ec2:CreateTags"}, Resources: groups,
			Condition: and(making, equals("ec2:CreateAction", "CreateSecurityGroup")),
		},
		iampolicy.Statement{
			Sid: "TagGroup", Actions: []string{"ec2:CreateTags", "ec2:DeleteTags"}, Resources: groups,
			Condition: and(made, keepingTag),
		},
		iampolicy.Statement{
			Sid:       "ChangeGroup",
			Actions:   []string{"ec2:AuthorizeSecurityGroupIngress", "ec2:DeleteSecurityGroup", "ec2:RevokeSecurityGroupIngress"},
			Resources: groups, Condition: made,
		},
		iampolicy.Statement{
			Sid:       "Create",
			Actions:   []string{"elasticloadbalancing:CreateLoadBalancer", "elasticloadbalancing:CreateTargetGroup"},
			Resources: slices.Concat(balancers, targets), Condition: making,
		},
		iampolicy.Statement{
			Sid: "TagNew", Actions: []string{"elasticloadbalancing:AddTags"}, Resources: slices.Concat(balancers, targets),
			Condition: and(making, equals("elasticloadbalancing:CreateAction", "CreateLoadBalancer", "CreateTargetGroup")),
		},
		iampolicy.Statement{
			Sid: "Tag", Actions: []string{"elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags"}, Resources: slices.Concat(balancers, targets),
			Condition: and(made, keepingTag),
		},
		iampolicy.Statement{
			Sid: "TagListeners", Actions: []string{"elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags"}, Resources: slices.Concat(listeners, rules),
		},
		iampolicy.Statement{Sid: "Change", Actions: changes, Resources: slices.Concat(balancers, targets, listeners), Condition: made},
		iampolicy.Statement{
			Sid: "Targets", Actions: []string{"elasticloadbalancing:DeregisterTargets", "elasticloadbalancing:RegisterTargets"}, Resources: targets,
		},
		iampolicy.Statement{Sid: "Listeners", Actions: listenerChanges, Resources: slices.Concat(balancers, listeners, rules)},
	)
}

var (
	// reads are allowed on everything, since AWS knows no narrower way.
	reads = []string{
		"acm:DescribeCertificate", "acm:ListCertificates", "cognito-idp:DescribeUserPoolClient",
		"ec2:DescribeAccountAttributes", "ec2:DescribeAddresses", "ec2:DescribeAvailabilityZones", "ec2:DescribeCoipPools",
		"ec2:DescribeInstances", "ec2:DescribeInternetGateways", "ec2:DescribeIpamPools", "ec2:DescribeNetworkInterfaces",
		"ec2:DescribeRouteTables", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeTags",
		"ec2:DescribeVpcPeeringConnections", "ec2:DescribeVpcs", "ec2:GetCoipPoolUsage", "ec2:GetSecurityGroupsForVpc",
		"elasticloadbalancing:DescribeCapacityReservation", "elasticloadbalancing:DescribeListenerAttributes",
		"elasticloadbalancing:DescribeListenerCertificates", "elasticloadbalancing:DescribeListeners",
		"elasticloadbalancing:DescribeLoadBalancerAttributes", "elasticloadbalancing:DescribeLoadBalancers",
		"elasticloadbalancing:DescribeRules", "elasticloadbalancing:DescribeSSLPolicies", "elasticloadbalancing:DescribeTags",
		"elasticloadbalancing:DescribeTargetGroupAttributes", "elasticloadbalancing:DescribeTargetGroups",
		"elasticloadbalancing:DescribeTargetHealth", "elasticloadbalancing:DescribeTrustStores",
		"iam:GetServerCertificate", "iam:ListServerCertificates", "wafv2:GetWebACL", "wafv2:GetWebACLForResource",
	}
	changes = []string{
		"elasticloadbalancing:DeleteLoadBalancer", "elasticloadbalancing:DeleteTargetGroup", "elasticloadbalancing:ModifyCapacityReservation",
		"elasticloadbalancing:ModifyIpPools", "elasticloadbalancing:ModifyListenerAttributes", "elasticloadbalancing:ModifyLoadBalancerAttributes",
		"elasticloadbalancing:ModifyTargetGroup", "elasticloadbalancing:ModifyTargetGroupAttributes", "elasticloadbalancing:SetIpAddressType",
		"elasticloadbalancing:SetSecurityGroups", "elasticloadbalancing:SetSubnets",
	}
	// listenerChanges are without a tag in the published policy too.
	listenerChanges = []string{
		"elasticloadbalancing:AddListenerCertificates", "elasticloadbalancing:CreateListener", "elasticloadbalancing:CreateRule",
		"elasticloadbalancing:DeleteListener", "elasticloadbalancing:DeleteRule", "elasticloadbalancing:ModifyListener",
		"elasticloadbalancing:ModifyRule", "elasticloadbalancing:RemoveListenerCertificates", "elasticloadbalancing:SetRulePriorities",
		"elasticloadbalancing:SetWebAcl",
	}
	// keepingTag is a request that leaves the cluster's tag as it is.
	keepingTag = iampolicy.Condition{"Null": {"aws:RequestTag/" + clusterTag: {"true"}}}
)

func equals(key string, values ...string) iampolicy.Condition {
	return iampolicy.Condition{"StringEquals": {key: values}}
}

// and holds where both do.
func and(a, b iampolicy.Condition) iampolicy.Condition {
	both := iampolicy.Condition{}
	for _, c := range []iampolicy.Condition{a, b} {
		for operator, keys := range c {
			if both[operator] == nil {
				both[operator] = map[string][]string{}
			}
			maps.Copy(both[operator], keys)
		}
	}
	return both
}
