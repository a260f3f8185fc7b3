package config

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/internal/versions"
	"github.com/vllm-eks/vllm-eks/spec/account"
	"github.com/vllm-eks/vllm-eks/spec/nodes"
)

// ask reads from the account what the stack needs to know.
func (c *Config) ask(read account.Reader) {
	p := &c.Platform
	if read == nil || !slices.Contains(account.Regions(), p.Account.Region) {
		return
	}
	request := account.Wanted{InstanceTypes: slices.Clone(p.Nodes.WithDefaults().System.InstanceTypes)}
	for _, g := range p.Nodes.Groups {
		request.InstanceTypes = append(request.InstanceTypes, g.InstanceTypes...)
	}
	slices.Sort(request.InstanceTypes)
	request.InstanceTypes = slices.Compact(request.InstanceTypes)
	for _, use := range p.uses() { // read each quota once, although groups share quotas
		if !slices.Contains(request.Quotas, use.quota) {
			request.Quotas = append(request.Quotas, use.quota)
		}
	}
	if e := p.Network.Existing; e != nil {
		request.Subnets = append(slices.Clone(e.PrivateSubnetIDs), e.PublicSubnetIDs...)
		request.VPC = e.VPCID
	}
	clusterSpec := p.Cluster.WithDefaults()
	request.Cluster = clusterSpec.Name
	if slices.Contains(versions.KubernetesMinors(), clusterSpec.KubernetesVersion) {
		request.Minor, request.Addons = clusterSpec.KubernetesVersion, clusterSpec.AddonNames()
	}
	offers, err := read(request)
	if err != nil {
		// One line, because every line of the error begins another problem.
		problems.Invalid(&c.unfilled, field.NewPath("aws"), "does not report what the account supports: %s", strings.Join(strings.Fields(err.Error()), " "))
		return
	}
	p.Offers = offers
	p.queried = true
}

// fillVersion reads the Kubernetes version of an existing cluster if cluster-autoscaler
// is installed, which needs the same version. If it cannot be read, the check reports a
// missing key.
func (p *Platform) fillVersion(read account.Reader) {
	name := p.Cluster.Existing.Name
	if !p.Autoscaler.Install || read == nil || name == "" || !slices.Contains(account.Regions(), p.Account.Region) {
		return
	}
	offers, err := read(account.Wanted{Cluster: name})
	if err != nil || offers.Cluster == nil {
		return
	}
	p.version = offers.Cluster.Version
	p.Cluster.KubernetesVersion = cmp.Or(p.Cluster.KubernetesVersion, p.version)
}

const defaultZones = 3

// fillZones sets the zones: the first three of the account if the user names none, and
// the zones of existing subnets.
func (p *Platform) fillZones() {
	if p.Offers.Cluster != nil { // the running control plane keeps its zones
		p.Network.ControlPlaneZones = slices.Clone(p.Offers.Cluster.Zones)
	}
	if e := p.Network.Existing; e != nil {
		e.Zones = map[string]string{}
		for id, subnet := range p.Offers.Subnets {
			e.Zones[id] = subnet.Zone
			if p.queried && subnet.Problem == "" && !slices.Contains(p.Offers.Zones, subnet.Zone) {
				e.WithoutControlPlane = append(e.WithoutControlPlane, subnet.Zone)
			}
		}
		return
	}
	if len(p.Network.Zones) == 0 {
		p.Network.Zones = slices.Clone(p.Offers.Zones[:min(defaultZones, len(p.Offers.Zones))])
	}
}

// nodeZones returns the zones in which the network has private subnets, sorted.
func (p *Platform) nodeZones() []string {
	zones := slices.Clone(p.Network.Zones)
	if e := p.Network.Existing; e != nil {
		zones = nil
		for _, id := range e.PrivateSubnetIDs {
			zones = append(zones, e.Zones[id])
		}
	}
	slices.Sort(zones)
	return slices.Compact(zones)
}

// placeGroups sets the zones of groups without zones: those that offer their types. The
// user names the zone of a capacity block.
func (p *Platform) placeGroups() {
	zones := p.nodeZones()
	p.Nodes.System.Zones = p.offering(p.Nodes.System.InstanceTypes, zones)
	for i := range p.Nodes.Groups {
		if g := &p.Nodes.Groups[i]; len(g.Zones) == 0 && g.Capacity != nodes.CapacityBlock {
			g.Zones = p.offering(g.InstanceTypes, zones)
		}
	}
}

