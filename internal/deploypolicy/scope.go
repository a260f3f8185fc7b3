package deploypolicy

import (
	"slices"
	"strings"
)

// Placeholders of the policies, which users replace by their values.
const (
	Account = "111122223333"
	Region  = "us-west-2"
	// Project is Pulumi's project: the value of the tag vllm-eks:project, and the
	// beginning of a cluster's default name.
	Project = "vllm-eks"
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

func regional(conditions ...map[string]map[string][]string) map[string]map[string][]string {
	merged := map[string]map[string][]string{"StringEquals": {"aws:RequestedRegion": {Region}}}
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

func tagged(key string) map[string]map[string][]string {
	return map[string]map[string][]string{"StringEquals": {key + "/vllm-eks:project": {Project}}}
}

func arn(service, rest string) string {
	return "arn:aws:" + service + ":" + Region + ":" + Account + ":" + rest
}

// clusterARNs returns the ARNs of a cluster and of its resources.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelastickubernetesservice.html
func clusterARNs() []string {
	var arns []string
	for _, kind := range []string{"cluster/*", "nodegroup/*/*/*", "addon/*/*/*", "access-entry/*/*/*/*/*", "podidentityassociation/*/*"} {
		arns = append(arns, arn("eks", strings.Replace(kind, "/*", "/"+Project+"-*", 1)))
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
func scopeOf(action string) scope {
	service, name, _ := strings.Cut(action, ":")
	isIn := func(list []string) bool { return slices.Contains(list, action) }
	roles := []string{"arn:aws:iam::" + Account + ":role/*"}
	keys := []string{arn("kms", "key/*")}
	switch {
	case action == "iam:PassRole":
		return scope{"PassRoles", roles, map[string]map[string][]string{"StringEquals": {"iam:PassedToService": passedTo}}}
	case action == "iam:CreateServiceLinkedRole":
		return scope{"LinkServices", []string{"arn:aws:iam::" + Account + ":role/aws-service-role/*"}, map[string]map[string][]string{"StringEquals": {"iam:AWSServiceName": linkedTo}}}
	case isIn(newRoleActions):
		return scope{"CreateRoles", roles, tagged("aws:RequestTag")}
	case service == "iam" && (action == "iam:TagRole" || strings.HasPrefix(name, "Get") || strings.HasPrefix(name, "List")):
		return scope{"ReadAndTagRoles", roles, nil}
	case service == "iam": // creation also needs iam:TagRole, before the role has a tag
		return scope{"ChangeRoles", roles, tagged("aws:ResourceTag")}
	case isIn(newKeyActions):
		return scope{"CreateKeys", nil, regional(tagged("aws:RequestTag"))}
	case action == "kms:CreateGrant":
		return scope{"GrantKeysToServices", keys, map[string]map[string][]string{"Bool": {"kms:GrantIsForAWSResource": {"true"}}}}
	case isIn(ownKeyActions):
		return scope{"ChangeKeys", keys, tagged("aws:ResourceTag")}
	case service == "kms":
		return scope{"ReadAndTagKeys", keys, nil}
	case service == "eks" && !isIn(unnamedEKSActions):
		return scope{"Clusters", clusterARNs(), nil}
	case service == "logs" && !isIn(unboundActions):
		return scope{"LogGroups", []string{arn("logs", "log-group:/aws/eks/"+Project+"-*"), arn("logs", "log-group:/vllm-eks/"+Project+"-*"), arn("logs", "log-group:network-flow-logs-*")}, nil}
	case service == "autoscaling" && !isIn(unboundActions):
		return scope{"TagNodeGroups", []string{arn("autoscaling", "autoScalingGroup:*:autoScalingGroupName/eks-*")}, nil}
	case service == "ssm":
		return scope{"Releases", []string{"arn:aws:ssm:" + Region + "::parameter/aws/service/eks/*"}, nil}
	case isIn(ownEC2Actions):
		return scope{"ChangeOwnNetwork", nil, regional(tagged("aws:ResourceTag"))}
	case service == "sts":
		return scope{"WhoAmI", nil, nil}
	case service == "ec2" && !strings.HasPrefix(name, "Describe"):
		return scope{"Network", nil, regional()}
	}
	return scope{"Describe", nil, regional()}
}
