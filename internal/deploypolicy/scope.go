package deploypolicy

import (
	"slices"
	"strings"
)

// scope limits actions to the program's resources.
type scope struct {
	// name is the statement's Sid, in letters and digits.
	name string
	// resources are ARNs. Default: everything.
	resources []string
	// condition holds values by operator and key. Default: none.
	condition map[string]map[string][]string
}

func (v Values) regional(conditions ...map[string]map[string][]string) map[string]map[string][]string {
	merged := map[string]map[string][]string{"StringEquals": {"aws:RequestedRegion": {v.Region}}}
	for _, c := range conditions {
		for operator, keys := range c {
			if merged[operator] == nil {
				merged[operator] = map[string][]string{}
			}
			for key, values := range keys {
				merged[operator][key] = values
			}
		}
	}
	return merged
}

func (v Values) tagged(key string) map[string]map[string][]string {
	return map[string]map[string][]string{"StringEquals": {key + "/vllm-eks:project": {v.Project}}}
}

func (v Values) arn(service, rest string) string {
	return "arn:" + v.Partition + ":" + service + ":" + v.Region + ":" + v.Account + ":" + rest
}

// clusterARNs returns the ARNs of a cluster and of its resources.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelastickubernetesservice.html
func (v Values) clusterARNs() []string {
	var arns []string
	for _, kind := range []string{"cluster/*", "nodegroup/*/*/*", "addon/*/*/*", "access-entry/*/*/*/*/*", "podidentityassociation/*/*"} {
		arns = append(arns, v.arn("eks", strings.Replace(kind, "/*", "/"+v.Project+"-*", 1)))
	}
	return arns
}

// Actions that need one of the scopes below. The service limits any other action.
var (
	// ownEC2Actions act on one resource, which has the project's tag.
	// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
	ownEC2Actions = []string{
		"ec2:CreateLaunchTemplateVersion", "ec2:DeleteFlowLogs", "ec2:DeleteInternetGateway", "ec2:DeleteLaunchTemplate", "ec2:DeleteNatGateway",
		"ec2:DeleteRoute", "ec2:DeleteRouteTable", "ec2:DeleteSecurityGroup", "ec2:DeleteSubnet", "ec2:DeleteVpc", "ec2:DeleteVpcEndpoints",
		"ec2:ModifyLaunchTemplate", "ec2:ModifySubnetAttribute", "ec2:ModifyVpcAttribute", "ec2:ReleaseAddress", "ec2:ReplaceRoute",
	}
	// unnamedEKSActions are actions of EKS that name no cluster.
	unnamedEKSActions = []string{"eks:DescribeAddonVersions", "eks:ListClusters"}
	// unboundActions are actions that IAM cannot limit to a resource.
	unboundActions = []string{"autoscaling:DescribeTags", "logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeLogGroups"}
	// newRoleActions and newKeyActions tag the resource that they create.
	newRoleActions = []string{"iam:CreateRole"}
	newKeyActions  = []string{"kms:CreateKey"}
	// ownKeyActions require the project's tag on the key. Other actions may follow the
	// creation of a key within the five minutes that KMS needs to apply tags.
	// https://docs.aws.amazon.com/kms/latest/developerguide/tag-authorization.html
	ownKeyActions = []string{
		"kms:DisableKey", "kms:DisableKeyRotation", "kms:EnableKey", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:UntagResource", "kms:UpdateKeyDescription",
	}
)

// passedTo are the services that receive one of the program's roles.
var passedTo = []string{"ec2.amazonaws.com", "eks.amazonaws.com", "pods.eks.amazonaws.com", "vpc-flow-logs.amazonaws.com"}

// linkedTo are the services for which AWS creates a role once in an account.
var linkedTo = []string{"autoscaling.amazonaws.com", "eks-nodegroup.amazonaws.com", "eks.amazonaws.com", "spot.amazonaws.com"}

// scopeOf returns the scope to which an action is limited.
func (v Values) scopeOf(action string) scope {
	service, name, _ := strings.Cut(action, ":")
	isIn := func(list []string) bool { return slices.Contains(list, action) }
	roles := []string{"arn:" + v.Partition + ":iam::" + v.Account + ":role/*"}
	keys := []string{v.arn("kms", "key/*")}
	switch {
	case action == "iam:PassRole":
		return scope{"PassRoles", roles, map[string]map[string][]string{"StringEquals": {"iam:PassedToService": passedTo}}}
	case action == "iam:CreateServiceLinkedRole":
		return scope{"LinkServices", []string{"arn:" + v.Partition + ":iam::" + v.Account + ":role/aws-service-role/*"}, map[string]map[string][]string{"StringEquals": {"iam:AWSServiceName": linkedTo}}}
	case isIn(newRoleActions):
		return scope{"CreateRoles", roles, v.tagged("aws:RequestTag")}
	case service == "iam" && (action == "iam:TagRole" || strings.HasPrefix(name, "Get") || strings.HasPrefix(name, "List")):
		return scope{"ReadAndTagRoles", roles, nil}
	case service == "iam": // creation also needs iam:TagRole, before the role has a tag
		return scope{"ChangeRoles", roles, v.tagged("aws:ResourceTag")}
	case isIn(newKeyActions):
		return scope{"CreateKeys", nil, v.regional(v.tagged("aws:RequestTag"))}
	case action == "kms:CreateGrant":
		return scope{"GrantKeysToServices", keys, map[string]map[string][]string{"Bool": {"kms:GrantIsForAWSResource": {"true"}}}}
	case isIn(ownKeyActions):
		return scope{"ChangeKeys", keys, v.tagged("aws:ResourceTag")}
	case service == "kms":
		return scope{"ReadAndTagKeys", keys, nil}
	case service == "eks" && !isIn(unnamedEKSActions):
		return scope{"Clusters", v.clusterARNs(), nil}
	case service == "logs" && !isIn(unboundActions):
		return scope{"LogGroups", []string{v.arn("logs", "log-group:/aws/eks/"+v.Project+"-*"), v.arn("logs", "log-group:/vllm-eks/"+v.Project+"-*"), v.arn("logs", "log-group:network-flow-logs-*")}, nil}
	case service == "autoscaling" && !isIn(unboundActions):
		return scope{"TagNodeGroups", []string{v.arn("autoscaling", "autoScalingGroup:*:autoScalingGroupName/eks-*")}, nil}
	case service == "ssm":
		return scope{"Releases", []string{"arn:" + v.Partition + ":ssm:" + v.Region + "::parameter/aws/service/eks/*"}, nil}
	case isIn(ownEC2Actions):
		return scope{"ChangeOwnNetwork", nil, v.regional(v.tagged("aws:ResourceTag"))}
	case service == "sts":
		return scope{"WhoAmI", nil, nil}
	case service == "ec2" && !strings.HasPrefix(name, "Describe"):
		return scope{"Network", nil, v.regional()}
	}
	return scope{"Describe", nil, v.regional()}
}
