package account

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Effects of a deletion on a resource that refers to the deleted one.
const (
	stays = ""        // AWS deletes the target, and the resource keeps a stale reference
	goes  = "cascade" // AWS deletes the resource too
	// All other values are the error with which AWS refuses the deletion.
	violation = "DependencyViolation"
	conflict  = "DeleteConflict"
	inUse     = "ResourceInUseException"
)

// reference is a property whose value is a value of another resource, which must exist.
type reference struct {
	source, path string // type that refers, and its property
	target, key  string // type that is referred to, and its output
	deletion     string // effect of deleting the target while the source exists
	trusts       string // service that the role must trust
}

// references are those of the types in kinds. Sources of AWS' refusals:
// EC2, docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (DependencyViolation)
// and …/vpc/latest/userguide/delete-vpc.html; IAM, docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html
// and API_DeletePolicy.html (DeleteConflict); EKS, docs.aws.amazon.com/eks/latest/APIReference/API_DeleteCluster.html
// (ResourceInUseException).
var references = []reference{
	{source: "ec2/subnet", path: "vpcId", target: "ec2/vpc", key: "id", deletion: violation},                                                                   // delete-vpc.html
	{source: "ec2/internetGateway", path: "vpcId", target: "ec2/vpc", key: "id", deletion: violation},                                                          // delete-vpc.html
	{source: "ec2/routeTable", path: "vpcId", target: "ec2/vpc", key: "id", deletion: violation},                                                               // delete-vpc.html
	{source: "ec2/securityGroup", path: "vpcId", target: "ec2/vpc", key: "id", deletion: violation},                                                            // delete-vpc.html
	{source: "ec2/vpcEndpoint", path: "vpcId", target: "ec2/vpc", key: "id", deletion: violation},                                                              // delete-vpc.html
	{source: "ec2/defaultSecurityGroup", path: "vpcId", target: "ec2/vpc", key: "id", deletion: goes},                                                          // delete-vpc.html
	{source: "ec2/flowLog", path: "vpcId", target: "ec2/vpc", key: "id", deletion: stays},                                                                      // vpc/latest/userguide/flow-logs.html
	{source: "ec2/flowLog", path: "iamRoleArn", target: "iam/role", key: "arn", trusts: "vpc-flow-logs.amazonaws.com"},                                         // flow-logs-iam-role.html
	{source: "ec2/flowLog", path: "logDestination", target: "cloudwatch/logGroup", key: "arn"},                                                                 // API_CreateFlowLogs.html
	{source: "ec2/natGateway", path: "subnetId", target: "ec2/subnet", key: "id", deletion: violation},                                                         // its network interface
	{source: "ec2/natGateway", path: "allocationId", target: "ec2/eip", key: "allocationId", deletion: "InvalidIPAddress.InUse"},                               // API_ReleaseAddress.html
	{source: "ec2/route", path: "routeTableId", target: "ec2/routeTable", key: "id", deletion: goes},                                                           // API_DeleteRouteTable.html
	{source: "ec2/route", path: "gatewayId", target: "ec2/internetGateway", key: "id"},                                                                         // a route may remain as a blackhole
	{source: "ec2/route", path: "natGatewayId", target: "ec2/natGateway", key: "id"},                                                                           // likewise
	{source: "ec2/routeTableAssociation", path: "subnetId", target: "ec2/subnet", key: "id", deletion: goes},                                                   // API_DeleteSubnet.html
	{source: "ec2/routeTableAssociation", path: "routeTableId", target: "ec2/routeTable", key: "id", deletion: violation},                                      // API_DeleteRouteTable.html
	{source: "ec2/vpcEndpoint", path: "routeTableIds[]", target: "ec2/routeTable", key: "id"},                                                                  // API_CreateVpcEndpoint.html
	{source: "ec2/vpcEndpoint", path: "subnetIds[]", target: "ec2/subnet", key: "id", deletion: violation},                                                     // its network interfaces
	{source: "ec2/vpcEndpoint", path: "securityGroupIds[]", target: "ec2/securityGroup", key: "id", deletion: violation},                                       // API_DeleteSecurityGroup.html
	{source: "ec2/securityGroupRule", path: "securityGroupId", target: "ec2/securityGroup", key: "id", deletion: goes},                                         // API_DeleteSecurityGroup.html
	{source: "ec2/securityGroupRule", path: "sourceSecurityGroupId", target: "ec2/securityGroup", key: "id", deletion: violation},                              // API_DeleteSecurityGroup.html
	{source: "ec2/launchTemplate", path: "vpcSecurityGroupIds[]", target: "ec2/securityGroup", key: "id"},                                                      // a template does not block the deletion
	{source: "cloudwatch/logStream", path: "logGroupName", target: "cloudwatch/logGroup", key: "name", deletion: goes},                                         // API_DeleteLogGroup.html
	{source: "cloudwatch/logGroup", path: "kmsKeyId", target: "kms/key", key: "arn"},                                                                           // API_CreateLogGroup.html
	{source: "iam/rolePolicy", path: "role", target: "iam/role", key: "id", deletion: conflict},                                                                // API_DeleteRole.html
	{source: "iam/rolePolicyAttachment", path: "role", target: "iam/role", key: "id", deletion: conflict},                                                      // API_DeleteRole.html
	{source: "kms/alias", path: "targetKeyId", target: "kms/key", key: "keyId", deletion: goes},                                                                // kms API_ScheduleKeyDeletion.html
	{source: "s3/bucketVersioningV2", path: "bucket", target: "s3/bucketV2", key: "bucket", deletion: goes},                                                    // s3 API_DeleteBucket.html
	{source: "s3/bucketServerSideEncryptionConfigurationV2", path: "bucket", target: "s3/bucketV2", key: "bucket", deletion: goes},                             // likewise
	{source: "s3/bucketServerSideEncryptionConfigurationV2", path: "rules[].applyServerSideEncryptionByDefault.kmsMasterKeyId", target: "kms/key", key: "arn"}, // s3 UsingKMSEncryption.html
	{source: "s3/bucketPublicAccessBlock", path: "bucket", target: "s3/bucketV2", key: "bucket", deletion: goes},                                               // s3 API_DeleteBucket.html
	{source: "s3/bucketPolicy", path: "bucket", target: "s3/bucketV2", key: "bucket", deletion: goes},                                                          // likewise
	{source: "eks/cluster", path: "roleArn", target: "iam/role", key: "arn", trusts: "eks.amazonaws.com"},                                                      // eks/latest/userguide/cluster-iam-role.html
	{source: "eks/cluster", path: "vpcConfig.subnetIds[]", target: "ec2/subnet", key: "id", deletion: violation},                                               // its network interfaces
	{source: "eks/cluster", path: "vpcConfig.securityGroupIds[]", target: "ec2/securityGroup", key: "id", deletion: violation},                                 // API_DeleteSecurityGroup.html
	{source: "eks/cluster", path: "encryptionConfig.provider.keyArn", target: "kms/key", key: "arn"},                                                           // eks API_CreateCluster.html
	{source: "eks/accessEntry", path: "clusterName", target: "eks/cluster", key: "name", deletion: goes},                                                       // API_DeleteCluster.html
	{source: "eks/accessPolicyAssociation", path: "clusterName", target: "eks/cluster", key: "name", deletion: goes},                                           // API_DeleteCluster.html
	{source: "eks/addon", path: "clusterName", target: "eks/cluster", key: "name", deletion: goes},                                                             // API_DeleteCluster.html
	{source: "eks/addon", path: "serviceAccountRoleArn", target: "iam/role", key: "arn"},                                                                       // API_CreateAddon.html
	{source: "eks/addon", path: "podIdentityAssociations[].roleArn", target: "iam/role", key: "arn", trusts: "pods.eks.amazonaws.com"},                         // pod-id-role.html
	{source: "eks/podIdentityAssociation", path: "clusterName", target: "eks/cluster", key: "name", deletion: goes},                                            // API_DeleteCluster.html
	{source: "eks/podIdentityAssociation", path: "roleArn", target: "iam/role", key: "arn", trusts: "pods.eks.amazonaws.com"},                                  // pod-id-role.html
	{source: "eks/nodeGroup", path: "clusterName", target: "eks/cluster", key: "name", deletion: inUse},                                                        // API_DeleteCluster.html
	{source: "eks/nodeGroup", path: "nodeRoleArn", target: "iam/role", key: "arn", trusts: "ec2.amazonaws.com"},                                                // create-node-role.html
	{source: "eks/nodeGroup", path: "subnetIds[]", target: "ec2/subnet", key: "id", deletion: violation},                                                       // its instances
	{source: "eks/nodeGroup", path: "launchTemplate.id", target: "ec2/launchTemplate", key: "id"},                                                              // API_DeleteLaunchTemplate.html
	{source: "autoscaling/tag", path: "autoscalingGroupName", target: "eks/nodeGroup", key: "resources[].autoscalingGroups[].name", deletion: goes},            // autoscaling API_DeleteAutoScalingGroup.html
}

