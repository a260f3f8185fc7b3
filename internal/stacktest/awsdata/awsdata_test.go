package awsdata

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/partition"
	"github.com/vllm-eks/vllm-eks/internal/versions"
	"github.com/vllm-eks/vllm-eks/spec/account"
)

func TestZonesOfEveryEKSRegion(t *testing.T) {
	if got, want := slices.Sorted(maps.Keys(Regions)), account.Regions(); !slices.Equal(got, want) {
		t.Errorf("the simulated regions are %v, want %v", got, want)
	}
	seen := map[string]string{}
	for region, zones := range Regions {
		if len(zones) < 2 {
			t.Errorf("%s has the zones %v, and a cluster needs two", region, zones)
		}
		for i, id := range zones {
			if seen[id] != "" {
				t.Errorf("%s is a zone of %s and of %s", id, region, seen[id])
			}
			seen[id] = region
			if got := ZoneID(Zones(region)[i]); got != id {
				t.Errorf("%s is %s, want %s", Zones(region)[i], got, id)
			}
		}
	}
}

func TestPartitions(t *testing.T) {
	for region, want := range map[string][3]string{
		"us-west-2":     {"aws", "amazonaws.com", "com.amazonaws"},
		"cn-north-1":    {"aws-cn", "amazonaws.com.cn", "cn.com.amazonaws"},
		"us-gov-west-1": {"aws-us-gov", "amazonaws.com", "com.amazonaws"},
	} {
		if got := [3]string{partition.Of(region), DNSSuffix(region), ReverseDNSPrefix(region)}; got != want {
			t.Errorf("%s: got %v, want %v", region, got, want)
		}
		if got := CallerIn(region); !strings.HasPrefix(got, "arn:"+want[0]+":sts::") {
			t.Errorf("%s: the caller is %s", region, got)
		}
	}
}

func TestOfferedTypes(t *testing.T) {
	for _, test := range []struct {
		zone, instance string
		want           bool
	}{
		{"usw2-az3", "p5.48xlarge", true}, {"usw2-az1", "p5.48xlarge", false}, {"usw2-az1", "m6i.large", true},
		{"apse2-az1", "g5.xlarge", true},
	} {
		if got := Offers(test.zone, test.instance); got != test.want {
			t.Errorf("%s offers %s: %t", test.zone, test.instance, got)
		}
	}
	if !Surveyed("us-west-2") || Surveyed("ap-southeast-2") || Surveyed("atlantis-1") {
		t.Error("surveyed are five regions")
	}
}

// TestPinnedAddonsAreOffered checks that EKS accepts the add-on versions that the
// program installs.
func TestPinnedAddonsAreOffered(t *testing.T) {
	for _, minor := range versions.KubernetesMinors() {
		for _, name := range versions.Addons() {
			if pinned := versions.Addon(name, minor); !slices.Contains(AddonVersions(name, minor), pinned) {
				t.Errorf("%s %s for %s is none of %v", name, pinned, minor, AddonVersions(name, minor))
			}
		}
	}
	for _, name := range Addons() {
		for minor := OldestMinor; minor <= NewestMinor; minor++ {
			kubernetes := "1." + string(rune('0'+minor/10)) + string(rune('0'+minor%10))
			if !slices.Contains(AddonVersions(name, kubernetes), DefaultAddonVersion(name, kubernetes)) {
				t.Errorf("the default of %s for %s is %q", name, kubernetes, DefaultAddonVersion(name, kubernetes))
			}
		}
	}
	if Release("1.31") != "" || len(AddonVersions("coredns", "1.31")) > 0 {
		t.Error("1.31 is offered")
	}
}
