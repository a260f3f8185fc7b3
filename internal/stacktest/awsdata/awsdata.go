// Package awsdata holds the AWS data of the SIMULATED accounts in tests and in
// previews, so that both have the same data.
package awsdata

import (
	"slices"
	"strconv"
	"strings"
)

const (
	// ID is the number of the account.
	ID = "111122223333"
	// Caller is the ARN of the caller.
	Caller = "arn:aws:sts::" + ID + ":assumed-role/deploy/simulated"
)

// Zones returns the names of a region's zones, such as us-east-1a, in the order of
// their IDs.
func Zones(region string) []string {
	var names []string
	for i := range Regions[region] {
		names = append(names, region+string(rune('a'+i)))
	}
	return names
}

// ZoneID returns the ID of a zone by its name; "" for an unknown zone.
func ZoneID(name string) string {
	zones := Regions[strings.TrimRight(name, "abcdef")]
	if i := int(name[len(name)-1] - 'a'); i < len(zones) {
		return zones[i]
	}
	return ""
}

// VCPUs returns the limits of running vCPUs, by AWS's codes of the quotas. They exceed
// the needs of the stacks in this repository.
// https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html
func VCPUs() map[string]int {
	return map[string]int{
		"L-1216C47A": 256, "L-34B43A08": 256, // standard: on demand, spot
		"L-DB2E81BA": 768, "L-3819A6DF": 768, // G and VT
		"L-417A185B": 384, "L-7212CCBC": 384, // P; P2 to P4 spot
		"L-C4BD4855": 384, // P5 spot
	}
}

// p5 holds the zones with the larger GPUs.
var p5 = []string{"use1-az6", "use2-az1", "use2-az3", "usw2-az3", "usw2-az4"}

// surveyed holds the regions for which the zones of each instance type are known. In
// other regions, the simulated accounts have every type in every zone.
var surveyed = []string{"use1", "use2", "usw2", "euc1", "euw1"}

// Surveyed reports whether the simulated accounts know the zones of each instance type
// in a region. In other regions, they have every type in every zone.
func Surveyed(region string) bool {
	zones := Regions[region]
	return len(zones) > 0 && slices.Contains(surveyed, prefixOf(zones[0]))
}

// prefixOf returns the part of a zone ID before the dash: use1 for use1-az1.
func prefixOf(zoneID string) string {
	prefix, _, _ := strings.Cut(zoneID, "-")
	return prefix
}

// limited holds the zones of the instance types of a family, for families that some
// zones of the surveyed regions do not have (as of September 2026).
// https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-regions.html
var limited = map[string][]string{
	"g5":   {"use1-az1", "use1-az2", "use1-az4", "use1-az5", "use1-az6", "use2-az1", "use2-az2", "use2-az3", "usw2-az1", "usw2-az2", "usw2-az3", "euc1-az1", "euc1-az2", "euc1-az3", "euw1-az1", "euw1-az2", "euw1-az3"},
	"p4d":  {"use1-az1", "use1-az2", "use1-az4", "use1-az6", "use2-az1", "use2-az2", "use2-az3", "usw2-az1", "usw2-az2", "usw2-az3", "usw2-az4", "euw1-az1", "euw1-az2"},
	"p4de": {"use1-az4", "use1-az6", "usw2-az1", "usw2-az2", "usw2-az3"},
	"p5":   p5, "p5e": p5, "p5en": p5, "p6-b200": p5,
}

// Offers reports whether a zone, by its ID, has an existing instance type.
func Offers(zoneID, instanceType string) bool {
	family, _, _ := strings.Cut(instanceType, ".")
	zones, ok := limited[family]
	return !ok || slices.Contains(zones, zoneID) || !slices.Contains(surveyed, prefixOf(zoneID))
}

// VCPUsOf returns the number of vCPUs of an instance type by its size. GPU and
// general-purpose families have two in large, four in xlarge, and four times the number
// before xlarge.
// https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-types.html
func VCPUsOf(instanceType string) int {
	family, size, _ := strings.Cut(instanceType, ".")
	if size == "metal" {
		return 96 // in all families of this package
	}
	multiple, isXlarge := strings.CutSuffix(size, "xlarge")
	n, err := strconv.Atoi(multiple)
	switch {
	case isXlarge && multiple == "":
		return 4
	case isXlarge && err == nil:
		return 4 * n
	case family != "" && size != "":
		return 2
	}
	return 0
}

// QuotaCode returns AWS's code of the quota that limits an instance type; "" if VCPUs
// has no such quota.
func QuotaCode(instanceType string, spot bool) string {
	family, _, _ := strings.Cut(instanceType, ".")
	codes := [2]string{"L-1216C47A", "L-34B43A08"}
	switch {
	case family == "":
		return ""
	case strings.HasPrefix(family, "g"), strings.HasPrefix(family, "vt"):
		codes = [2]string{"L-DB2E81BA", "L-3819A6DF"}
	case strings.HasPrefix(family, "p5") && spot:
		return "L-C4BD4855"
	case strings.HasPrefix(family, "p"):
		codes = [2]string{"L-417A185B", "L-7212CCBC"}
	case !strings.ContainsAny(family[:1], "acdhimrtz"):
		return ""
	}
	if spot {
		return codes[1]
	}
	return codes[0]
}
