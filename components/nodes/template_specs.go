package nodes

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	nodespec "github.com/vllm-eks/vllm-eks/spec/nodes"
)

// launchTemplate returns the arguments of a launch template: an encrypted disk, a
// metadata service that only the node reaches, and the stack's tags on the resources
// that cost money.
func launchTemplate(t nodespec.Template) *ec2.LaunchTemplateArgs {
	args := &ec2.LaunchTemplateArgs{
		Description:          pulumi.String(t.Label),
		UpdateDefaultVersion: pulumi.Bool(true),
		BlockDeviceMappings: ec2.LaunchTemplateBlockDeviceMappingArray{ec2.LaunchTemplateBlockDeviceMappingArgs{
			DeviceName: pulumi.String("/dev/xvda"),
			Ebs: ec2.LaunchTemplateBlockDeviceMappingEbsArgs{
				VolumeSize:          pulumi.Int(t.DiskGiB),
				VolumeType:          pulumi.String("gp3"),
				Encrypted:           pulumi.String("true"),
				DeleteOnTermination: pulumi.String("true"),
			},
		}},
		// One hop: a pod does not reach the service, and so cannot use the node's role.
		MetadataOptions: ec2.LaunchTemplateMetadataOptionsArgs{
			HttpEndpoint:            pulumi.String("enabled"),
			HttpTokens:              pulumi.String("required"),
			HttpPutResponseHopLimit: pulumi.Int(1),
		},
	}
	var specifications ec2.LaunchTemplateTagSpecificationArray
	for _, kind := range nodespec.TaggedKinds() {
		specifications = append(specifications, ec2.LaunchTemplateTagSpecificationArgs{ResourceType: pulumi.String(kind), Tags: pulumi.ToStringMap(t.Tags)})
	}
	args.TagSpecifications = specifications
	if t.UserData != "" {
		args.UserData = pulumi.String(t.UserData)
	}
	if t.ReservationID != "" {
		args.CapacityReservationSpecification = ec2.LaunchTemplateCapacityReservationSpecificationArgs{
			CapacityReservationTarget: ec2.LaunchTemplateCapacityReservationSpecificationCapacityReservationTargetArgs{
				CapacityReservationId: pulumi.String(t.ReservationID),
			},
		}
	}
	if t.BlockType != "" {
		args.InstanceType = pulumi.String(t.BlockType)
		args.InstanceMarketOptions = ec2.LaunchTemplateInstanceMarketOptionsArgs{MarketType: pulumi.String("capacity-block")}
	}
	return args
}
