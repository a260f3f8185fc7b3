// Package awsdata is what the SIMULATED accounts of the tests and of previews
// know of AWS, so that they know the same.
package awsdata

import (
	"slices"
	"strconv"
	"strings"
)

const (
	// ID is the number of the account.
	ID = "111122223333"
	// Caller is who asks.
	Caller = "arn:aws:sts::" + ID + ":assumed-role/deploy/simulated"
)

// Zones are the names of a region's zones, such as us-east-1a, in the order of
// their IDs.
func Zones(region string) []string {
	var names []string
	for i := range Regions[region] {
		names = append(names, region+string(rune('a'+i)))
	}
	return names
}

// ZoneID is the ID of a zone by its name; "" of one that is not known.
func ZoneID(name string) string {
	zones := Regions[strings.TrimRight(name, "abcdef")]
	if i := int(name[len(name)-1] - 'a'); i < len(zones) {
		return zones[i]
	}
	return ""
}

// VCPUs are how many the account may run at once, by AWS' codes of its quotas:
// more than the stacks of this repository need.
// https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html
func VCPUs() map[string]int {
	return map[string]int{
		"L-1216C47A": 256, "L-34B43A08": 256, // standard: on demand, spot
		"L-DB2E81BA": 768, "L-3819A6DF": 768, // G and VT
		"L-417A185B": 384, "L-7212CCBC": 384, // P; P2 to P4 spot
		"L-C4BD4855": 384, // P5 spot
	}
}

// p5 are the zones of the larger cards.
var p5 = []string{"use1-az6", "use2-az1", "use2-az3", "usw2-az3", "usw2-az4"}

// surveyed are the regions of which it is known which zones have which types. In
// the others, the simulated accounts have every type in every zone.
var surveyed = []string{"use1", "use2", "usw2", "euc1", "euw1"}

// Surveyed reports whether the simulated accounts know of a region which zones
// have which instance types. Otherwise they have every type in every zone.
func Surveyed(region string) bool {
	zones := Regions[region]
	return len(zones) > 0 && slices.Contains(surveyed, prefixOf(zones[0]))
}

// prefixOf is use1 of use1-az1.
func prefixOf(zoneID string) string {
	prefix, _, _ := strings.Cut(zoneID, "-")
	return prefix
}

// limited are the zones that have the instance types of a family, for families
// that not every zone of the surveyed regions has (as of September 2026). https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-regions.html
var limited = map[string][]string{
	"g5":   {"use1-az1", "use1-az2", "use1-az4", "use1-az5", "use1-az6", "use2-az1", "use2-az2", "use2-az3", "usw2-az1", "usw2-az2", "usw2-az3", "euc1-az1", "euc1-az2", "euc1-az3", "euw1-az1", "euw1-az2", "euw1-az3"},
	"p4d":  {"use1-az1", "use1-az2", "use1-az4", "use1-az6", "use2-az1", "use2-az2", "use2-az3", "usw2-az1", "usw2-az2", "usw2-az3", "usw2-az4", "euw1-az1", "euw1-az2"},
	"p4de": {"use1-az4", "use1-az6", "usw2-az1", "usw2-az2", "usw2-az3"},
	"p5":   p5, "p5e": p5, "p5en": p5, "p6-b200": p5,
}

// Offers tells whether a zone, by its ID, has an instance type that exists.
func Offers(zoneID, instanceType string) bool {
	family, _, _ := strings.Cut(instanceType, ".")
	zones, some := limited[family]
	return !some || slices.Contains(zones, zoneID) || !slices.Contains(surveyed, prefixOf(zoneID))
}

// VCPUsOf is how many vCPUs an instance type has, by its size: what AWS sells with
// GPUs and for general purposes has two in large, four in xlarge and four times
// the number before xlarge.
// https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-types.html
func VCPUsOf(instanceType string) int {
	family, size, _ := strings.Cut(instanceType, ".")
	if size == "metal" {
		return 96 // of the families that are known here
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

// QuotaCode is AWS' code of the quota that counts an instance type; "" for one
// that none of VCPUs does.
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
