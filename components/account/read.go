package account

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/servicequotas"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	accountspec "github.com/vllm-eks/vllm-eks/spec/account"
)

// NewReader returns a reader of the account that the stack's configuration names.
// The reader registers nothing.
func NewReader(ctx *pulumi.Context) accountspec.Reader {
	return func(w accountspec.Wanted) (accountspec.Offers, error) { return read(ctx, w) }
}

// read reads the capabilities of the account. It runs independent calls at the same
// time, because each takes several hundred milliseconds on AWS.
func read(ctx *pulumi.Context, w accountspec.Wanted) (accountspec.Offers, error) {
	o := accountspec.Offers{In: map[string][]string{}, Subnets: map[string]accountspec.Subnet{}, Releases: map[accountspec.AMI]string{}, Addons: map[string]string{}}
	identity, err := aws.GetCallerIdentity(ctx, &aws.GetCallerIdentityArgs{})
	if err != nil {
		return o, fmt.Errorf("who deploys: %w", err)
	}
	o.ID, o.Caller = identity.AccountId, identity.Arn
	var unreadQuotas, unreadReleases, unreadAddons []string
	calls := []func() error{
		func() error { return readZones(ctx, &o) },
		func() error { return readOfferings(ctx, &o, w.InstanceTypes) },
		func() error { o.VCPUs, unreadQuotas = readQuotas(ctx, w.Quotas); return nil },
		func() error { readSubnets(ctx, &o, w.Subnets); return nil },
	}
	if w.Cluster != "" {
		calls = append(calls, func() error { return readCluster(ctx, &o, w.Cluster) })
	}
	if w.Minor != "" {
		calls = append(calls,
			func() error { o.Releases, unreadReleases = readReleases(ctx, w.Minor); return nil },
			func() error { o.Addons, unreadAddons = readAddons(ctx, w.Minor, w.Addons); return nil })
	}
	err = together(len(calls), func(i int) error { return calls[i]() })
	o.Unread = slices.Concat(unreadQuotas, unreadReleases, unreadAddons)
	switch {
	case err != nil || w.Cluster == "":
	case o.Cluster != nil:
		o.Cluster.Zones, err = readZonesOf(ctx, o.Cluster.SubnetIDs)
	default:
		o.LogGroup = readLogGroup(ctx, w.Cluster)
	}
	if err == nil && w.VPC != "" {
		readVPC(ctx, &o, w.VPC)
	}
	return o, err
}

// readZones reads the zones of the region that support EKS.
func readZones(ctx *pulumi.Context, o *accountspec.Offers) error {
	available := "available"
	zones, err := aws.GetAvailabilityZones(ctx, &aws.GetAvailabilityZonesArgs{
		State:   &available,
		Filters: []aws.GetAvailabilityZonesFilter{{Name: "opt-in-status", Values: []string{"opt-in-not-required"}}},
	})
	if err != nil {
		return fmt.Errorf("the zones of the region: %w", err)
	}
	for i, name := range zones.Names {
		if i >= len(zones.ZoneIds) || !slices.Contains(accountspec.WithoutEKS, zones.ZoneIds[i]) {
			o.Zones = append(o.Zones, name)
		}
	}
	slices.Sort(o.Zones)
	return nil
}

// readQuotas reads the quotas of running vCPUs. The result has no entry for a quota
// that cannot be read; unread has a message for it.
func readQuotas(ctx *pulumi.Context, quotas []accountspec.Quota) (vcpus map[accountspec.Quota]int, unread []string) {
	return lookUp(quotas, func(q accountspec.Quota) (int, error) {
		quota, err := servicequotas.LookupServiceQuota(ctx, &servicequotas.LookupServiceQuotaArgs{ServiceCode: "ec2", QuotaCode: pulumi.StringRef(q.Code())})
		if err != nil {
			return 0, err
		}
		return int(quota.Value), nil
	}, func(q accountspec.Quota, err error) string {
		return fmt.Sprintf("the vCPU quota of %s is not checked: %s", q, firstLine(err))
	})
}

// readSubnets reads the zone, the VPC, the tags and the free addresses of the
// subnets of an existing VPC.
func readSubnets(ctx *pulumi.Context, o *accountspec.Offers, ids []string) {
	found := make([]accountspec.Subnet, len(ids))
	_ = together(len(ids), func(i int) error { // each failure is a problem of its subnet
		subnet, err := ec2.LookupSubnet(ctx, &ec2.LookupSubnetArgs{Id: &ids[i]})
		if err != nil {
			found[i].Problem = firstLine(err)
			return nil
		}
		found[i] = accountspec.Subnet{Zone: subnet.AvailabilityZone, VPCID: subnet.VpcId, Tags: maps.Clone(subnet.Tags), Free: subnet.AvailableIpAddressCount}
		return nil
	})
	for i, id := range ids {
		o.Subnets[id] = found[i]
	}
}

// readOfferings reads the zones that offer each instance type.
func readOfferings(ctx *pulumi.Context, o *accountspec.Offers, types []string) error {
	if len(types) == 0 {
		return nil
	}
	locationType := "availability-zone"
	offered, err := ec2.GetInstanceTypeOfferings(ctx, &ec2.GetInstanceTypeOfferingsArgs{
		LocationType: &locationType,
		Filters:      []ec2.GetInstanceTypeOfferingsFilter{{Name: "instance-type", Values: slices.Sorted(slices.Values(types))}},
	})
	if err != nil {
		return fmt.Errorf("where instance types are offered: %w", err)
	}
	for i, name := range offered.InstanceTypes {
		o.In[name] = append(o.In[name], offered.Locations[i])
	}
	for name := range o.In {
		slices.Sort(o.In[name])
	}
	return nil
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
