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
)

// Wanted is what is asked of an account.
type Wanted struct {
	// InstanceTypes are asked where they are offered, Quotas how many vCPUs may run,
	// Subnets where they are.
	InstanceTypes []string
	Quotas        []Quota
	Subnets       []string
}

// Offers are what an account has, as far as it was asked.
type Offers struct {
	ID string
	// Caller is the ARN of who deploys: of a session, where that is a role's.
	Caller string
	// Zones are the availability zones of the region in which a cluster can be, by
	// name.
	Zones []string
	// In are the zones that offer an instance type.
	In map[string][]string
	// VCPUs is how many may run at once, by quota. A quota that may not be read is
	// not there, and Unread says so.
	VCPUs  map[Quota]int
	Unread []string
	// Subnets are by their ids.
	Subnets map[string]Subnet
}

// Subnet is one of a VPC that the user brings.
type Subnet struct {
	Zone, VPCID string
	Tags        map[string]string
	// Problem is why nothing is known of it; "" otherwise.
	Problem string
}

// Reader answers what an account offers.
type Reader func(Wanted) (Offers, error)

// NewReader asks the account that the stack's configuration names. It only
// reads, and registers nothing.
func NewReader(ctx *pulumi.Context) Reader {
	return func(w Wanted) (Offers, error) { return read(ctx, w) }
}

func read(ctx *pulumi.Context, w Wanted) (Offers, error) {
	o := Offers{In: map[string][]string{}, VCPUs: map[Quota]int{}, Subnets: map[string]Subnet{}}
	who, err := aws.GetCallerIdentity(ctx, &aws.GetCallerIdentityArgs{})
	if err != nil {
		return o, fmt.Errorf("who deploys: %w", err)
	}
	o.ID, o.Caller = who.AccountId, who.Arn
	available := "available"
	zones, err := aws.GetAvailabilityZones(ctx, &aws.GetAvailabilityZonesArgs{
		State:   &available,
		Filters: []aws.GetAvailabilityZonesFilter{{Name: "opt-in-status", Values: []string{"opt-in-not-required"}}},
	})
	if err != nil {
		return o, fmt.Errorf("the zones of the region: %w", err)
	}
	for i, name := range zones.Names {
		if i >= len(zones.ZoneIds) || !slices.Contains(withoutEKS, zones.ZoneIds[i]) {
			o.Zones = append(o.Zones, name)
		}
	}
	slices.Sort(o.Zones)
	if len(w.InstanceTypes) > 0 {
		if err := o.readOfferings(ctx, w.InstanceTypes); err != nil {
			return o, err
		}
	}
	for _, q := range w.Quotas {
		quota, err := servicequotas.LookupServiceQuota(ctx, &servicequotas.LookupServiceQuotaArgs{ServiceCode: "ec2", QuotaCode: pulumi.StringRef(q.code())})
		if err != nil {
			o.Unread = append(o.Unread, fmt.Sprintf("how many vCPUs of %s may run is not checked: %s", q, firstLine(err)))
			continue
		}
		o.VCPUs[q] = int(quota.Value)
	}
	for _, id := range w.Subnets {
		subnet, err := ec2.LookupSubnet(ctx, &ec2.LookupSubnetArgs{Id: &id})
		if err != nil {
			o.Subnets[id] = Subnet{Problem: firstLine(err)}
			continue
		}
		o.Subnets[id] = Subnet{Zone: subnet.AvailabilityZone, VPCID: subnet.VpcId, Tags: maps.Clone(subnet.Tags)}
	}
	return o, nil
}

// readOfferings asks where instance types are offered.
func (o *Offers) readOfferings(ctx *pulumi.Context, types []string) error {
	by := "availability-zone"
	offered, err := ec2.GetInstanceTypeOfferings(ctx, &ec2.GetInstanceTypeOfferingsArgs{
		LocationType: &by,
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
