package catalogue

import (
	"fmt"
	"strings"
	"testing"
)

func TestGPUs(t *testing.T) {
	if g, err := FindGPU("a10g"); err != nil || g.Name != "A10G" {
		t.Errorf("%v, %v", g, err)
	}
	if _, err := FindGPU("RTX"); err == nil || !strings.Contains(err.Error(), "A100-40") {
		t.Errorf("%v", err)
	}
	table, err := gpus()
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range table {
		if !g.HasSpeed() {
			t.Errorf("the speed of %s is not known", g.Name)
		}
		if g.UsableGiB > float64(g.NominalGB) || g.UsableGiB < 0.85*float64(g.NominalGB) {
			t.Errorf("%s of %d GB has %v GiB", g.Name, g.NominalGB, g.UsableGiB)
		}
	}
}

// TestMalformedGPUs checks that the mistake of an added row is found.
func TestMalformedGPUs(t *testing.T) {
	tests := []struct{ name, row, want string }{
		{"a good row", "Z900\t96\t94.5\t100\tNVLink5\t5000\t1500\t-\t-\tno", ""},
		{"unknown link", "Z900\t96\t94.5\t100\tNVLink9\t5000\t1500\t-\t-\tno", `Z900: link is "NVLink9"`},
		{"missing column", "Z900\t96\t94.5\t100\tNVLink5\t5000\t1500\t-\tno", `Z900: measured is ""`},
		{"empty column", "Z900\t96\t94.5\t100\tNVLink5\t5000\t1500\t\t-\tno", "Z900: chip is missing"},
		{"no number", "Z900\t96\t94.5\t100\tNVLink5\tfast\t1500\t-\t-\tno", "Z900: memory_gbps: "},
		{"name in another case", "h100\t96\t94.5\t100\tNVLink5\t5000\t1500\t-\t-\tno", "h100: is in the table twice"},
		{"chip without a measurement of its own", "Z900\t96\t94.5\t100\tNVLink5\t5000\t1500\tA800\t-\tno", `Z900: chip is "A800"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := readGPUs(strings.TrimSuffix(gpuTable, "\n") + "\n" + test.row + "\n")
			if got := fmt.Sprint(err); test.want == "" && err != nil || !strings.HasPrefix(got, test.want) || strings.Contains(got, "\n") {
				t.Errorf("the error is %q, want %q", got, test.want)
			}
		})
	}
}
