package account

import "strings"

// regions are those of the simulated account. Which letter has which ID differs
// from account to account; here they follow each other.
var regions = map[string][]string{
	"us-east-1":    {"use1-az1", "use1-az2", "use1-az3", "use1-az4", "use1-az5", "use1-az6"},
	"us-east-2":    {"use2-az1", "use2-az2", "use2-az3"},
	"us-west-2":    {"usw2-az1", "usw2-az2", "usw2-az3", "usw2-az4"},
	"eu-central-1": {"euc1-az1", "euc1-az2", "euc1-az3"},
	"eu-west-1":    {"euw1-az1", "euw1-az2", "euw1-az3"},
}

// zonesOf are the names of a region's zones, such as us-east-1a.
func zonesOf(region string) []string {
	var names []string
	for i := range regions[region] {
		names = append(names, region+string(rune('a'+i)))
	}
	return names
}

// zoneID is the ID of a zone by its name.
func zoneID(name string) string {
	zones := regions[strings.TrimRight(name, "abcdef")]
	if i := int(name[len(name)-1] - 'a'); i < len(zones) {
		return zones[i]
	}
	return ""
}

// offered are the zones that have the instance types of a family, for families
// that not every zone has, and only in regions where that is known (as of
// September 2026). https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-regions.html
var offered = map[string][]string{
	"g5":   {"use1-az1", "use1-az2", "use1-az4", "use1-az5", "use1-az6", "use2-az1", "use2-az2", "use2-az3", "usw2-az1", "usw2-az2", "usw2-az3", "euc1-az1", "euc1-az2", "euc1-az3", "euw1-az1", "euw1-az2", "euw1-az3"},
	"p4d":  {"use1-az1", "use1-az2", "use1-az4", "use1-az6", "use2-az1", "use2-az2", "use2-az3", "usw2-az1", "usw2-az2", "usw2-az3", "usw2-az4", "euw1-az1", "euw1-az2"},
	"p4de": {"use1-az4", "use1-az6", "usw2-az1", "usw2-az2", "usw2-az3"},
}

// offers tells whether a zone has an instance type.
func offers(zone, instanceType string) bool {
	family, _, _ := strings.Cut(instanceType, ".")
	zones, limited := offered[family]
	if !limited {
		return true
	}
	for _, id := range zones {
		if id == zoneID(zone) {
			return true
		}
	}
	return false
}
