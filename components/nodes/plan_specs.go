package nodes

import (
	"cmp"
	"maps"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/internal/versions"
)

// planned is a group as it is registered: a launch template and a managed node
// group in each zone.
type planned struct {
	name     string
	template *ec2.LaunchTemplateArgs
	digest   string
	capacity Capacity
	zones    []plannedZone
}

// plannedZone is the managed node group of one zone.
type plannedZone struct {
	zonal

	name    string
	release string
	args    *eks.NodeGroupArgs
	// ignore is the input that stays as Pulumi recorded it; "" for none.
	ignore string
	// later reports bounds that the next update changes.
	later bool
	// forced is the AMI release that EKS takes in place of release; "" if it does not.
	forced string
}

// system plans the group without GPUs.
func (s Spec) system(label string, tags map[string]string) planned {
	template := launchTemplate(ZonalName(label, SystemGroup), s.System.DiskGiB, tags)
	return s.plan(SystemGroup, OnDemand, template, zonals(SystemGroup, s.System.Zones, s.System.Min, s.System.Max, s.System.Live, split),
		cmp.Or(s.Newest.System, versions.AMIRelease(s.KubernetesVersion)), nil, s.System.complete)
}

// gpu plans a group with GPUs.
func (s Spec) gpu(g Group, label string, tags map[string]string) planned {
	zones := zonals(g.Name, g.Zones, g.Min, g.Max, g.Live, each)
	return s.plan(g.Name, g.Capacity, g.launchTemplate(ZonalName(label, g.Name), tags), zones,
		cmp.Or(s.Newest.GPU, versions.AMIRelease(s.KubernetesVersion)), map[string]string{diskTag: g.ephemeral()}, g.complete)
}

func (s Spec) plan(name string, capacity Capacity, template *ec2.LaunchTemplateArgs, zones []zonal, newest string, tags map[string]string,
	complete func(*eks.NodeGroupArgs),
) planned {
	p := planned{name: name, template: template, digest: digest(template), capacity: capacity}
	rolls := false
	for _, z := range zones {
		release := s.release(z, newest, p.digest)
		args := z.nodeGroup(s.KubernetesVersion, release)
		complete(args)
		args.Labels = p.labels(args.Labels)
		if len(tags) > 0 {
			args.Tags = pulumi.ToStringMap(tags)
		}
		zone := plannedZone{zonal: z, name: z.name(), release: release, args: args, ignore: z.size().ignore}
		if z.live != nil && z.recreated(args) {
			// A new node group starts with as many nodes as the old one has.
			size := z.size()
			size.desired = max(z.live.Desired, size.min)
			args.ScalingConfig, zone.ignore = size.args(), ""
		} else if z.live != nil {
			rolls = rolls || len(zone.differences(s.KubernetesVersion, p.digest)) > 0
			// Without another version or release, EKS takes the newest AMI for another
			// launch template.
			if z.live.Version == s.KubernetesVersion && z.live.Template != p.digest && release == z.live.Release && versions.Compare(release, newest) < 0 {
				zone.forced = newest
			}
		}
		p.zones = append(p.zones, zone)
	}
	if rolls {
		p.boundsLater()
	}
	return p
}

// labels returns the labels of a node group and that of its launch template.
func (p planned) labels(of pulumi.StringMapInput) pulumi.StringMap {
	all := pulumi.StringMap{TemplateLabel: pulumi.String(p.digest)}
	given, _ := of.(pulumi.StringMap)
	maps.Copy(all, given)
	return all
}

// boundsLater leaves the bounds that are in force while EKS replaces nodes. AWS'
// provider waits for the new nodes of a zone before it sends the bounds, and with
// them the number of nodes that ran when the update began, hours ago by then.
// https://github.com/hashicorp/terraform-provider-aws/blob/012e0a32/internal/service/eks/node_group.go (resourceNodeGroupUpdate)
func (p planned) boundsLater() {
	for i := range p.zones {
		z := &p.zones[i]
		if z.live != nil && !z.recreated(z.args) {
			z.later, z.ignore = z.ignore == "", ignoreSizes
		}
	}
}

// release returns the AMI release of a zone's node group: the one that the stack
// names; else the one that it has, since another would replace its nodes, and EKS
// may start nodes to update a group without any; else the newest. With another
// launch template, EKS takes the newest by itself.
func (s Spec) release(z zonal, newest, digest string) string {
	switch {
	case s.Release != "" && s.Release != Latest:
		return s.Release
	case s.Release == "" && z.live != nil && z.live.Version == s.KubernetesVersion && z.live.Release != "" && z.live.Template == digest:
		return z.live.Release
	case z.live != nil && z.live.Version == s.KubernetesVersion && versions.Compare(newest, z.live.Release) < 0:
		return z.live.Release // the newest could not be read, and the table is older
	}
	return newest
}

// recreated reports whether EKS cannot change the node group to what is wanted,
// so that another one takes its place.
// https://docs.aws.amazon.com/eks/latest/APIReference/API_UpdateNodegroupConfig.html (read 2026-11-29)
func (z zonal) recreated(args *eks.NodeGroupArgs) bool {
	if z.live.Moved {
		return true
	}
	if capacity, ok := args.CapacityType.(pulumi.String); ok && z.live.Capacity != "" && string(capacity) != z.live.Capacity {
		return true
	}
	if image, ok := args.AmiType.(pulumi.String); ok && z.live.AMIType != "" && string(image) != z.live.AMIType {
		return true
	}
	types, ok := args.InstanceTypes.(pulumi.StringArray)
	if !ok || len(z.live.InstanceTypes) == 0 {
		return false
	}
	var wanted []string
	for _, name := range types {
		text, _ := name.(pulumi.String)
		wanted = append(wanted, string(text))
	}
	return !slices.Equal(wanted, z.live.InstanceTypes)
}
