package nodes

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// localDisks has the node's setup make one disk of its local ones, and put
// images, logs and the pods' ephemeral storage there.
// https://awslabs.github.io/amazon-eks-ami/nodeadm/doc/api/
const localDisks = `MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="NODE"

--NODE
Content-Type: application/node.eks.aws

apiVersion: node.eks.aws/v1alpha1
kind: NodeConfig
spec:
  instance:
    localStorage:
      strategy: RAID0

--NODE--
`

// launchTemplate is what every node is started with: an encrypted disk, the
// metadata service for the node alone, and the stack's tags on what costs.
func launchTemplate(label string, diskGiB int, tags map[string]string) *ec2.LaunchTemplateArgs {
	named := maps.Clone(tags)
	if named == nil {
		named = map[string]string{}
	}
	named["Name"] = label
	args := &ec2.LaunchTemplateArgs{
		Description:          pulumi.String(label),
		UpdateDefaultVersion: pulumi.Bool(true),
		BlockDeviceMappings: ec2.LaunchTemplateBlockDeviceMappingArray{ec2.LaunchTemplateBlockDeviceMappingArgs{
			DeviceName: pulumi.String("/dev/xvda"),
			Ebs: ec2.LaunchTemplateBlockDeviceMappingEbsArgs{
				VolumeSize:          pulumi.Int(diskGiB),
				VolumeType:          pulumi.String("gp3"),
				Encrypted:           pulumi.String("true"),
				DeleteOnTermination: pulumi.String("true"),
			},
		}},
		// One hop: a pod does not reach the service, and with it the node's role.
		MetadataOptions: ec2.LaunchTemplateMetadataOptionsArgs{
			HttpEndpoint:            pulumi.String("enabled"),
			HttpTokens:              pulumi.String("required"),
			HttpPutResponseHopLimit: pulumi.Int(1),
		},
	}
	var specifications ec2.LaunchTemplateTagSpecificationArray
	for _, kind := range []string{"instance", "volume", "network-interface"} {
		specifications = append(specifications, ec2.LaunchTemplateTagSpecificationArgs{ResourceType: pulumi.String(kind), Tags: pulumi.ToStringMap(named)})
	}
	args.TagSpecifications = specifications
	return args
}

// launchTemplate is that of a group with GPUs.
func (g Group) launchTemplate(label string, tags map[string]string) *ec2.LaunchTemplateArgs {
	args := launchTemplate(label, g.DiskGiB, tags)
	if g.localGB() > 0 {
		args.UserData = pulumi.String(base64.StdEncoding.EncodeToString([]byte(localDisks)))
	}
	if g.ReservationID != "" {
		args.CapacityReservationSpecification = ec2.LaunchTemplateCapacityReservationSpecificationArgs{
			CapacityReservationTarget: ec2.LaunchTemplateCapacityReservationSpecificationCapacityReservationTargetArgs{
				CapacityReservationId: pulumi.String(g.ReservationID),
			},
		}
	}
	if g.Capacity == CapacityBlock {
		args.InstanceType = pulumi.String(g.InstanceTypes[0])
		args.InstanceMarketOptions = ec2.LaunchTemplateInstanceMarketOptionsArgs{MarketType: pulumi.String("capacity-block")}
	}
	return args
}

// digest identifies a launch template by what a node is started with. Two equal
// templates have the same digest, whatever their versions are.
func digest(template *ec2.LaunchTemplateArgs) string {
	text, _ := json.Marshal(template) // plain values, which JSON has
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}