// token returns the type of a table's short name: aws:ec2/vpc:Vpc of ec2/vpc.
func token(short string) string {
	_, name, _ := strings.Cut(short, "/")
	return "aws:" + short + ":" + strings.ToUpper(name[:1]) + name[1:]
}

// values returns a resource's values at a path. The ID is not one of its outputs.
func (r *Record) values(path string) []any {
	if path == "id" {
		return []any{r.ID}
	}
	return valuesAt(r.Outputs, path)
}

// referred returns the resource that a value refers to; nil if there is none.
func (records stock) referred(ref reference, value any) *Record {
	for _, target := range records.ofType(token(ref.target)) {
		if slices.Contains(target.values(ref.key), value) {
			return target
		}
	}
	return nil
}

// expectReferences returns an error for every reference to a resource that does not exist.
func (records stock) expectReferences(r *Record) error {
	var errs []error
	for _, ref := range references {
		if token(ref.source) != r.Type {
			continue
		}
		visit(r.Inputs, ref.path, func(place string, value any) {
			target := records.referred(ref, value)
			switch {
			case target == nil && !comesWith(ref, value, records):
				errs = append(errs, fmt.Errorf("%s: there is no %s %q", place, ref.target, value))
			case target != nil && ref.trusts != "" && !trusts(textAt(target.Inputs, "assumeRolePolicy"), ref.trusts):
				errs = append(errs, fmt.Errorf("%s: the role %s does not trust %s", place, target.ID, ref.trusts))
			}
		})
	}
	return errors.Join(errs...)
}

