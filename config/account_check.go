package config

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/versions"
	"github.com/vllm-eks/vllm-eks/spec/account"
	"github.com/vllm-eks/vllm-eks/spec/cluster"
)

// ask asks the account what it offers, of what the stack wants.
func (c *Config) ask(d *decoding, read account.Reader) {
	p := &c.Platform
	if read == nil || !slices.Contains(account.Regions(), p.Account.Region) {
		return
	}
	wanted := account.Wanted{InstanceTypes: slices.Clone(p.Nodes.WithDefaults().System.InstanceTypes)}
	for _, g := range p.Nodes.Groups {
		wanted.InstanceTypes = append(wanted.InstanceTypes, g.InstanceTypes...)
	}
	slices.Sort(wanted.InstanceTypes)
	wanted.InstanceTypes = slices.Compact(wanted.InstanceTypes)
	for _, use := range p.uses() { // groups share quotas, and each is a call
		if !slices.Contains(wanted.Quotas, use.quota) {
			wanted.Quotas = append(wanted.Quotas, use.quota)
		}
	}
	if e := p.Network.Existing; e != nil {
		wanted.Subnets = append(slices.Clone(e.PrivateSubnetIDs), e.PublicSubnetIDs...)
		wanted.VPC = e.VPCID
	}
	of := p.Cluster.WithDefaults()
	wanted.Cluster = of.Name
	if slices.Contains(versions.KubernetesMinors(), of.KubernetesVersion) {
		wanted.Minor, wanted.Addons = of.KubernetesVersion, of.AddonNames()
	}
	offers, err := read(wanted)
	if err != nil {
		// One line: the engine begins another problem with every line.
		d.add(field.ErrorTypeInvalid, "aws", "does not answer what the account offers: %s", strings.Join(strings.Fields(err.Error()), " "))
		return
	}
	p.Offers = offers
	p.asked = true
}

// fillZones takes the first three zones of the account, where none are named,
// and finds out where the subnets are that the user brings.
func (p *Platform) fillZones() {
	if e := p.Network.Existing; e != nil {
		e.Zones = map[string]string{}
		for id, subnet := range p.Offers.Subnets {
			e.Zones[id] = subnet.Zone
			if p.asked && subnet.Problem == "" && !slices.Contains(p.Offers.Zones, subnet.Zone) {
				e.WithoutControlPlane = append(e.WithoutControlPlane, subnet.Zone)
			}
		}
		p.keepControlPlane()
		return
	}
	if len(p.Network.Zones) == 0 {
		p.Network.Zones = slices.Clone(p.Offers.Zones[:min(defaultZones, len(p.Offers.Zones))])
	}
	p.keepControlPlane()
}

// keepControlPlane leaves the control plane that runs in its zones.
func (p *Platform) keepControlPlane() {
	if p.Offers.Cluster != nil {
		p.Network.ControlPlaneZones = slices.Clone(p.Offers.Cluster.Zones)
	}
}

const defaultZones = 3

// nodeZones are where the network has private subnets, sorted.
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

// checkOffers checks the network against what the account has.
func (p *Platform) checkOffers(d *decoding, source *Source) {
	if !p.asked {
		return
	}
	for i, zone := range p.Network.Zones {
		key := fmt.Sprintf("network.zones[%d]", i)
		if !slices.Contains(p.Offers.Zones, zone) && !d.reported(key) {
			d.add(field.ErrorTypeNotSupported, key, "is %q, which the account has not, or in which EKS places no cluster; want one of %s", zone, strings.Join(p.Offers.Zones, ", "))
		}
	}
	p.checkControlPlane(d)
	p.checkLogGroup(d, source)
	e := p.Network.Existing
	if e == nil {
		return
	}
	for _, of := range []struct {
		key string
		ids []string
	}{{"privateSubnetIds", e.PrivateSubnetIDs}, {"publicSubnetIds", e.PublicSubnetIDs}} {
		for i, id := range of.ids {
			key := fmt.Sprintf("network.%s[%d]", of.key, i)
			switch subnet := p.Offers.Subnets[id]; {
			case subnet.Problem != "":
				d.add(field.ErrorTypeInvalid, key, "is %s, of which the account tells nothing: %s", id, subnet.Problem)
			case subnet.VPCID != e.VPCID:
				d.add(field.ErrorTypeInvalid, key, "is %s, a subnet of %s; want those of %s", id, subnet.VPCID, e.VPCID)
			}
		}
	}
	p.checkVPC(d)
}

