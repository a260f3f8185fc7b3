package account

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"

	"github.com/vllm-eks/vllm-eks/internal/partition"
	"github.com/vllm-eks/vllm-eks/internal/stacktest/awsdata"
	"github.com/vllm-eks/vllm-eks/local/standin/shape"
)

// kinds are the supported types. replaces has the properties that AWS' Terraform provider 5
// marks with ForceNew, in the file named beside it, of
// github.com/hashicorp/terraform-provider-aws, internal/service. The other columns follow the
// API's reference.
var kinds = byToken(ec2Kinds, identityKinds, eksKinds, otherKinds, bootstrapKinds)

func byToken(tables ...map[string]*Kind) map[string]*Kind {
	merged := map[string]*Kind{}
	for _, table := range tables {
		for short, k := range table {
			merged[token(short)] = k
		}
	}
	return merged
}

var ec2Kinds = map[string]*Kind{
	"ec2/vpc": {
		Inputs: ec2.VpcArgs{}, Outputs: ec2.Vpc{}, identity: "vpc-",
		replaces: []string{"cidrBlock", "instanceTenancy", "ipv4IpamPoolId", "ipv4NetmaskLength"}, // ec2/vpc_.go
		computed: map[string]string{
			"arn": "arn:{partition}:ec2:{region}:{account}:vpc/{id}", "ownerId": "{account}",
			"mainRouteTableId": "rtb-main-{id}", "defaultRouteTableId": "rtb-main-{id}",
			"defaultSecurityGroupId": "sg-default-{id}", "defaultNetworkAclId": "acl-default-{id}",
		},
		formats: formats{"cidrBlock": cidr(16, 28), "instanceTenancy": oneOf(ec2types.Tenancy("").Values())},
	},
	"ec2/subnet": {
		Inputs: ec2.SubnetArgs{}, Outputs: ec2.Subnet{}, identity: "subnet-", required: []string{"cidrBlock"},
		replaces: []string{"availabilityZone", "availabilityZoneId", "cidrBlock", "vpcId", "ipv6Native", "outpostArn"}, // ec2/vpc_subnet.go
		computed: map[string]string{"arn": "arn:{partition}:ec2:{region}:{account}:subnet/{id}", "ownerId": "{account}"},
		formats:  formats{"cidrBlock": cidr(16, 28), "availabilityZone": zone},
		compare:  subnetFits,
		fill: func(s *Session, _ stock, r *Record) {
			if r.Outputs["availabilityZone"] == nil {
				r.Outputs["availabilityZone"] = s.Region + "a"
			}
			r.Outputs["availabilityZoneId"] = awsdata.ZoneID(textAt(r.Outputs, "availabilityZone"))
		},
	},
	"ec2/internetGateway": {
		Inputs: ec2.InternetGatewayArgs{}, Outputs: ec2.InternetGateway{}, identity: "igw-",
		unique: []string{"vpcId"}, exists: "Resource.AlreadyAssociated",
		computed: map[string]string{"arn": "arn:{partition}:ec2:{region}:{account}:internet-gateway/{id}", "ownerId": "{account}"},
		held:     gatewayHeld,
	},
	"ec2/eip": {
		Inputs: ec2.EipArgs{}, Outputs: ec2.Eip{}, identity: "eipalloc-",
		replaces: []string{"address", "customerOwnedIpv4Pool", "domain", "ipamPoolId", "networkBorderGroup", "publicIpv4Pool", "vpc"}, // ec2/ec2_eip.go
		computed: map[string]string{"allocationId": "{id}", "arn": "arn:{partition}:ec2:{region}:{account}:elastic-ip/{id}", "publicIp": "203.0.113.10"},
		formats:  formats{"domain": oneOf(ec2types.DomainType("").Values())},
	},
	"ec2/natGateway": {
		Inputs: ec2.NatGatewayArgs{}, Outputs: ec2.NatGateway{}, identity: "nat-",
		replaces: []string{"allocationId", "connectivityType", "privateIp", "subnetId"}, // ec2/vpc_nat_gateway.go
		computed: map[string]string{"networkInterfaceId": "eni-{id}", "publicIp": "203.0.113.10", "privateIp": "192.0.2.10"},
		formats:  formats{"connectivityType": oneOf(ec2types.ConnectivityType("").Values())},
		check: func(c *shape.Problems, inputs map[string]any) {
			if inputs["allocationId"] == nil && inputs["connectivityType"] != "private" {
				c.Addf("allocationId", "missing, and required for a public gateway")
			}
		},
	},
	"ec2/routeTable": {
		Inputs: ec2.RouteTableArgs{}, Outputs: ec2.RouteTable{}, identity: "rtb-",
		replaces: []string{"vpcId"}, // ec2/vpc_route_table.go
		computed: map[string]string{"arn": "arn:{partition}:ec2:{region}:{account}:route-table/{id}", "ownerId": "{account}"},
	},
	"ec2/route": {
		Inputs: ec2.RouteArgs{}, Outputs: ec2.Route{}, identity: "r-{routeTableId}-{destinationCidrBlock}",
		exists:   "RouteAlreadyExists",
		replaces: []string{"routeTableId", "destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId"}, // ec2/vpc_route.go
		computed: map[string]string{"origin": "CreateRoute", "state": "active"},
		formats:  formats{"destinationCidrBlock": cidr(0, 32)},
		check: func(c *shape.Problems, inputs map[string]any) {
			exactlyOne(c, inputs, "destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId")
			exactlyOne(c, inputs, "carrierGatewayId", "coreNetworkArn", "egressOnlyGatewayId", "gatewayId", "localGatewayId",
				"natGatewayId", "networkInterfaceId", "transitGatewayId", "vpcEndpointId", "vpcPeeringConnectionId")
		},
	},
	"ec2/routeTableAssociation": {
		Inputs: ec2.RouteTableAssociationArgs{}, Outputs: ec2.RouteTableAssociation{}, identity: "rtbassoc-",
		unique: []string{"subnetId"}, exists: "Resource.AlreadyAssociated",
		replaces: []string{"subnetId", "gatewayId"}, // ec2/vpc_route_table_association.go
		check:    func(c *shape.Problems, inputs map[string]any) { exactlyOne(c, inputs, "subnetId", "gatewayId") },
	},
	"ec2/vpcEndpoint": {
		Inputs: ec2.VpcEndpointArgs{}, Outputs: ec2.VpcEndpoint{}, identity: "vpce-", Documents: []string{"policy"},
		replaces: []string{"serviceName", "serviceRegion", "vpcEndpointType", "vpcId", "resourceConfigurationArn", "serviceNetworkArn"}, // ec2/vpc_endpoint.go
		computed: map[string]string{"arn": "arn:{partition}:ec2:{region}:{account}:vpc-endpoint/{id}", "ownerId": "{account}", "prefixListId": "pl-{id}", "state": "available"},
		formats: formats{
			"vpcEndpointType": oneOf(ec2types.VpcEndpointType("").Values()), "policy": policyDocument(ofResource, 20480),
			"serviceName": func(value any, s *Session) string {
				return endpointService(value, s.Region)
			},
		},
		check: checkEndpoint, compare: endpointFits,
	},
	"ec2/defaultSecurityGroup": {
		Inputs: ec2.DefaultSecurityGroupArgs{}, Outputs: ec2.DefaultSecurityGroup{}, identity: "sg-default-{vpcId}",
		replaces: []string{"vpcId"}, // ec2/vpc_default_security_group.go
		computed: map[string]string{"arn": "arn:{partition}:ec2:{region}:{account}:security-group/{id}", "ownerId": "{account}", "name": "default", "description": "default VPC security group"},
		formats:  ruleFormats,
	},
	"ec2/securityGroup": {
		Inputs: ec2.SecurityGroupArgs{}, Outputs: ec2.SecurityGroup{}, identity: "sg-", Name: "name", Prefix: "namePrefix", MaxName: 255,
		unique: []string{"vpcId", "name"}, exists: "InvalidGroup.Duplicate",
		replaces: []string{"name", "namePrefix", "description", "vpcId"}, // ec2/vpc_security_group.go
		computed: map[string]string{"arn": "arn:{partition}:ec2:{region}:{account}:security-group/{id}", "ownerId": "{account}", "description": "Managed by Pulumi"},
		formats:  ruleFormats,
	},
	"ec2/securityGroupRule": {
		Inputs: ec2.SecurityGroupRuleArgs{}, Outputs: ec2.SecurityGroupRule{}, identity: "sgrule-",
		replaces: []string{"cidrBlocks", "fromPort", "ipv6CidrBlocks", "prefixListIds", "protocol", "securityGroupId", "self", "sourceSecurityGroupId", "toPort", "type"}, // ec2/vpc_security_group_rule.go
		computed: map[string]string{"securityGroupRuleId": "sgr-{id}"},
		formats:  formats{"cidrBlocks[]": cidr(0, 32), "fromPort": between(-1, 65535), "toPort": between(-1, 65535), "type": matching("ingress|egress", "ingress or egress")},
		check: func(c *shape.Problems, inputs map[string]any) {
			if inputs["cidrBlocks"] == nil && inputs["ipv6CidrBlocks"] == nil && inputs["prefixListIds"] == nil &&
				inputs["self"] == nil && inputs["sourceSecurityGroupId"] == nil {
				c.Addf("cidrBlocks", "missing: a rule needs a source or destination")
			}
		},
	},
	"ec2/flowLog": {
		Inputs: ec2.FlowLogArgs{}, Outputs: ec2.FlowLog{}, identity: "fl-",
		replaces: []string{"deliverCrossAccountRole", "destinationOptions", "eniId", "iamRoleArn", "logDestination", "logDestinationType", // ec2/vpc_flow_log.go
			"logFormat", "logGroupName", "maxAggregationInterval", "subnetId", "trafficType", "transitGatewayAttachmentId", "transitGatewayId", "vpcId"},
		computed: map[string]string{"arn": "arn:{partition}:ec2:{region}:{account}:vpc-flow-log/{id}"},
		formats: formats{
			"trafficType": oneOf(ec2types.TrafficType("").Values()), "logDestinationType": oneOf(ec2types.LogDestinationType("").Values()),
			"maxAggregationInterval": anyOfNumbers(60, 600), "iamRoleArn": arn("iam", "role/.+"),
		},
		check: func(c *shape.Problems, inputs map[string]any) {
			exactlyOne(c, inputs, "eniId", "subnetId", "transitGatewayAttachmentId", "transitGatewayId", "vpcId")
		},
	},
	"ec2/launchTemplate": {
		Inputs: ec2.LaunchTemplateArgs{}, Outputs: ec2.LaunchTemplate{}, identity: "lt-", Name: "name", Prefix: "namePrefix", MaxName: 128,
		unique: []string{"name"}, exists: "InvalidLaunchTemplateName.AlreadyExistsException",
		replaces:  []string{"name", "namePrefix"}, // ec2/ec2_launch_template.go
		versioned: []string{"latestVersion"},
		computed:  map[string]string{"arn": "arn:{partition}:ec2:{region}:{account}:launch-template/{id}"},
		formats: formats{
			"blockDeviceMappings[].ebs.volumeType":                           oneOf(ec2types.VolumeType("").Values()),
			"blockDeviceMappings[].ebs.volumeSize":                           between(1, 65536),
			"blockDeviceMappings[].ebs.iops":                                 between(100, 256000),
			"metadataOptions.httpEndpoint":                                   oneOf(ec2types.LaunchTemplateInstanceMetadataEndpointState("").Values()),
			"metadataOptions.httpTokens":                                     oneOf(ec2types.LaunchTemplateHttpTokensState("").Values()),
			"metadataOptions.httpPutResponseHopLimit":                        between(1, 64),
			"instanceMarketOptions.marketType":                               oneOf(ec2types.MarketType("").Values()),
			"capacityReservationSpecification.capacityReservationPreference": oneOf(ec2types.CapacityReservationPreference("").Values()),
			"instanceType":                     oneOf(ec2types.InstanceType("").Values()),
			"tagSpecifications[].resourceType": oneOf(ec2types.ResourceType("").Values()),
			"userData":                         base64Text,
		},
		fill: func(_ *Session, _ stock, r *Record) {
			if r.Outputs["defaultVersion"] == nil {
				r.Outputs["defaultVersion"] = float64(1)
			}
			if r.Inputs["updateDefaultVersion"] == true {
				r.Outputs["defaultVersion"] = r.Outputs["latestVersion"]
			}
		},
	},
}