// comesWith reports whether a security group belongs to a cluster or a VPC. No program creates
// those.
func comesWith(ref reference, value any, records stock) bool {
	return ref.target == "ec2/securityGroup" && (len(records.withProperty(token("eks/cluster"), "vpcConfig.clusterSecurityGroupId", value)) > 0 ||
		len(records.withProperty(token("ec2/vpc"), "defaultSecurityGroupId", value)) > 0)
}

// heldBy returns the resources that AWS deletes with a resource, and an error while others
// block the deletion.
func (records stock) heldBy(r *Record) ([]*Record, error) {
	var dependents []*Record
	var errs []error
	for _, ref := range references {
		if token(ref.target) != r.Type || ref.deletion == stays {
			continue
		}
		for _, holder := range records.ofType(token(ref.source)) {
			if !slices.ContainsFunc(valuesAt(holder.Outputs, ref.path), func(v any) bool { return slices.Contains(r.values(ref.key), v) }) {
				continue
			}
			if ref.deletion == goes {
				dependents = append(dependents, holder)
				continue
			}
			errs = append(errs, fmt.Errorf("%s: %s %s is needed by %s %s", ref.deletion, ref.target, r.ID, ref.source, holder.ID))
		}
	}
	return dependents, errors.Join(errs...)
}

// expectUnique returns an error for a second resource if AWS allows only one.
func (records stock) expectUnique(k *Kind, r *Record) error {
	if len(k.unique) == 0 {
		return nil
	}
	for _, sibling := range records.ofType(r.Type) {
		if !slices.ContainsFunc(k.unique, func(path string) bool { return !same(valuesAt(r.Outputs, path), valuesAt(sibling.Outputs, path)) }) {
			return fmt.Errorf("%s: %s %s has the same %s", k.exists, k.short(r.Type), sibling.ID, strings.Join(k.unique, " and "))
		}
	}
	return nil
}
