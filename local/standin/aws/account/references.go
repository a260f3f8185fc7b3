package account

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// What happens to a resource that refers to another when that is deleted.
const (
	stays = ""        // AWS lets it go, and what refers to it keeps an old reference
	goes  = "cascade" // it goes too
	// All else is the error with which AWS refuses: first the others have to go.
	violation = "DependencyViolation"
	conflict  = "DeleteConflict"
	inUse     = "ResourceInUseException"
)

// reference is a property whose value is something of another resource, which
// has to exist.
type reference struct {
	from, path string // who refers, and where
	to, key    string // to what, and which of its outputs
	deletion   string // of to, while from is there
	trusts     string // service that the role has to trust
}

// references of the types in kinds. What AWS refuses is in the sources named:
// EC2, docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (DependencyViolation)
// and …/vpc/latest/userguide/delete-vpc.html; IAM, docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html
// and API_DeletePolicy.html (DeleteConflict); EKS, docs.aws.amazon.com/eks/latest/APIReference/API_DeleteCluster.html
// (ResourceInUseException).
var references = []reference{
	{from: "ec2/subnet", path: "vpcId", to: "ec2/vpc", key: "id", deletion: violation},                                                        // delete-vpc.html
	{from: "ec2/internetGateway", path: "vpcId", to: "ec2/vpc", key: "id", deletion: violation},                                               // delete-vpc.html
	{from: "ec2/routeTable", path: "vpcId", to: "ec2/vpc", key: "id", deletion: violation},                                                    // delete-vpc.html
	{from: "ec2/securityGroup", path: "vpcId", to: "ec2/vpc", key: "id", deletion: violation},                                                 // delete-vpc.html
	{from: "ec2/vpcEndpoint", path: "vpcId", to: "ec2/vpc", key: "id", deletion: violation},                                                   // delete-vpc.html
	{from: "ec2/defaultSecurityGroup", path: "vpcId", to: "ec2/vpc", key: "id", deletion: goes},                                               // delete-vpc.html
	{from: "ec2/flowLog", path: "vpcId", to: "ec2/vpc", key: "id", deletion: stays},                                                           // vpc/latest/userguide/flow-logs.html
	{from: "ec2/flowLog", path: "iamRoleArn", to: "iam/role", key: "arn", trusts: "vpc-flow-logs.amazonaws.com"},                              // flow-logs-iam-role.html
	{from: "ec2/flowLog", path: "logDestination", to: "cloudwatch/logGroup", key: "arn"},                                                      // API_CreateFlowLogs.html
	{from: "ec2/natGateway", path: "subnetId", to: "ec2/subnet", key: "id", deletion: violation},                                              // its network interface
	{from: "ec2/natGateway", path: "allocationId", to: "ec2/eip", key: "allocationId", deletion: "InvalidIPAddress.InUse"},                    // API_ReleaseAddress.html
	{from: "ec2/route", path: "routeTableId", to: "ec2/routeTable", key: "id", deletion: goes},                                                // API_DeleteRouteTable.html
	{from: "ec2/route", path: "gatewayId", to: "ec2/internetGateway", key: "id"},                                                              // a route may be left as a blackhole
	{from: "ec2/route", path: "natGatewayId", to: "ec2/natGateway", key: "id"},                                                                // likewise
	{from: "ec2/routeTableAssociation", path: "subnetId", to: "ec2/subnet", key: "id", deletion: goes},                                        // API_DeleteSubnet.html
	{from: "ec2/routeTableAssociation", path: "routeTableId", to: "ec2/routeTable", key: "id", deletion: violation},                           // API_DeleteRouteTable.html
	{from: "ec2/vpcEndpoint", path: "routeTableIds[]", to: "ec2/routeTable", key: "id"},                                                       // API_CreateVpcEndpoint.html
	{from: "ec2/vpcEndpoint", path: "subnetIds[]", to: "ec2/subnet", key: "id", deletion: violation},                                          // its network interfaces
	{from: "ec2/vpcEndpoint", path: "securityGroupIds[]", to: "ec2/securityGroup", key: "id", deletion: violation},                            // API_DeleteSecurityGroup.html
	{from: "ec2/securityGroupRule", path: "securityGroupId", to: "ec2/securityGroup", key: "id", deletion: goes},                              // API_DeleteSecurityGroup.html
	{from: "ec2/securityGroupRule", path: "sourceSecurityGroupId", to: "ec2/securityGroup", key: "id", deletion: violation},                   // API_DeleteSecurityGroup.html
	{from: "ec2/launchTemplate", path: "vpcSecurityGroupIds[]", to: "ec2/securityGroup", key: "id"},                                           // templates hold nothing
	{from: "cloudwatch/logGroup", path: "kmsKeyId", to: "kms/key", key: "arn"},                                                                // API_CreateLogGroup.html
	{from: "iam/rolePolicy", path: "role", to: "iam/role", key: "id", deletion: conflict},                                                     // API_DeleteRole.html
	{from: "iam/rolePolicyAttachment", path: "role", to: "iam/role", key: "id", deletion: conflict},                                           // API_DeleteRole.html
	{from: "eks/cluster", path: "roleArn", to: "iam/role", key: "arn", trusts: "eks.amazonaws.com"},                                           // eks/latest/userguide/cluster-iam-role.html
	{from: "eks/cluster", path: "vpcConfig.subnetIds[]", to: "ec2/subnet", key: "id", deletion: violation},                                    // its network interfaces
	{from: "eks/cluster", path: "vpcConfig.securityGroupIds[]", to: "ec2/securityGroup", key: "id", deletion: violation},                      // API_DeleteSecurityGroup.html
	{from: "eks/cluster", path: "encryptionConfig.provider.keyArn", to: "kms/key", key: "arn"},                                                // eks API_CreateCluster.html
	{from: "eks/accessEntry", path: "clusterName", to: "eks/cluster", key: "name", deletion: goes},                                            // API_DeleteCluster.html
	{from: "eks/accessPolicyAssociation", path: "clusterName", to: "eks/cluster", key: "name", deletion: goes},                                // API_DeleteCluster.html
	{from: "eks/addon", path: "clusterName", to: "eks/cluster", key: "name", deletion: goes},                                                  // API_DeleteCluster.html
	{from: "eks/addon", path: "serviceAccountRoleArn", to: "iam/role", key: "arn"},                                                            // API_CreateAddon.html
	{from: "eks/addon", path: "podIdentityAssociations[].roleArn", to: "iam/role", key: "arn", trusts: "pods.eks.amazonaws.com"},              // pod-id-role.html
	{from: "eks/podIdentityAssociation", path: "clusterName", to: "eks/cluster", key: "name", deletion: goes},                                 // API_DeleteCluster.html
	{from: "eks/podIdentityAssociation", path: "roleArn", to: "iam/role", key: "arn", trusts: "pods.eks.amazonaws.com"},                       // pod-id-role.html
	{from: "eks/nodeGroup", path: "clusterName", to: "eks/cluster", key: "name", deletion: inUse},                                             // API_DeleteCluster.html
	{from: "eks/nodeGroup", path: "nodeRoleArn", to: "iam/role", key: "arn", trusts: "ec2.amazonaws.com"},                                     // create-node-role.html
	{from: "eks/nodeGroup", path: "subnetIds[]", to: "ec2/subnet", key: "id", deletion: violation},                                            // its instances
	{from: "eks/nodeGroup", path: "launchTemplate.id", to: "ec2/launchTemplate", key: "id"},                                                   // API_DeleteLaunchTemplate.html
	{from: "autoscaling/tag", path: "autoscalingGroupName", to: "eks/nodeGroup", key: "resources[].autoscalingGroups[].name", deletion: goes}, // autoscaling API_DeleteAutoScalingGroup.html
}

