// Package nodes declares the keys systemNodes, nodeGroups and autoscaler: types,
// defaults, validation and the values that follow from them. It imports neither Pulumi
// nor the AWS SDK.
package nodes

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/keys"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// Spec holds the groups of nodes.
type Spec struct {
	// System are the nodes without GPUs. Everything except the models runs on them.
	System System
	// Groups are the nodes with GPUs. Default: none.
	Groups []Group
	// KubernetesVersion is the minor version that nodes have. Required.
	KubernetesVersion string
	// Release is the AMI release of all nodes, such as 1.35.6-20260714, or Latest.
	// Default: existing node groups keep their release, and new groups get the newest.
	Release string
	// Newest are the newest AMI releases without and with NVIDIA's driver. The
	// configuration sets them from the account. Default: the releases of
	// versions.AMIRelease.
	Newest Releases
	// Strays are running node groups that the stack no longer has. The configuration sets
	// them from the account. Default: none.
	Strays []Stray
}

// Releases are AMI releases.
type Releases struct{ System, GPU string }

// Latest means the newest AMI release of EKS.
const Latest = "latest"

// System holds the nodes without GPUs.
type System struct {
	// InstanceTypes are EC2 types for x86, all of the same size.
	InstanceTypes []string `key:"instanceTypes" default:"m6i.large"`
	// Min is the smallest number of nodes in all zones together. The nodes are spread
	// over the zones. With a node in each zone, a pod can use a volume of any zone.
	// Default: one for each zone, at least 2.
	Min int `key:"min" range:"1..450"`
	// Max is the largest number of nodes in all zones together. Default: twice min.
	Max int `key:"max" range:"1..450"`
	// DiskGiB is the size of a node's disk, in GiB.
	DiskGiB int `key:"diskGiB" range:"20..16384" default:"50"`
	// Zones are the zones of the nodes, with a managed node group in each. Default: the
	// zones of the network, which the configuration sets.
	Zones []string
	// Live are the running node groups by zone. The configuration sets them from the
	// account. Default: none.
	Live map[string]Live
}

// Group holds nodes with the same GPUs.
type Group struct {
	// Name is the name by which models refer to the group. Required.
	Name string
	// InstanceTypes are EC2 types, all with the same GPUs. Required.
	InstanceTypes []string
	// Own holds the types that the catalogue does not have. Default: none.
	Own catalogue.Types
	// Labels are further labels of the nodes. Default: none.
	Labels map[string]string
	// Min is the smallest number of nodes, spread over the zones. Default: 0, so that
	// nodes run only while a model needs them. Max is the largest number of nodes in each
	// zone. The replicas of the models bound the nodes of all zones together, because
	// only replicas start nodes. Required.
	Min, Max int
	// Capacity is how the nodes are bought. Default: OnDemand.
	Capacity Capacity
	// Placement holds the zones of the nodes, with a managed node group in each. Default:
	// the zones of the network that offer all the types, which the configuration sets
	// from the account.
	Placement
	// Live are the running node groups by zone. The configuration sets them from the
	// account. Default: none.
	Live map[string]Live
}

// Placement declares the keys of nodeGroups that apply only to a created cluster.
type Placement struct {
	// ReservationID is the capacity reservation or capacity block, cr-…, that the nodes
	// use. It cannot be combined with spot, and zones must name only its zone. Default:
	// none; required for a capacity block.
	ReservationID string `key:"reservationId"`
	// Zones are the availability zones of the nodes. A capacity block is in one zone.
	// Default: the zones of the network that offer all instance types.
	Zones []string `key:"zones"`
	// DiskGiB is the size of the root disk in GiB. Default: 50 if the instance type has
	// local disks, which then hold images and weights; 200 if it has none.
	DiskGiB int `key:"diskGiB" range:"20..16384"`
}

// Capacity is the way in which nodes are bought.
type Capacity string

// Capacities.
const (
	OnDemand      Capacity = "on-demand"
	Spot          Capacity = "spot"
	CapacityBlock Capacity = "capacity-block"
)

// GroupLabel is a label of every node with the name of its group. SystemGroup is the name
// of the group without GPUs.
const (
	GroupLabel  = "vllm-eks/node-group"
	SystemGroup = "system"
)

// Sizes of disks, in GiB.
const (
	rootDisk  = 50  // system and logs
	wholeDisk = 200 // system, logs, images and weights
)

// WithDefaults returns the spec with every field set that has a default.
func (s Spec) WithDefaults() Spec {
	keys.Complete(&s.System)
	s.System.Min = cmp.Or(s.System.Min, max(2, len(s.System.Zones)))
	s.System.Max = cmp.Or(s.System.Max, 2*s.System.Min)
	s.Groups = slices.Clone(s.Groups)
	for i := range s.Groups {
		g := &s.Groups[i]
		keys.Complete(&g.Placement)
		if g.Capacity == "" {
			g.Capacity = OnDemand
		}
		if g.DiskGiB == 0 {
			g.DiskGiB = wholeDisk
			if g.localGB() > 0 {
				g.DiskGiB = rootDisk
			}
		}
	}
	return s
}

// localGB returns the size of the local disks in GB: the smallest, if the types differ.
func (g Group) localGB() int {
	smallest := -1
	for _, name := range g.InstanceTypes {
		instance, err := g.Own.Find(name)
		if err != nil {
			return 0 // reported as wrong
		}
		if smallest < 0 || instance.NVMeGB < smallest {
			smallest = instance.NVMeGB
		}
	}
	return max(smallest, 0)
}