var ruleFormats = formats{
	"ingress[].cidrBlocks[]": cidr(0, 32), "egress[].cidrBlocks[]": cidr(0, 32),
	"ingress[].fromPort": between(-1, 65535), "ingress[].toPort": between(-1, 65535),
	"egress[].fromPort": between(-1, 65535), "egress[].toPort": between(-1, 65535),
}

// sameNameInChina are services whose endpoint services in China have the same names as in other
// partitions: the gateway of S3, and those that the AWS CDK does not list as exceptions.
// https://github.com/aws/aws-cdk packages/aws-cdk-lib/aws-ec2/lib/vpc-endpoint.ts, VPC_ENDPOINT_SERVICE_EXCEPTIONS (read 2026-11-29)
var sameNameInChina = []string{"s3", "logs", "elasticloadbalancing", "eks-auth"}

// endpointService accepts the endpoint services of AWS in a region.
func endpointService(value any, region string) string {
	prefixes := []string{awsdata.ReverseDNSPrefix(region) + "." + region + "."}
	if partition.Of(region) == "aws-cn" {
		for _, service := range sameNameInChina {
			prefixes = append(prefixes, "com.amazonaws."+region+"."+service)
		}
	}
	if text, _ := value.(string); slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(text, prefix) }) {
		return ""
	}
	return "a service of the region, " + prefixes[0] + "…"
}