// token is the type of a table's short name: aws:ec2/vpc:Vpc of ec2/vpc.
func token(short string) string {
	_, name, _ := strings.Cut(short, "/")
	return "aws:" + short + ":" + strings.ToUpper(name[:1]) + name[1:]
}

// values are a resource's own ones at a path; its ID is beside its outputs.
func (r *Record) values(path string) []any {
	if path == "id" {
		return []any{r.ID}
	}
	return valuesAt(r.Outputs, path)
}

// referred is the resource that a value refers to, nil where there is none.
func (all stock) referred(ref reference, value any) *Record {
	for _, target := range all.of(token(ref.to)) {
		if slices.Contains(target.values(ref.key), value) {
			return target
		}
	}
	return nil
}

// expectReferences refuses a resource that refers to what does not exist.
func (all stock) expectReferences(r *Record) error {
	var errs []error
	for _, ref := range references {
		if token(ref.from) != r.Type {
			continue
		}
		visit(r.Inputs, ref.path, func(place string, value any) {
			target := all.referred(ref, value)
			switch {
			case target == nil && !comesWith(ref, value, all):
				errs = append(errs, fmt.Errorf("%s: there is no %s %q", place, ref.to, value))
			case target != nil && ref.trusts != "" && !trusts(textAt(target.Inputs, "assumeRolePolicy"), ref.trusts):
				errs = append(errs, fmt.Errorf("%s: the role %s does not trust %s", place, target.ID, ref.trusts))
			}
		})
	}
	return errors.Join(errs...)
}

// comesWith are security groups that no program creates: those of a cluster or VPC.
func comesWith(ref reference, value any, all stock) bool {
	return ref.to == "ec2/securityGroup" && (len(all.with(token("eks/cluster"), "vpcConfig.clusterSecurityGroupId", value)) > 0 ||
		len(all.with(token("ec2/vpc"), "defaultSecurityGroupId", value)) > 0)
}

// heldBy lists what goes with a resource; it is an error while something holds it.
func (all stock) heldBy(r *Record) ([]*Record, error) {
	var with []*Record
	var errs []error
	for _, ref := range references {
		if token(ref.to) != r.Type || ref.deletion == stays {
			continue
		}
		for _, holder := range all.of(token(ref.from)) {
			if !slices.ContainsFunc(valuesAt(holder.Outputs, ref.path), func(v any) bool { return slices.Contains(r.values(ref.key), v) }) {
				continue
			}
			if ref.deletion == goes {
				with = append(with, holder)
				continue
			}
			errs = append(errs, fmt.Errorf("%s: %s %s is needed by %s %s", ref.deletion, ref.to, r.ID, ref.from, holder.ID))
		}
	}
	return with, errors.Join(errs...)
}

// expectUnique refuses a second resource where AWS allows one.
func (all stock) expectUnique(k *Kind, r *Record) error {
	if len(k.unique) == 0 {
		return nil
	}
	for _, other := range all.of(r.Type) {
		if !slices.ContainsFunc(k.unique, func(path string) bool { return !same(valuesAt(r.Outputs, path), valuesAt(other.Outputs, path)) }) {
			return fmt.Errorf("%s: %s %s has the same %s", k.exists, k.short(r.Type), other.ID, strings.Join(k.unique, " and "))
		}
	}
	return nil
}
