package serving

import (
	"regexp"
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems/problemstest"
)

func TestParseQuantity(t *testing.T) {
	equal := []struct {
		form *regexp.Regexp
		a, b string
	}{
		{coreAmount, "500m", "0.5"}, {coreAmount, "2", "2000m"},
		{byteAmount, "1Gi", "1024Mi"}, {byteAmount, "1k", "1000"}, {byteAmount, "1.5G", "1500M"}, {byteAmount, "2Ti", "2048Gi"},
	}
	for _, pair := range equal {
		a, okA := parseQuantity(pair.a, pair.form)
		b, okB := parseQuantity(pair.b, pair.form)
		if !okA || !okB || a.Cmp(b) != 0 {
			t.Errorf("%s and %s are not the same amount", pair.a, pair.b)
		}
	}
	for _, text := range []string{"", "Gi", "-1Gi", "1GB", "1 Gi", "1,5Gi", "1e3", ".5", "0x10"} {
		for _, form := range []*regexp.Regexp{coreAmount, byteAmount} {
			if amount, ok := parseQuantity(text, form); ok {
				t.Errorf("%q is read as %s", text, amount.String())
			}
		}
	}
}

// TestSuffixesFitTheirField keeps cores from being counted in bytes and bytes
// in thousandths.
func TestSuffixesFitTheirField(t *testing.T) {
	tests := []struct {
		resources Resources
		want      []string
	}{
		{Resources{CPU: "0.5", Memory: "1500M", ShmSize: "1000000000", Disk: "1Ti"}, nil},
		{Resources{CPU: "500m", Memory: "12Gi", ShmSize: "64Mi", Disk: "64000k"}, nil},
		{Resources{CPU: "4k"}, []string{"a.resources.cpu: invalid"}},
		{Resources{CPU: "4Gi"}, []string{"a.resources.cpu: invalid"}},
		{Resources{Memory: "512m"}, []string{"a.resources.memory: invalid"}},
		{Resources{ShmSize: "512m"}, []string{"a.resources.shmSize: invalid"}},
		{Resources{Disk: "512m"}, []string{"a.resources.disk: invalid"}},
		{Resources{CPU: "0", Memory: "12", ShmSize: "0Gi", Disk: "60"},
			[]string{"a.resources.cpu: invalid", "a.resources.disk: invalid", "a.resources.memory: invalid", "a.resources.shmSize: invalid"}},
	}
	for _, test := range tests {
		var found field.ErrorList
		test.resources.withDefaults(1, hostMemory{}).validate(&found, field.NewPath("a"))
		if got := problemstest.KindsOf(found); !slices.Equal(got, test.want) {
			t.Errorf("%+v: the problems are %q, want %q", test.resources, got, test.want)
		}
	}
}

func TestResourcesGrowWithTheGPUs(t *testing.T) {
	for gpus, want := range map[int]Resources{
		1: {CPU: "3", Memory: "12Gi", ShmSize: "2Gi", Disk: "60Gi"},
		4: {CPU: "6", Memory: "48Gi", ShmSize: "8Gi", Disk: "240Gi"},
		8: {CPU: "10", Memory: "96Gi", ShmSize: "16Gi", Disk: "480Gi"},
	} {
		if got := (Spec{GPU: GPU{Count: gpus}}).WithDefaults().Resources; got != want {
			t.Errorf("%d GPUs: got %v, want %v", gpus, got, want)
		}
	}
	base := Resources{CPU: "1", Memory: "1Gi", ShmSize: "64Mi", Disk: "1Gi"}
	if got := (Spec{Resources: base}).WithDefaults().Resources; got != base {
		t.Errorf("what is given is not kept: %v", got)
	}
}
