package account

import (
	"fmt"
	"maps"
	"net/netip"
	"reflect"
	"slices"
	"strings"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/servicequotas"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ssm"

	"github.com/vllm-eks/vllm-eks/internal/partition"
	"github.com/vllm-eks/vllm-eks/internal/stacktest/awsdata"
	"github.com/vllm-eks/vllm-eks/local/standin/shape"
)

// function is a function that a program may call, with the SDK's types of its arguments and its
// result.
type function struct {
	args, result any
	answer       func(s *Session, args map[string]any) (map[string]any, error)
}

var functions = map[string]function{
	"aws:index/getCallerIdentity:getCallerIdentity": {aws.GetCallerIdentityArgs{}, aws.GetCallerIdentityResult{}, func(s *Session, _ map[string]any) (map[string]any, error) {
		return map[string]any{"accountId": ID, "arn": awsdata.CallerIn(s.Region), "userId": "AROASIMULATED:simulated", "id": ID}, nil
	}},
	"aws:index/getPartition:getPartition": {aws.GetPartitionArgs{}, aws.GetPartitionResult{}, func(s *Session, _ map[string]any) (map[string]any, error) {
		local := partition.Of(s.Region)
		return map[string]any{"partition": local, "dnsSuffix": awsdata.DNSSuffix(s.Region), "reverseDnsPrefix": awsdata.ReverseDNSPrefix(s.Region), "id": local}, nil
	}},
	"aws:index/getAvailabilityZones:getAvailabilityZones": {aws.GetAvailabilityZonesArgs{}, aws.GetAvailabilityZonesResult{}, func(s *Session, _ map[string]any) (map[string]any, error) {
		names := awsdata.Zones(s.Region)
		return map[string]any{"names": texts(names), "zoneIds": texts(awsdata.Regions[s.Region]), "groupNames": texts([]string{s.Region}), "id": s.Region}, nil
	}},
	"aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings": {ec2.GetInstanceTypeOfferingsArgs{}, ec2.GetInstanceTypeOfferingsResult{}, offerings},
	"aws:servicequotas/getServiceQuota:getServiceQuota":         {servicequotas.LookupServiceQuotaArgs{}, servicequotas.LookupServiceQuotaResult{}, quota},
	"aws:cloudwatch/getLogGroup:getLogGroup":                    {cloudwatch.LookupLogGroupArgs{}, cloudwatch.LookupLogGroupResult{}, logGroup},
	"aws:ec2/getSubnet:getSubnet":                               {ec2.LookupSubnetArgs{}, ec2.LookupSubnetResult{}, lookUp("ec2/subnet")},
	"aws:ec2/getVpc:getVpc":                                     {ec2.LookupVpcArgs{}, ec2.LookupVpcResult{}, vpc},
	"aws:ec2/getRouteTable:getRouteTable":                       {ec2.LookupRouteTableArgs{}, ec2.LookupRouteTableResult{}, routeTable},
	"aws:eks/getClusters:getClusters":                           {struct{}{}, eks.GetClustersResult{}, clusters},
	"aws:eks/getCluster:getCluster":                             {eks.LookupClusterArgs{}, eks.LookupClusterResult{}, cluster},
	"aws:eks/getNodeGroups:getNodeGroups":                       {eks.GetNodeGroupsArgs{}, eks.GetNodeGroupsResult{}, nodeGroups},
	"aws:eks/getNodeGroup:getNodeGroup":                         {eks.LookupNodeGroupArgs{}, eks.LookupNodeGroupResult{}, nodeGroup},
	"aws:eks/getAddonVersion:getAddonVersion":                   {eks.GetAddonVersionArgs{}, eks.GetAddonVersionResult{}, addonVersion},
	"aws:ssm/getParameter:getParameter":                         {ssm.LookupParameterArgs{}, ssm.LookupParameterResult{}, parameter},
}

