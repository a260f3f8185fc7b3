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
	// Cluster is the name of the stack's EKS cluster, which need not exist yet.
	// Minor is its version of Kubernetes, for which the newest AMI releases and
	// versions of Addons are read; "" reads none.
	Cluster, Minor string
	Addons         []string
	// VPC is the user's, whose settings and routes are asked; "" for none.
	VPC string
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
	// Cluster is the stack's cluster as it runs; nil if there is none yet.
	Cluster *Cluster
	// Fixed is what AWS never changes of it; nil if there is none yet.
	Fixed *Fixed
	// Releases are the newest AMI releases, and Addons the newest versions of EKS
	// add-ons. One that may not be read is absent, and Unread says so.
	Releases map[AMI]string
	Addons   map[string]string
	// VPC is the user's; nil if none was asked.
	VPC *VPC
	// LogGroup is that of the stack's cluster, where it exists and the cluster does
	// not; nil otherwise.
	LogGroup *LogGroup
}

// Subnet is one of a VPC that the user brings.
type Subnet struct {
	Zone, VPCID string
	Tags        map[string]string
	// Free is how many of its addresses are free, Route where it sends traffic for
	// the internet.
	Free  int
	Route Route
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

// read makes independent calls at the same time: each takes a good part of a
// second on AWS.
func read(ctx *pulumi.Context, w Wanted) (Offers, error) {
	o := Offers{In: map[string][]string{}, Subnets: map[string]Subnet{}, Releases: map[AMI]string{}, Addons: map[string]string{}}
	who, err := aws.GetCallerIdentity(ctx, &aws.GetCallerIdentityArgs{})
	if err != nil {
		return o, fmt.Errorf("who deploys: %w", err)
	}
	o.ID, o.Caller = who.AccountId, who.Arn
	var unreadQuotas, unreadReleases, unreadAddons []string
	calls := []func() error{
		func() error { return o.readZones(ctx) },
		func() error { return o.readOfferings(ctx, w.InstanceTypes) },
		func() error { o.VCPUs, unreadQuotas = readQuotas(ctx, w.Quotas); return nil },
		func() error { o.readSubnets(ctx, w.Subnets); return nil },
	}
	if w.Cluster != "" {
		calls = append(calls, func() error { return o.readCluster(ctx, w.Cluster) })
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
		o.readVPC(ctx, w.VPC)
	}
	return o, err
}

// readZones reads the zones of the region in which a cluster can be.
func (o *Offers) readZones(ctx *pulumi.Context) error {
	available := "available"
	zones, err := aws.GetAvailabilityZones(ctx, &aws.GetAvailabilityZonesArgs{
		State:   &available,
		Filters: []aws.GetAvailabilityZonesFilter{{Name: "opt-in-status", Values: []string{"opt-in-not-required"}}},
	})
	if err != nil {
		return fmt.Errorf("the zones of the region: %w", err)
	}
	for i, name := range zones.Names {
		if i >= len(zones.ZoneIds) || !slices.Contains(withoutEKS, zones.ZoneIds[i]) {
			o.Zones = append(o.Zones, name)
		}
	}
	slices.Sort(o.Zones)
	return nil
}

// readQuotas reads how many vCPUs may run. A quota that cannot be read is
// absent, and unread says so.
func readQuotas(ctx *pulumi.Context, quotas []Quota) (vcpus map[Quota]int, unread []string) {
	return lookUp(quotas, func(q Quota) (int, error) {
		quota, err := servicequotas.LookupServiceQuota(ctx, &servicequotas.LookupServiceQuotaArgs{ServiceCode: "ec2", QuotaCode: pulumi.StringRef(q.code())})
		if err != nil {
			return 0, err
		}
		return int(quota.Value), nil
	}, func(q Quota, err error) string {
		return fmt.Sprintf("how many vCPUs of %s may run is not checked: %s", q, firstLine(err))
	})
}

// readSubnets reads where the subnets of the user's VPC are.
func (o *Offers) readSubnets(ctx *pulumi.Context, ids []string) {
	found := make([]Subnet, len(ids))
	_ = together(len(ids), func(i int) error { // each failure is a problem of its subnet
		subnet, err := ec2.LookupSubnet(ctx, &ec2.LookupSubnetArgs{Id: &ids[i]})
		if err != nil {
			found[i].Problem = firstLine(err)
			return nil
		}
		found[i] = Subnet{Zone: subnet.AvailabilityZone, VPCID: subnet.VpcId, Tags: maps.Clone(subnet.Tags), Free: subnet.AvailableIpAddressCount}
		return nil
	})
	for i, id := range ids {
		o.Subnets[id] = found[i]
	}
}

// readOfferings asks where instance types are offered.
func (o *Offers) readOfferings(ctx *pulumi.Context, types []string) error {
	if len(types) == 0 {
		return nil
	}
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