func exactlyOne(c *shape.Problems, inputs map[string]any, names ...string) {
	var given []string
	for _, name := range names {
		if inputs[name] != nil {
			given = append(given, name)
		}
	}
	if len(given) != 1 {
		c.Addf(names[0], "got %d of %s, want exactly one", len(given), strings.Join(names, ", "))
	}
}

// subnetFits compares a subnet with its VPC's network and with its siblings.
func subnetFits(records stock, r, _ *Record) error {
	network, err := netip.ParsePrefix(textAt(r.Inputs, "cidrBlock"))
	vpc := records.find(token("ec2/vpc"), textAt(r.Inputs, "vpcId"))
	if err != nil || vpc == nil {
		return err // the format and reference checks report both
	}
	whole, err := netip.ParsePrefix(textAt(vpc.Outputs, "cidrBlock"))
	if err != nil {
		return err
	}
	if !whole.Contains(network.Addr()) || network.Bits() < whole.Bits() {
		return fmt.Errorf("InvalidSubnet.Range: the CIDR %s is not within %s of %s", network, whole, vpc.ID)
	}
	for _, sibling := range records.withProperty(r.Type, "vpcId", vpc.ID) {
		block, err := netip.ParsePrefix(textAt(sibling.Outputs, "cidrBlock"))
		if err != nil {
			return err
		}
		if sibling.ID != r.ID && block.Overlaps(network) {
			return fmt.Errorf("InvalidSubnet.Conflict: the CIDR %s overlaps with %s of %s", network, block, sibling.ID)
		}
	}
	return nil
}