// placeGroups finds the zones of every group, among those that offer its types.
func (p *Platform) placeGroups(d *decoding) {
	if d.reported("network.privateSubnetIds") {
		return // nobody knows the zones of a subnet that is not there
	}
	zones := p.nodeZones()
	s := &p.Nodes.System
	s.Zones = p.offering(s.InstanceTypes, zones)
	if len(s.Zones) == 0 {
		p.nowhere(d, "systemNodes", s.InstanceTypes, zones)
	}
	for i := range p.Nodes.Groups {
		g := &p.Nodes.Groups[i]
		path := fmt.Sprintf("nodeGroups[%d]", i)
		if len(g.Zones) == 0 {
			if g.Zones = p.offering(g.InstanceTypes, zones); len(g.Zones) == 0 {
				p.nowhere(d, path, g.InstanceTypes, zones)
			}
			continue
		}
		for j, zone := range g.Zones {
			key := fmt.Sprintf("%s.zones[%d]", path, j)
			switch offered := p.offering(g.InstanceTypes, []string{zone}); {
			case !slices.Contains(zones, zone):
				d.add(field.ErrorTypeNotSupported, key, "is %q, in which the network has no private subnet; want one of %s", zone, strings.Join(zones, ", "))
			case len(offered) == 0:
				d.add(field.ErrorTypeNotSupported, key, "is %s, which does not offer %s; want one of %s", zone, strings.Join(g.InstanceTypes, " and "), orNone(p.everywhere(g.InstanceTypes)))
			}
		}
	}
}

// offering are those of the zones that offer all the types. Where the account
// was not asked, all are taken to.
func (p *Platform) offering(types, zones []string) []string {
	return slices.DeleteFunc(slices.Clone(zones), func(zone string) bool {
		return slices.ContainsFunc(types, func(of string) bool { return p.asked && !slices.Contains(p.Offers.In[of], zone) })
	})
}

// everywhere are all zones of the account that offer all the types.
func (p *Platform) everywhere(types []string) []string { return p.offering(types, p.Offers.Zones) }

// nowhere reports types that no zone of the network offers together.
func (p *Platform) nowhere(d *decoding, path string, types, zones []string) {
	if len(zones) == 0 || d.reported(path+".instanceTypes") {
		return
	}
	for i, of := range types {
		if len(p.Offers.In[of]) == 0 {
			d.add(field.ErrorTypeInvalid, fmt.Sprintf("%s.instanceTypes[%d]", path, i), "is %s, which %s does not offer; want another type, or another region", of, p.Account.Region)
			return
		}
	}
	d.add(field.ErrorTypeInvalid, path+".instanceTypes", "are %s, which none of %s offers; offered in: %s. Name one of those in network.zones",
		strings.Join(types, " and "), strings.Join(zones, ", "), orNone(p.everywhere(types)))
}

func orNone(zones []string) string {
	if len(zones) == 0 {
		return "no zone"
	}
	return strings.Join(zones, ", ")
}

// use is how many vCPUs a group may come to.
type use struct {
	key   string
	quota account.Quota
	vcpus int
}

// uses returns what the groups request of the account's quotas.
func (p *Platform) uses() []use {
	var all []use
	for i, g := range p.Nodes.Groups {
		if quota, vcpus, counted := p.quotaOf(g.Name); counted {
			all = append(all, use{fmt.Sprintf("nodeGroups[%d].max", i), quota, vcpus * g.Max})
		}
	}
	return all
}

// checkQuotas refuses groups that could not grow to their most.
func (p *Platform) checkQuotas(d *decoding) {
	total := map[account.Quota]int{}
	for _, u := range p.uses() {
		total[u.quota] += u.vcpus
		have, known := p.Offers.VCPUs[u.quota]
		switch {
		case !known || total[u.quota] <= have:
		case total[u.quota] > u.vcpus:
			d.add(field.ErrorTypeInvalid, u.key, "needs %d vCPU of %s, %d with the groups before it, quota %d; have the quota raised, or lower max", u.vcpus, u.quota, total[u.quota], have)
		default:
			d.add(field.ErrorTypeInvalid, u.key, "needs %d vCPU of %s, quota %d; have the quota raised, or lower max", u.vcpus, u.quota, have)
		}
	}
}

// admitted tells whether who deploys is an admin of the cluster that is made.
func (p *Platform) admitted() bool {
	return slices.ContainsFunc(p.Cluster.Access, func(a cluster.Access) bool {
		return a.Policy == cluster.Admin && len(a.Namespaces) == 0 && same(a.PrincipalARN, p.Offers.Caller)
	})
}

// same tells whether a session is a principal's: a session says the name of its
// role, and not the path before it.
func same(principal, caller string) bool {
	if principal == caller {
		return true
	}
	session := strings.Split(caller, ":") // arn:aws:sts::111122223333:assumed-role/deploy/ci
	role := strings.Split(principal, ":")
	if len(session) != 6 || len(role) != 6 || session[2] != "sts" || session[4] != role[4] {
		return false
	}
	parts := strings.Split(session[5], "/")
	return len(parts) > 1 && strings.HasPrefix(role[5], "role/") && role[5][strings.LastIndex(role[5], "/")+1:] == parts[1]
}
