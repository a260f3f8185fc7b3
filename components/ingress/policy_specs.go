package ingress

import (
	"fmt"
	"maps"
	"slices"

	"github.com/vllm-eks/vllm-eks/internal/iampolicy"
	"github.com/vllm-eks/vllm-eks/internal/partition"
)

// clusterTag is the key of the tag that the controller sets on each AWS resource that
// it creates. The value is the cluster's name.
const clusterTag = "elbv2.k8s.aws/cluster"

// policy returns the policy of the controller's role. It is narrower than the policy
// that the controller's project publishes: it requires the tag of this cluster instead
// of any cluster, it allows one region and one kind of resource instead of all of AWS,
// and it omits the features that the values turn off.
// https://github.com/kubernetes-sigs/aws-load-balancer-controller/blob/v3.5.0/docs/install/iam_policy.json
func policy(region, cluster, vpc string) (string, error) {
	arn := func(service, resource string) string {
		return fmt.Sprintf("arn:%s:%s:%s:*:%s", partition.Of(region), service, region, resource)
	}
	var (
		groups    = []string{arn("ec2", "security-group/*")}
		balancers = []string{arn("elasticloadbalancing", "loadbalancer/app/*/*"), arn("elasticloadbalancing", "loadbalancer/net/*/*")}
		targets   = []string{arn("elasticloadbalancing", "targetgroup/*/*")}
		listeners = []string{arn("elasticloadbalancing", "listener/app/*/*/*"), arn("elasticloadbalancing", "listener/net/*/*/*")}
		rules     = []string{arn("elasticloadbalancing", "listener-rule/app/*/*/*"), arn("elasticloadbalancing", "listener-rule/net/*/*/*")}

		tagged  = equals("aws:ResourceTag/"+clusterTag, cluster)
		tagging = equals("aws:RequestTag/"+clusterTag, cluster)
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
			Resources: []string{arn("wafv2", "regional/webacl/*/*"), balancers[0]},
		},
		// EKS creates the security group of the nodes, which admits load balancers, and
		// sets its own tag on it.
		iampolicy.Statement{
			Sid:       "OpenNodes",
			Actions:   []string{"ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"},
			Resources: groups,
			Condition: iampolicy.Condition{"Null": {"aws:ResourceTag/kubernetes.io/cluster/" + cluster: {"false"}}},
		},
		iampolicy.Statement{Sid: "CreateGroup", Actions: []string{"ec2:CreateSecurityGroup"}, Resources: groups, Condition: tagging},
		iampolicy.Statement{Sid: "CreateGroupInVpc", Actions: []string{"ec2:CreateSecurityGroup"}, Resources: []string{arn("ec2", "vpc/"+vpc)}},
		iampolicy.Statement{
			Sid: "TagNewGroup", Actions: []string{"ec2:CreateTags"}, Resources: groups,
			Condition: combine(tagging, equals("ec2:CreateAction", "CreateSecurityGroup")),
		},
		iampolicy.Statement{
			Sid: "TagGroup", Actions: []string{"ec2:CreateTags", "ec2:DeleteTags"}, Resources: groups,
			Condition: combine(tagged, keepingTag),
		},
		iampolicy.Statement{
			Sid:       "ChangeGroup",
			Actions:   []string{"ec2:AuthorizeSecurityGroupIngress", "ec2:DeleteSecurityGroup", "ec2:RevokeSecurityGroupIngress"},
			Resources: groups, Condition: tagged,
		},
		iampolicy.Statement{
			Sid:       "Create",
			Actions:   []string{"elasticloadbalancing:CreateLoadBalancer", "elasticloadbalancing:CreateTargetGroup"},
			Resources: slices.Concat(balancers, targets), Condition: tagging,
		},
		iampolicy.Statement{
			Sid: "TagNew", Actions: []string{"elasticloadbalancing:AddTags"}, Resources: slices.Concat(balancers, targets),
			Condition: combine(tagging, equals("elasticloadbalancing:CreateAction", "CreateLoadBalancer", "CreateTargetGroup")),
		},
		iampolicy.Statement{
			Sid: "Tag", Actions: []string{"elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags"}, Resources: slices.Concat(balancers, targets),
			Condition: combine(tagged, keepingTag),
		},
		iampolicy.Statement{
			Sid: "TagListeners", Actions: []string{"elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags"}, Resources: slices.Concat(listeners, rules),
		},
		iampolicy.Statement{Sid: "Change", Actions: changes, Resources: slices.Concat(balancers, targets, listeners), Condition: tagged},
		iampolicy.Statement{
			Sid: "Targets", Actions: []string{"elasticloadbalancing:DeregisterTargets", "elasticloadbalancing:RegisterTargets"}, Resources: targets,
		},
		iampolicy.Statement{Sid: "Listeners", Actions: listenerChanges, Resources: slices.Concat(balancers, listeners, rules)},
	)
}

var (
	// reads lists the actions that AWS allows only for all resources.
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
	// changes lists the actions on resources with the cluster's tag.
	changes = []string{
		"elasticloadbalancing:DeleteLoadBalancer", "elasticloadbalancing:DeleteTargetGroup", "elasticloadbalancing:ModifyCapacityReservation",
		"elasticloadbalancing:ModifyIpPools", "elasticloadbalancing:ModifyListenerAttributes", "elasticloadbalancing:ModifyLoadBalancerAttributes",
		"elasticloadbalancing:ModifyTargetGroup", "elasticloadbalancing:ModifyTargetGroupAttributes", "elasticloadbalancing:SetIpAddressType",
		"elasticloadbalancing:SetSecurityGroups", "elasticloadbalancing:SetSubnets",
	}
	// listenerChanges lists the actions that need no tag. The published policy requires
	// none for them, either.
	listenerChanges = []string{
		"elasticloadbalancing:AddListenerCertificates", "elasticloadbalancing:CreateListener", "elasticloadbalancing:CreateRule",
		"elasticloadbalancing:DeleteListener", "elasticloadbalancing:DeleteRule", "elasticloadbalancing:ModifyListener",
		"elasticloadbalancing:ModifyRule", "elasticloadbalancing:RemoveListenerCertificates", "elasticloadbalancing:SetRulePriorities",
		"elasticloadbalancing:SetWebAcl",
	}
	// keepingTag is the condition of a request that does not change the cluster's tag.
	keepingTag = iampolicy.Condition{"Null": {"aws:RequestTag/" + clusterTag: {"true"}}}
)

func equals(key string, values ...string) iampolicy.Condition {
	return iampolicy.Condition{"StringEquals": {key: values}}
}

// combine returns the condition that requires both conditions.
func combine(a, b iampolicy.Condition) iampolicy.Condition {
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