// gatewayHeld returns an error for detaching an internet gateway while there are public
// addresses.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DetachInternetGateway.html
func gatewayHeld(records stock, r *Record) error {
	for _, nat := range records.ofType(token("ec2/natGateway")) {
		subnet := records.find(token("ec2/subnet"), textAt(nat.Outputs, "subnetId"))
		if subnet != nil && nat.Outputs["allocationId"] != nil && same(subnet.Outputs["vpcId"], r.Outputs["vpcId"]) {
			return fmt.Errorf("DependencyViolation: network %s has some mapped public address: %s", r.Outputs["vpcId"], nat.ID)
		}
	}
	return nil
}

func checkEndpoint(c *shape.Problems, inputs map[string]any) {
	wrong := map[string][]string{
		"Interface": {"routeTableIds"}, "Gateway": {"subnetIds", "securityGroupIds", "privateDnsEnabled"}, "": {"subnetIds", "securityGroupIds", "privateDnsEnabled"},
	}
	kind := textAt(inputs, "vpcEndpointType")
	for _, name := range wrong[kind] {
		if inputs[name] != nil {
			c.Addf(name, "an endpoint of the type %q has none", kind)
		}
	}
}

// endpointFits returns an error if private DNS is on without the VPC's DNS, or a zone has two
// interfaces.
// https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html
func endpointFits(records stock, r, _ *Record) error {
	vpc := records.find(token("ec2/vpc"), textAt(r.Inputs, "vpcId"))
	if vpc != nil && r.Inputs["privateDnsEnabled"] == true && (vpc.Outputs["enableDnsHostnames"] != true || vpc.Outputs["enableDnsSupport"] == false) {
		return fmt.Errorf("InvalidParameter: private DNS of an endpoint needs enableDnsSupport and enableDnsHostnames of %s", vpc.ID)
	}
	var zones []string
	for _, id := range textsAt(r.Inputs, "subnetIds[]") {
		subnet := records.find(token("ec2/subnet"), id)
		if subnet == nil {
			continue
		}
		name := textAt(subnet.Outputs, "availabilityZone")
		if slices.Contains(zones, name) {
			return fmt.Errorf("DuplicateSubnetsInSameZone: two subnets of %s are in %s", r.URN, name)
		}
		zones = append(zones, name)
	}
	return nil
}
