package catalogue

import (
	"strings"
	"testing"
)

func TestTypesFind(t *testing.T) {
	whole := Instance{GPU: GPU{Name: "X1", UsableGiB: 40}, GPUs: 2, VCPU: 8, MemoryGiB: 64}
	described := Types{"g9.xlarge": whole, "lab": {GPUs: 2, VCPU: 8, MemoryGiB: 64}}
	if instance, err := described.Find("g9.xlarge"); err != nil || instance.Type != "g9.xlarge" || instance.GPU.Name != "X1" || instance.GPUs != 2 {
		t.Errorf("found %+v, %v", instance, err)
	}
	if _, err := described.Find("lab"); err == nil || !strings.HasPrefix(err.Error(), "describes lab without a GPU") {
		t.Errorf("a machine without a GPU: %v", err)
	}
	for _, types := range []Types{described, nil} {
		if instance, err := types.Find("g5.xlarge"); err != nil || instance.GPU.Name != "A10G" {
			t.Errorf("found %+v, %v", instance, err)
		}
	}
	if _, err := described.Find("g8.xlarge"); err == nil {
		t.Error("a type that nobody describes is found")
	}
}

func TestCapabilityOf(t *testing.T) {
	for capability, want := range map[float64]int{6: 60, 8.6: 86, 8.9: 89, 9: 90, 10.3: 103, 12.1: 121} {
		if got, err := CapabilityOf(capability); err != nil || got != want {
			t.Errorf("%g is %d (%v), want %d", capability, got, err, want)
		}
	}
	for _, capability := range []float64{0, -1, 5.2, 8.65, 86, 90} {
		if got, err := CapabilityOf(capability); err == nil {
			t.Errorf("%g is %d", capability, got)
		}
	}
}

// TestExcludedTypes checks the reason for each kind of excluded type.
func TestExcludedTypes(t *testing.T) {
	for name, reason := range map[string]string{
		"g6f.xlarge": "a fraction of an L4", "gr6f.4xlarge": "a fraction of an L4", "g5g.xlarge": "ARM", "p6e-gb200.36xlarge": "UltraServer",
		"g4ad.xlarge": "AMD", "p2.xlarge": "too old", "g3s.xlarge": "too old",
	} {
		_, err := FindInstance(name)
		if err == nil || !strings.Contains(err.Error(), "which the catalogue leaves out: ") || !strings.Contains(err.Error(), reason) {
			t.Errorf("%s: %v, want %q", name, err, reason)
		}
	}
	for _, i := range Instances() {
		if reason := Excluded(i.Type); reason != "" {
			t.Errorf("%s is in the catalogue, and left out since %s", i.Type, reason)
		}
	}
}

func TestSystemNodesHavePrices(t *testing.T) {
	for _, name := range []string{"m5.large", "m5.24xlarge", "c7i-flex.2xlarge", "r8i.xlarge", "t3.micro", "m6a.8xlarge", "m7i.metal-24xl"} {
		for _, region := range []string{DefaultRegion, "eu-west-1"} {
			if p, ok := (Prices{Region: region}).For(name); !ok || p.USDPerHour <= 0 {
				t.Errorf("%s in %s costs %+v", name, region, p)
			}
		}
	}
}