// Call returns the result of a function. All arguments must be known.
func (s *Session) Call(name string, args map[string]any) (map[string]any, shape.Problems, error) {
	f, found := functions[name]
	if !found {
		return nil, nil, fmt.Errorf("the simulated AWS account does not support function %s, only: %s", name, strings.Join(slices.Sorted(maps.Keys(functions)), ", "))
	}
	var c shape.Problems
	c.Object("", args, reflect.TypeOf(f.args))
	if len(c) > 0 {
		return nil, c, nil
	}
	answer, err := f.answer(s, args)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	// Arguments are part of the result, if the SDK's type has a field for them.
	for argument := range shape.Fields(reflect.TypeOf(f.result)) {
		if value, present := args[argument]; present && answer[argument] == nil {
			answer[argument] = value
		}
	}
	return answer, nil, nil
}

// offerings lists the zones that have each of the requested instance types.
func offerings(s *Session, args map[string]any) (map[string]any, error) {
	if kind := args["locationType"]; kind != "availability-zone" {
		return nil, fmt.Errorf("locationType: got %v, the simulated account supports only availability-zone", kind)
	}
	instanceTypes := ec2types.InstanceType("").Values()
	zones := awsdata.Zones(s.Region)
	for _, filter := range valuesAt(args, "filters[]") {
		values := textsAt(filter, "values[]")
		switch name := textAt(filter, "name"); name {
		case "instance-type":
			instanceTypes = slices.DeleteFunc(instanceTypes, func(t ec2types.InstanceType) bool { return !slices.Contains(values, string(t)) })
		case "location":
			zones = slices.DeleteFunc(zones, func(zone string) bool { return !slices.Contains(values, zone) })
		default:
			return nil, fmt.Errorf("filters: the simulated account does not support filter %q", name)
		}
	}
	var types, locations, kinds []any
	for _, t := range instanceTypes {
		for _, zone := range zones {
			if awsdata.Offers(awsdata.ZoneID(zone), string(t)) {
				types, locations, kinds = append(types, string(t)), append(locations, zone), append(kinds, "availability-zone")
			}
		}
	}
	return map[string]any{"instanceTypes": types, "locations": locations, "locationTypes": kinds, "id": s.Region}, nil
}

func quota(s *Session, args map[string]any) (map[string]any, error) {
	code := textAt(args, "quotaCode")
	quotas, err := s.quotas()
	if err != nil {
		return nil, err
	}
	value, found := quotas[code]
	if !found || args["serviceCode"] != "ec2" {
		return nil, fmt.Errorf("NoSuchResourceException: the simulated account has no quota %q of %v", code, args["serviceCode"])
	}
	return map[string]any{
		"value": float64(value), "defaultValue": float64(value), "adjustable": true, "globalQuota": false, "quotaName": code, "serviceName": "EC2",
		"arn": "arn:" + partition.Of(s.Region) + ":servicequotas:::ec2/" + code, "id": "ec2/" + code,
	}, nil
}

// lookUp returns a function that reads a resource of the account by its ID.
func lookUp(short string) func(*Session, map[string]any) (map[string]any, error) {
	return func(s *Session, args map[string]any) (map[string]any, error) {
		r, err := s.Read(token(short), textAt(args, "id"))
		if err != nil {
			return nil, err
		}
		if r == nil {
			return nil, fmt.Errorf("no matching %s found: %q", short, textAt(args, "id"))
		}
		answer := maps.Clone(r.Outputs)
		answer["id"], answer["state"] = r.ID, "available"
		answer["tags"] = r.Outputs["tagsAll"]
		// AWS reserves five addresses of a subnet. Nothing here uses an address.
		// https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
		if block, err := netip.ParsePrefix(textAt(answer, "cidrBlock")); err == nil {
			answer["availableIpAddressCount"] = float64(int(1)<<(32-block.Bits()) - 5)
		}
		return answer, nil
	}
}

// logGroup returns a log group by its name, which is its ID.
func logGroup(s *Session, args map[string]any) (map[string]any, error) {
	return lookUp("cloudwatch/logGroup")(s, map[string]any{"id": textAt(args, "name")})
}

func texts(list []string) []any {
	var all []any
	for _, text := range list {
		all = append(all, text)
	}
	return all
}
