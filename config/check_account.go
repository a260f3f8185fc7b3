package config

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/spec/account"
	"github.com/vllm-eks/vllm-eks/spec/cluster"
)

// checkOffers compares the network with the account.
func (p *Platform) checkOffers(found *findings, source *Source) {
	if !p.queried {
		return
	}
	network := field.NewPath("network")
	for i, zone := range p.Network.Zones {
		path := network.Child("zones").Index(i)
		if !slices.Contains(p.Offers.Zones, zone) && !found.reported(path) {
			found.add(field.ErrorTypeNotSupported, path, "is %q, which the account does not have, or in which EKS places no cluster; want one of %s", zone, strings.Join(p.Offers.Zones, ", "))
		}
	}
	p.checkControlPlane(found)
	p.checkLogGroup(found, source)
	e := p.Network.Existing
	if e == nil {
		return
	}
	for _, list := range []struct {
		key string
		ids []string
	}{{"privateSubnetIds", e.PrivateSubnetIDs}, {"publicSubnetIds", e.PublicSubnetIDs}} {
		for i, id := range list.ids {
			path := network.Child(list.key).Index(i)
			switch subnet := p.Offers.Subnets[id]; {
			case subnet.Problem != "":
				found.add(field.ErrorTypeInvalid, path, "is %s, which cannot be read: %s", id, subnet.Problem)
			case subnet.VPCID != e.VPCID:
				found.add(field.ErrorTypeInvalid, path, "is %s, a subnet of %s; want a subnet of %s", id, subnet.VPCID, e.VPCID)
			}
		}
	}
	p.checkVPC(found)
}

// checkPlaces refuses groups if no zone offers their types.
func (p *Platform) checkPlaces(found *findings) {
	if found.reported(field.NewPath("network", "privateSubnetIds")) {
		return // the zones of missing subnets are not known
	}
	zones := p.nodeZones()
	if len(p.Nodes.System.Zones) == 0 {
		p.checkNowhere(found, field.NewPath("systemNodes"), p.Nodes.System.InstanceTypes, zones)
	}
	for i, g := range p.Nodes.Groups {
		path := field.NewPath("nodeGroups").Index(i)
		if len(g.Zones) == 0 && len(p.offering(g.InstanceTypes, zones)) == 0 {
			p.checkNowhere(found, path, g.InstanceTypes, zones)
		}
		for j, zone := range g.Zones {
			item := path.Child("zones").Index(j)
			switch offered := p.offering(g.InstanceTypes, []string{zone}); {
			case !slices.Contains(zones, zone):
				found.add(field.ErrorTypeNotSupported, item, "is %q, in which the network has no private subnet; want one of %s", zone, strings.Join(zones, ", "))
			case len(offered) == 0:
				found.add(field.ErrorTypeNotSupported, item, "is %s, which does not offer %s; want one of %s", zone, strings.Join(g.InstanceTypes, " and "), orNone(p.everywhere(g.InstanceTypes)))
			}
		}
	}
}

// everywhere returns all zones of the account that offer all the types.
func (p *Platform) everywhere(types []string) []string { return p.offering(types, p.Offers.Zones) }

// checkNowhere reports types that no zone of the network offers together.
func (p *Platform) checkNowhere(found *findings, path *field.Path, types, zones []string) {
	path = path.Child("instanceTypes")
	if len(zones) == 0 || found.reported(path) {
		return
	}
	for i, instanceType := range types {
		if len(p.Offers.In[instanceType]) == 0 {
			found.add(field.ErrorTypeInvalid, path.Index(i), "is %s, which %s does not offer; want another type, or another region", instanceType, p.Account.Region)
			return
		}
	}
	found.add(field.ErrorTypeInvalid, path, "are %s, which none of %s offers; offered in: %s. Add one of these zones to network.zones",
		strings.Join(types, " and "), strings.Join(zones, ", "), orNone(p.everywhere(types)))
}

func orNone(zones []string) string {
	if len(zones) == 0 {
		return "no zone"
	}
	return strings.Join(zones, ", ")
}

// use is the largest number of vCPUs of a group, and the quota that counts them.
type use struct {
	path  *field.Path
	quota account.Quota
	vcpus int
}

// uses returns the vCPUs that the groups request from the account's quotas.
func (p *Platform) uses() []use {
	var uses []use
	for i, g := range p.Nodes.Groups {
		if quota, vcpus, counted := p.quotaOf(g.Name); counted {
			uses = append(uses, use{field.NewPath("nodeGroups").Index(i).Child("max"), quota, vcpus * g.Max})
		}
	}
	return uses
}

// checkQuotas refuses groups that could not grow to their max.
func (p *Platform) checkQuotas(found *findings) {
	total := map[account.Quota]int{}
	for _, u := range p.uses() {
		total[u.quota] += u.vcpus
		have, limited := p.Offers.VCPUs[u.quota]
		switch {
		case !limited || total[u.quota] <= have:
		case total[u.quota] > u.vcpus:
			found.add(field.ErrorTypeInvalid, u.path, "needs %d vCPU of %s, %d with the groups before it, quota %d; have the quota raised, or lower max", u.vcpus, u.quota, total[u.quota], have)
		default:
			found.add(field.ErrorTypeInvalid, u.path, "needs %d vCPU of %s, quota %d; have the quota raised, or lower max", u.vcpus, u.quota, have)
		}
	}
}

// admitted reports whether the caller is an admin of the created cluster.
func (p *Platform) admitted() bool {
	return slices.ContainsFunc(p.Cluster.Access, func(a cluster.Access) bool {
		return a.Policy == cluster.Admin && len(a.Namespaces) == 0 && same(a.PrincipalARN, p.Offers.Caller)
	})
}

// same reports whether a session belongs to a principal. A session has the name of its
// role without the path.
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