// offering returns the zones that offer all the types; all zones if the account was not
// read.
func (p *Platform) offering(types, zones []string) []string {
	return slices.DeleteFunc(slices.Clone(zones), func(zone string) bool {
		return slices.ContainsFunc(types, func(instanceType string) bool { return p.queried && !slices.Contains(p.Offers.In[instanceType], zone) })
	})
}

// fillLive sets the running node groups of each group, by their names in EKS, and the
// newest AMI releases. Node groups of the program that the stack no longer has become
// strays.
func (p *Platform) fillLive() {
	p.Nodes.Newest = nodes.Releases{System: p.Offers.Releases[account.StandardAMI], GPU: p.Offers.Releases[account.NVIDIAAMI]}
	if p.Offers.Cluster == nil {
		return
	}
	targets := map[string]*map[string]nodes.Live{}
	zones := map[string][]string{nodes.SystemGroup: p.Nodes.System.Zones}
	targets[nodes.SystemGroup] = &p.Nodes.System.Live
	for i := range p.Nodes.Groups {
		g := &p.Nodes.Groups[i]
		targets[g.Name], zones[g.Name] = &g.Live, g.Zones
	}
	// Of two node groups with the same prefix, the last is the newest, because the digits
	// of AWS' provider begin with the time.
	for _, nodeGroup := range slices.Backward(p.Offers.Cluster.Groups) {
		group, zone, managed := nodes.ParseName(nodeGroup.Name)
		live, exists := targets[group]
		switch {
		case !managed && nodeGroup.Labels[nodes.GroupLabel] == "":
			continue // not created by this program
		case !managed:
			p.Nodes.Strays = append(p.Nodes.Strays, nodes.Stray{Group: nodeGroup.Labels[nodes.GroupLabel], Nodes: nodeGroup.Desired})
			continue
		case exists && slices.Contains(zones[group], zone):
			if _, younger := (*live)[zone]; !younger {
				if *live == nil {
					*live = map[string]nodes.Live{}
				}
				(*live)[zone] = p.liveOf(nodeGroup, zone)
				continue
			}
		}
		p.Nodes.Strays = append(p.Nodes.Strays, nodes.Stray{Group: group, Zone: zone, Nodes: nodeGroup.Desired})
	}
	slices.SortFunc(p.Nodes.Strays, func(a, b nodes.Stray) int { return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Zone, b.Zone)) })
}

func (p *Platform) liveOf(g account.NodeGroup, zone string) nodes.Live {
	return nodes.Live{
		Min: g.Min, Max: g.Max, Desired: g.Desired, Version: g.Version, Release: g.Release, Template: nodes.TemplateOf(g.Labels, g.Tags),
		AMIType: g.AMIType, Capacity: g.Capacity, InstanceTypes: g.InstanceTypes, Moved: p.moved(g, zone),
	}
}

// moved reports whether the subnets of a node group differ from those of an existing VPC
// in its zone. Subnets of a created VPC do not change.
func (p *Platform) moved(g account.NodeGroup, zone string) bool {
	e := p.Network.Existing
	if e == nil || len(g.SubnetIDs) == 0 {
		return false
	}
	var subnets []string
	for _, id := range e.PrivateSubnetIDs {
		if e.Zones[id] == zone {
			subnets = append(subnets, id)
		}
	}
	return !slices.Equal(slices.Sorted(slices.Values(subnets)), slices.Sorted(slices.Values(g.SubnetIDs)))
}

// fillAddons sets the version of each EKS add-on: the version that the stack names, else
// the newest in EKS, else, for a new cluster, the version of the table. A running cluster
// may have a newer version than the table, so the table is not used for it.
func (p *Platform) fillAddons() {
	versioned := maps.Clone(p.Cluster.Addons)
	if versioned == nil {
		versioned = map[string]string{}
	}
	for _, name := range p.Cluster.AddonNames() {
		if version := cmp.Or(versioned[name], p.Offers.Addons[name], versions.Addon(name, p.Cluster.KubernetesVersion)); version != "" {
			versioned[name] = version
		}
	}
	p.Cluster.Addons = versioned
}
