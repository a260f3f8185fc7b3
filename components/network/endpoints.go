package network

import (
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	networkspec "github.com/vllm-eks/vllm-eks/spec/network"
)

// endpoints registers the VPC endpoints, through which requests to AWS APIs stay in
// the VPC.
func (b builder) endpoints(vpc pulumi.StringOutput, private, public tier) ([]pulumi.Resource, error) {
	var tables pulumi.StringArray
	for _, zone := range slices.Sorted(slices.Values(b.spec.Zones)) {
		tables = append(tables, private.tables[zone].ID().ToStringOutput())
	}
	tables = append(tables, public.tables[b.spec.Zones[0]].ID().ToStringOutput())
	s3, err := ec2.NewVpcEndpoint(b.ctx, b.name+"-s3", &ec2.VpcEndpointArgs{
		VpcId:           vpc,
		VpcEndpointType: pulumi.String("Gateway"),
		ServiceName:     pulumi.String(networkspec.ServiceName(b.spec.Region, "s3")),
		RouteTableIds:   tables,
		Tags:            b.tags("s3", nil),
	}, b.opts...)
	if err != nil {
		return nil, err
	}
	ready := []pulumi.Resource{s3}
	var subnets pulumi.StringArray
	for _, zone := range b.spec.Spread(b.spec.InterfaceEndpoints) {
		subnets = append(subnets, private.subnets[zone].ID().ToStringOutput())
	}
	if len(subnets) == 0 {
		return ready, nil
	}
	group, err := ec2.NewSecurityGroup(b.ctx, b.name+"-endpoints", &ec2.SecurityGroupArgs{
		VpcId:       vpc,
		Description: pulumi.String("Interface endpoints, for everything in the VPC"),
		Ingress: ec2.SecurityGroupIngressArray{ec2.SecurityGroupIngressArgs{
			Description: pulumi.String("HTTPS"),
			Protocol:    pulumi.String("tcp"), FromPort: pulumi.Int(443), ToPort: pulumi.Int(443),
			CidrBlocks: pulumi.StringArray{pulumi.String(b.spec.CIDR)},
		}},
		Tags: b.tags("endpoints", nil),
	}, b.opts...)
	if err != nil {
		return nil, err
	}
	for _, service := range networkspec.InterfaceServices {
		endpoint, err := ec2.NewVpcEndpoint(b.ctx, b.name+"-"+service, &ec2.VpcEndpointArgs{
			VpcId:             vpc,
			VpcEndpointType:   pulumi.String("Interface"),
			ServiceName:       pulumi.String(networkspec.ServiceName(b.spec.Region, service)),
			SubnetIds:         subnets,
			SecurityGroupIds:  pulumi.StringArray{group.ID()},
			PrivateDnsEnabled: pulumi.Bool(true),
			Tags:              b.tags(service, nil),
		}, b.opts...)
		if err != nil {
			return nil, err
		}
		ready = append(ready, endpoint)
	}
	return ready, nil
}
