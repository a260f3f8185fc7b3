package serving

import "testing"

func TestParseQuantity(t *testing.T) {
	equal := [][2]string{{"1Gi", "1024Mi"}, {"500m", "0.5"}, {"1k", "1000"}, {"1.5G", "1500M"}, {"2Ti", "2048Gi"}}
	for _, pair := range equal {
		a, okA := parseQuantity(pair[0])
		b, okB := parseQuantity(pair[1])
		if !okA || !okB || a.Cmp(b) != 0 {
			t.Errorf("%s and %s are not the same amount", pair[0], pair[1])
		}
	}
	for _, text := range []string{"", "Gi", "-1Gi", "1GB", "1 Gi", "1,5Gi", "1e3", ".5", "0x10"} {
		if amount, ok := parseQuantity(text); ok {
			t.Errorf("%q is read as %s", text, amount)
		}
	}
}

func TestResourcesGrowWithTheGPUs(t *testing.T) {
	for gpus, want := range map[int]Resources{
		1: {CPU: "3", Memory: "12Gi", ShmSize: "2Gi"},
		4: {CPU: "6", Memory: "48Gi", ShmSize: "8Gi"},
		8: {CPU: "10", Memory: "96Gi", ShmSize: "16Gi"},
	} {
		if got := (Spec{GPU: GPU{Count: gpus}}).WithDefaults().Resources; got != want {
			t.Errorf("%d GPUs: got %v, want %v", gpus, got, want)
		}
	}
	if got := (Spec{Resources: Resources{CPU: "1", Memory: "1Gi", ShmSize: "64Mi"}}).WithDefaults().Resources; got != (Resources{"1", "1Gi", "64Mi"}) {
		t.Errorf("what is given is not kept: %v", got)
	}
}