// Validate returns every problem of the groups, each beginning with its key: those of the
// system under systemPath, of the others under groupsPath. Names, types and their GPUs
// decide where a model fits, so the package serving checks them.
func (s Spec) Validate(systemPath, groupsPath *field.Path) field.ErrorList {
	found := keys.Check(&s.System, systemPath)
	s.System.validate(&found, systemPath)
	for i, g := range s.Groups {
		g.validate(&found, groupsPath.Index(i))
	}
	return found
}

var (
	typeName = regexp.MustCompile(`^[a-z][a-z0-9-]*\.[a-z0-9-]+$`)
	arm      = regexp.MustCompile(`^[a-z]+\d+g`)
	block    = regexp.MustCompile(`^cr-[0-9a-f]{8,17}$`)
)

func (s System) validate(found *field.ErrorList, path *field.Path) {
	for i, name := range s.InstanceTypes {
		key := path.Child("instanceTypes").Index(i)
		family, _, _ := strings.Cut(name, ".")
		switch _, err := catalogue.FindInstance(name); {
		case !typeName.MatchString(name):
			problems.Invalid(found, key, "is %q, want an EC2 type such as m6i.large", name)
		case err == nil:
			problems.Invalid(found, key, "is %s, whose GPUs no system pod uses; want a type such as m6i.large, and GPUs in nodeGroups", name)
		case arm.MatchString(family):
			problems.Invalid(found, key, "is %s, an ARM type, and the system's images are for x86; want a type such as m6i.large", name)
		}
	}
	switch {
	case s.Max < s.Min:
		problems.Invalid(found, path.Child("max"), "is %d, want at least min, which is %d", s.Max, s.Min)
	case s.Max < len(s.Zones):
		problems.Invalid(found, path.Child("max"), "is %d, and the nodes are in %d zones; want at least one for each, since a volume binds its pod to a zone", s.Max, len(s.Zones))
	}
}

// longestName is the longest name of a group. A node group of EKS has at most 63
// characters. AWS' provider appends 26 digits. The zone, such as ap-northeast-1a, is
// appended too, with a '-' after the group and after the zone.
// https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateNodegroup.html (read 2026-11-29)
const longestName = 63 - 26 - 2

func (g Group) validate(found *field.ErrorList, path *field.Path) {
	*found = append(*found, keys.Check(&g.Placement, path)...)
	longestZone := len("us-west-2a") // the shortest; the configuration sets the zones from the account
	for i, zone := range g.Zones {
		longestZone = max(longestZone, len(zone))
		if slices.Index(g.Zones, zone) < i {
			problems.Duplicate(found, path.Child("zones").Index(i), "is %s a second time; name each zone once", zone)
		}
	}
	if longest := longestName - longestZone; len(g.Name) > longest {
		problems.TooLong(found, path.Child("name"), "has %d characters, want at most %d", len(g.Name), longest)
	}
	if g.Name == SystemGroup {
		problems.Invalid(found, path.Child("name"), "is %q, which is the group without GPUs; want another", g.Name)
	}
	g.validateOwn(found, path)
	if g.Max == 0 {
		problems.Required(found, path.Child("max"), "is missing; set the largest number of nodes")
	}
	switch g.Capacity {
	case OnDemand:
		if g.ReservationID != "" && len(g.Zones) > 1 {
			problems.Invalid(found, path.Child("zones"), "are %s, and a reservation is in one zone; name only its zone", strings.Join(g.Zones, ", "))
		}
	case Spot:
		if g.ReservationID != "" {
			problems.Forbidden(found, path.Child("reservationId"), "cannot be combined with capacity: spot; remove one of the two")
		}
	case CapacityBlock:
		g.validateBlock(found, path)
	default:
		problems.NotSupported(found, path.Child("capacity"), "is %q, want one of %s, %s, %s", g.Capacity, OnDemand, Spot, CapacityBlock)
	}
	if g.ReservationID != "" && !block.MatchString(g.ReservationID) {
		problems.Invalid(found, path.Child("reservationId"), "is %q, want the id of a capacity reservation, cr-…", g.ReservationID)
	}
}

// validateOwn checks the types that the catalogue does not have: they must be EC2 types
// whose processors can run the images.
func (g Group) validateOwn(found *field.ErrorList, path *field.Path) {
	for i, name := range g.InstanceTypes {
		if _, described := g.Own[name]; !described {
			continue
		}
		key := path.Child("instanceTypes").Index(i)
		switch reason := catalogue.Excluded(name); {
		case name == g.Name:
			problems.Required(found, path.Child("instanceTypes"), "is missing; name the EC2 types of its nodes, which hardware describes")
		case !typeName.MatchString(name):
			problems.Invalid(found, key, "is %q, want an EC2 type such as g5.2xlarge", name)
		case reason != "":
			problems.Invalid(found, key, "is %s, which no group of a created cluster can have: %s", name, reason)
		}
	}
}

// validateBlock checks that a capacity block has one type in one zone.
func (g Group) validateBlock(found *field.ErrorList, path *field.Path) {
	if g.ReservationID == "" {
		problems.Required(found, path.Child("reservationId"), "is missing; name the capacity block that you have bought, cr-…")
	}
	if len(g.Zones) != 1 {
		problems.Invalid(found, path.Child("zones"), "are %d, and a capacity block is in one zone; name only its zone", len(g.Zones))
	}
	if len(g.InstanceTypes) > 1 {
		problems.Invalid(found, path.Child("instanceTypes"), "are %s, and a capacity block is of one type", strings.Join(g.InstanceTypes, ", "))
	}
}
