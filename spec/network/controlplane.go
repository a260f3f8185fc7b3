package network

import "slices"

// controlPlaneZoneCount is the number of zones of a control plane that EKS requires. EKS
// never changes the set of zones of an existing control plane, and nodes may be in other
// zones. So with fewer zones, more of network.zones can change later.
// https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html
const controlPlaneZoneCount = 2

// PlacedZones returns the zones of the control plane, sorted.
func (s Spec) PlacedZones() []string {
	if len(s.ControlPlaneZones) > 0 {
		zones := slices.DeleteFunc(slices.Clone(s.ControlPlaneZones), func(zone string) bool { return !slices.Contains(s.Zones, zone) })
		return slices.Sorted(slices.Values(zones))
	}
	zones := slices.Sorted(slices.Values(s.Zones))
	return zones[:min(controlPlaneZoneCount, len(zones))]
}

// ControlPlaneSubnets returns the subnets of an existing VPC for the control plane: in
// each of its zones, the first subnet that the user lists.
func (s Spec) ControlPlaneSubnets() []string {
	e := s.Existing
	if e == nil {
		return nil
	}
	zones := s.ControlPlaneZones
	if len(zones) == 0 {
		for _, id := range e.PrivateSubnetIDs {
			if zone := e.Zones[id]; !slices.Contains(e.WithoutControlPlane, zone) {
				zones = append(zones, zone)
			}
		}
		slices.Sort(zones)
		zones = slices.Compact(zones)
		zones = zones[:min(controlPlaneZoneCount, len(zones))]
	}
	var ids []string
	for _, zone := range zones {
		for _, id := range e.PrivateSubnetIDs {
			if e.Zones[id] == zone {
				ids = append(ids, id)
				break
			}
		}
	}
	return ids
}
