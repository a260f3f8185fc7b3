package account

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
)

const nameOfIAM = `[\w+=,.@-]{1,128}`

var identityKinds = map[string]*Kind{
	"iam/role": {
		Inputs: iam.RoleArgs{}, Outputs: iam.Role{}, identity: "{name}", exists: "EntityAlreadyExists",
		Name: "name", Prefix: "namePrefix", MaxName: 64, Documents: []string{"assumeRolePolicy"},
		replaces: []string{"name", "namePrefix", "path"}, // iam/role.go
		computed: map[string]string{
			"arn": "arn:{partition}:iam::{account}:role/{name}", "uniqueId": "AROA{name}", "createDate": "2026-01-01T00:00:00Z", "path": "/",
		},
		formats: formats{
			"name": matching(`[\w+=,.@-]{1,64}`, "a name of 1 to 64 letters, digits and +=,.@-_"), "maxSessionDuration": between(3600, 43200),
			"assumeRolePolicy": policyDocument(ofTrust, 2048), // IAM's quota for a trust policy
		},
	},
	"iam/rolePolicy": {
		Inputs: iam.RolePolicyArgs{}, Outputs: iam.RolePolicy{}, identity: "{role}:{name}",
		Name: "name", Prefix: "namePrefix", MaxName: 128, Documents: []string{"policy"},
		replaces: []string{"name", "namePrefix", "role"},                                                             // iam/role_policy.go
		formats:  formats{"name": matching(nameOfIAM, "a name of IAM"), "policy": policyDocument(ofIdentity, 10240)}, // IAM's quota for inline policies
	},
	"iam/rolePolicyAttachment": {
		Inputs: iam.RolePolicyAttachmentArgs{}, Outputs: iam.RolePolicyAttachment{}, identity: "{role}/{policyArn}",
		replaces: []string{"policyArn", "role"}, // iam/role_policy_attachment.go
		formats:  formats{"policyArn": inPartition(`iam::(\d{12}:policy/[\w+=,.@-]+|aws:policy/(`+strings.Join(managedPolicies, "|")+"))", "a policy of AWS' or of the account")},
		compare: func(records stock, r, _ *Record) error {
			arn := textAt(r.Inputs, "policyArn")
			if strings.Contains(arn, "::aws:") || len(records.withProperty(token("iam/policy"), "arn", arn)) > 0 {
				return nil
			}
			return fmt.Errorf("NoSuchEntity: there is no policy %s", arn)
		},
	},
}

// managedPolicies are AWS' managed policies that this kind of platform needs.
// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
var managedPolicies = []string{
	"AmazonEKSClusterPolicy", "AmazonEKSVPCResourceController", "AmazonEKSWorkerNodePolicy", "AmazonEKSWorkerNodeMinimalPolicy",
	"AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryReadOnly", "AmazonEC2ContainerRegistryPullOnly",
	"AmazonSSMManagedInstanceCore", "service-role/AmazonEBSCSIDriverPolicy", "AmazonEBSCSIDriverPolicyV2",
	"service-role/AmazonEFSCSIDriverPolicy", "CloudWatchAgentServerPolicy",
}
