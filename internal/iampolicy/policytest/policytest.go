// Package policytest checks the policies of IAM roles.
package policytest

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Statement is one statement of a policy, decoded.
type Statement struct {
	Sid, Effect string
	Action      []string
	Resource    []string
	Condition   map[string]map[string][]string
}

// longestInline is IAM's limit of characters in the inline policies of a role.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const longestInline = 10240

var (
	sid = regexp.MustCompile(`^[A-Za-z0-9]+$`)
	arn = regexp.MustCompile(`^arn:(aws|aws-cn|aws-us-gov):[a-z0-9-]+:[a-z0-9-]*:(\*|\d{12})?:[\w./*:-]+$`)
)

// Check fails if IAM does not accept the policy, if an action does not exist, or if an
// action that changes something is allowed on every resource.
func Check(t *testing.T, text string) []Statement {
	t.Helper()
	var policy struct {
		Version   string
		Statement []Statement
	}
	decoder := json.NewDecoder(bytes.NewBufferString(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&policy); err != nil {
		t.Fatalf("the policy is no policy: %v", err)
	}
	if policy.Version != "2012-10-17" || len(policy.Statement) == 0 || len(text) > longestInline {
		t.Errorf("the policy has the version %q, %d statements and %d characters", policy.Version, len(policy.Statement), len(text))
	}
	seen := map[string]bool{}
	for _, s := range policy.Statement {
		if !sid.MatchString(s.Sid) || seen[s.Sid] || s.Effect != "Allow" || len(s.Action) == 0 || len(s.Resource) == 0 {
			t.Errorf("the statement %q is not complete, or there twice: %+v", s.Sid, s)
		}
		seen[s.Sid] = true
		for _, problem := range Problems(s) {
			t.Errorf("%s: %s", s.Sid, problem)
		}
	}
	return policy.Statement
}

// Problems returns the problems of one statement.
func Problems(s Statement) []string {
	var found []string
	for _, resource := range s.Resource {
		if resource != "*" && !arn.MatchString(resource) {
			found = append(found, resource+" is no ARN")
		}
	}
	for _, action := range s.Action {
		switch changes, ok := actions[action]; {
		case !ok:
			found = append(found, action+" is no action that is known")
		case changes && slices.Contains(s.Resource, "*") && len(s.Condition) == 0:
			found = append(found, action+" is allowed on everything")
		}
	}
	for operator, keys := range s.Condition {
		if !slices.Contains([]string{"StringEquals", "StringLike", "Null"}, operator) {
			found = append(found, operator+" is no operator that is known")
		}
		for key, values := range keys {
			if !strings.Contains(key, ":") || len(values) == 0 {
				found = append(found, key+" is no condition")
			}
		}
	}
	return found
}

// actions reports for each action that this program may allow whether it changes
// anything, by the access levels of the service authorization reference. Tagging counts
// as a change.
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
var actions = map[string]bool{
	"acm:DescribeCertificate": false, "acm:ListCertificates": false,
	"autoscaling:DescribeAutoScalingGroups": false, "autoscaling:DescribeAutoScalingInstances": false,
	"autoscaling:DescribeLaunchConfigurations": false, "autoscaling:DescribeScalingActivities": false, "autoscaling:DescribeTags": false,
	"autoscaling:SetDesiredCapacity": true, "autoscaling:TerminateInstanceInAutoScalingGroup": true,
	"cognito-idp:DescribeUserPoolClient":                  false,
	"ec2:AuthorizeSecurityGroupIngress":                   true,
	"ec2:CreateSecurityGroup":                             true,
	"ec2:CreateTags":                                      true,
	"ec2:DeleteSecurityGroup":                             true,
	"ec2:DeleteTags":                                      true,
	"ec2:DescribeAccountAttributes":                       false,
	"ec2:DescribeAddresses":                               false,
	"ec2:DescribeAvailabilityZones":                       false,
	"ec2:DescribeCoipPools":                               false,
	"ec2:DescribeImages":                                  false,
	"ec2:DescribeInstanceTypes":                           false,
	"ec2:DescribeInstances":                               false,
	"ec2:DescribeInternetGateways":                        false,
	"ec2:DescribeIpamPools":                               false,
	"ec2:DescribeLaunchTemplateVersions":                  false,
	"ec2:DescribeNetworkInterfaces":                       false,
	"ec2:DescribeRouteTables":                             false,
	"ec2:DescribeSecurityGroups":                          false,
	"ec2:DescribeSubnets":                                 false,
	"ec2:DescribeTags":                                    false,
	"ec2:DescribeVpcPeeringConnections":                   false,
	"ec2:DescribeVpcs":                                    false,
	"ec2:GetCoipPoolUsage":                                false,
	"ec2:GetInstanceTypesFromInstanceRequirements":        false,
	"ec2:GetSecurityGroupsForVpc":                         false,
	"ec2:RevokeSecurityGroupIngress":                      true,
	"eks:DescribeNodegroup":                               false,
	"elasticloadbalancing:AddListenerCertificates":        true,
	"elasticloadbalancing:AddTags":                        true,
	"elasticloadbalancing:CreateListener":                 true,
	"elasticloadbalancing:CreateLoadBalancer":             true,
	"elasticloadbalancing:CreateRule":                     true,
	"elasticloadbalancing:CreateTargetGroup":              true,
	"elasticloadbalancing:DeleteListener":                 true,
	"elasticloadbalancing:DeleteLoadBalancer":             true,
	"elasticloadbalancing:DeleteRule":                     true,
	"elasticloadbalancing:DeleteTargetGroup":              true,
	"elasticloadbalancing:DeregisterTargets":              true,
	"elasticloadbalancing:DescribeCapacityReservation":    false,
	"elasticloadbalancing:DescribeListenerAttributes":     false,
	"elasticloadbalancing:DescribeListenerCertificates":   false,
	"elasticloadbalancing:DescribeListeners":              false,
	"elasticloadbalancing:DescribeLoadBalancerAttributes": false,
	"elasticloadbalancing:DescribeLoadBalancers":          false,
	"elasticloadbalancing:DescribeRules":                  false,
	"elasticloadbalancing:DescribeSSLPolicies":            false,
	"elasticloadbalancing:DescribeTags":                   false,
	"elasticloadbalancing:DescribeTargetGroupAttributes":  false,
	"elasticloadbalancing:DescribeTargetGroups":           false,
	"elasticloadbalancing:DescribeTargetHealth":           false,
	"elasticloadbalancing:DescribeTrustStores":            false,
	"elasticloadbalancing:ModifyCapacityReservation":      true,
	"elasticloadbalancing:ModifyIpPools":                  true,
	"elasticloadbalancing:ModifyListener":                 true,
	"elasticloadbalancing:ModifyListenerAttributes":       true,
	"elasticloadbalancing:ModifyLoadBalancerAttributes":   true,
	"elasticloadbalancing:ModifyRule":                     true,
	"elasticloadbalancing:ModifyTargetGroup":              true,
	"elasticloadbalancing:ModifyTargetGroupAttributes":    true,
	"elasticloadbalancing:RegisterTargets":                true,
	"elasticloadbalancing:RemoveListenerCertificates":     true,
	"elasticloadbalancing:RemoveTags":                     true,
	"elasticloadbalancing:SetIpAddressType":               true,
	"elasticloadbalancing:SetRulePriorities":              true,
	"elasticloadbalancing:SetSecurityGroups":              true,
	"elasticloadbalancing:SetSubnets":                     true,
	"elasticloadbalancing:SetWebAcl":                      true,
	"iam:CreateServiceLinkedRole":                         true,
	"iam:GetServerCertificate":                            false,
	"iam:ListServerCertificates":                          false,
	"logs:PutLogEvents":                                   true,
	"wafv2:AssociateWebACL":                               true,
	"wafv2:DisassociateWebACL":                            true,
	"wafv2:GetWebACL":                                     false,
	"wafv2:GetWebACLForResource":                          false,
}
