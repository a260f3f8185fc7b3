package main

import (
	"archive/zip"
	"bytes"
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// pinned returns the module from which the tables are generated.
func pinned(t *testing.T) module {
	t.Helper()
	m, err := download(context.Background(), karpenter)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestTablesAreGenerated(t *testing.T) {
	folder := os.DirFS("..")
	tables, err := generate(pinned(t), folder)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range tables {
		text, err := os.ReadFile("../" + name)
		if err != nil || string(text) != want {
			t.Errorf("%s is not what the module gives (%v); run go generate ./sizing/catalogue", name, err)
		}
	}
}

// TestEveryGPUTypeIsKnownOrExcluded checks the module, not the generated table.
func TestEveryGPUTypeIsKnownOrExcluded(t *testing.T) {
	m := pinned(t)
	types := m.gpuTypes()
	if len(types) < 80 {
		t.Errorf("the module has %d types with GPUs, and had 92", len(types))
	}
	families := map[string]bool{}
	for _, name := range types {
		family, _, _ := strings.Cut(name, ".")
		families[family] = true
		instance, err := catalogue.FindInstance(name)
		switch reason := catalogue.Excluded(name); {
		case reason != "" && (err == nil || !strings.Contains(err.Error(), reason)):
			t.Errorf("%s is left out since %s; FindInstance says %v", name, reason, err)
		case reason == "" && err != nil:
			t.Errorf("%s is neither in the catalogue nor left out with a reason", name)
		case reason == "" && m.GPUs[name].Count != 0 && instance.GPUs != m.GPUs[name].Count:
			t.Errorf("%s has %d GPUs, want %d", name, instance.GPUs, m.GPUs[name].Count)
		}
	}
	text, err := os.ReadFile("../" + excludedFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows(string(text)) {
		if !families[row["family"]] {
			t.Errorf("%s is left out, and the module does not have it", row["family"])
		}
	}
}

// Files of a module with one existing type and one new type.
const (
	gpus = `package p
var GPUMetadataByInstanceType = map[string]*DeviceMetadata{
	"g5.xlarge": {Count: 1, Devices: []DRADevice{{
		Attributes: map[N]A{"productName": {StringValue: strPtr("NVIDIA A10G")}, "cudaComputeCapability": {VersionValue: strPtr("8.6.0")}},
		Capacity:   map[N]C{"memory": {Value: resource.MustParse("23028Mi")}},
	}}},
	"g9.xlarge": {Count: 1, Devices: []DRADevice{{
		Attributes: map[N]A{"productName": {StringValue: strPtr("NVIDIA X1")}, "cudaComputeCapability": {VersionValue: strPtr("13.0.0")}},
		Capacity:   map[N]C{"memory": {Value: resource.MustParse("48Gi")}},
	}}},
}`
	limits = `package p
var Limits = map[string]*VPCLimits{
	"g5.xlarge": {IPv4PerInterface: 15, DefaultNetworkCardIndex: 1, NetworkCards: []NetworkCard{{MaximumNetworkInterfaces: 2, NetworkCardIndex: 0}, {MaximumNetworkInterfaces: 4, NetworkCardIndex: 1}}},
	"g9.xlarge": {IPv4PerInterface: 15, DefaultNetworkCardIndex: 0, NetworkCards: []NetworkCard{{MaximumNetworkInterfaces: 4, NetworkCardIndex: 0}}},
	"m5.large":  {IPv4PerInterface: 10, DefaultNetworkCardIndex: 0, NetworkCards: []NetworkCard{{MaximumNetworkInterfaces: 3, NetworkCardIndex: 0}}},
}`
	bandwidths = `package p
var (
	InstanceTypeBandwidthMegabits = map[string]int64{
		"g5.xlarge": 2500, "g9.xlarge": 5000, "m5.large": 750,
	}
)`
	usPrices = `package p

// generated at 2026-07-20T13:44:30Z for us-east-1

var Prices = map[string]map[T]float64{
	"us-east-1": {"g5.xlarge": 1.006000, "g9.xlarge": 2.5, "m5.large": 0.096000, "m7g.large": 0.0816, "a1.large": 0.051000},
}`
	chinesePrices = `package p

// generated at 2024-11-06T00:00:00Z for cn-north-1

var Prices = map[string]map[T]float64{
	"cn-north-1": {"g5.xlarge": 9.1},
}`
)

// archived returns a module with the given files.
func archived(t *testing.T, files map[string]string) (module, error) {
	t.Helper()
	var buffer bytes.Buffer
	w := zip.NewWriter(&buffer)
	for name, text := range files {
		file, err := w.Create("example.com/k@v1.2.3" + name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := file.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	archive, err := zip.NewReader(bytes.NewReader(buffer.Bytes()), int64(buffer.Len()))
	if err != nil {
		t.Fatal(err)
	}
	m, err := read(archive)
	m.Version, m.Date = "example.com/k@v1.2.3", "2026-11-12"
	return m, err
}

func files() map[string]string {
	return map[string]string{gpuFile: gpus, limitsFile: limits, bandwidthFile: bandwidths, priceFiles + ".go": usPrices, priceFiles + "_cn.go": chinesePrices}
}

const (
	specificationTable = "# by hand\ntype\tvcpu\tmemory_gib\tnvme_gb\tebs_mibps\tgpu\tgpus\ng5.xlarge\t4\t16\t250\t83.4\n"
	excludedTable      = "family\treason\ng9\tit is of the future\n"
	oldPrices          = "# comment\n# Karpenter: \nregion\ttype\tusd_per_hour\tdate\nus-east-1\tnat-gateway\t0.045\t2026-01-01\nus-east-1\tg5.xlarge\t1.1\t2026-08-26\n"
)

func TestGenerate(t *testing.T) {
	m, err := archived(t, files())
	if err != nil {
		t.Fatal(err)
	}
	tables, err := generate(m, fstest.MapFS{specificationsFile: {Data: []byte(specificationTable)}, excludedFile: {Data: []byte(excludedTable)}, pricesFile: {Data: []byte(oldPrices)}})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(tables[instancesFile], "type\tgpu\tgpus\tvcpu\tmemory_gib\tmax_pods\tnvme_gb\tnetwork_gbps\tebs_mibps\ng5.xlarge\tA10G\t1\t4\t16\t58\t250\t2.5\t83.4\n") ||
		!strings.Contains(tables[instancesFile], "from example.com/k@v1.2.3 of 2026-11-12") {
		t.Errorf("the instances are\n%s", tables[instancesFile])
	}
	want := "# comment\n# Karpenter: example.com/k@v1.2.3 of 2026-11-12, pkg/providers/pricing: cn-north-1 2024-11-06, us-east-1 2026-07-20.\nregion\ttype\tusd_per_hour\tdate\n" +
		"cn-north-1\tg5.xlarge\t1.3000\t2024-11-06\n" +
		"us-east-1\tg5.xlarge\t1.1\t2026-08-26\n" + // a later price stays
		"us-east-1\tg9.xlarge\t2.5\t2026-07-20\n" +
		"us-east-1\tm5.large\t0.096\t2026-07-20\n" +
		"us-east-1\tnat-gateway\t0.045\t2026-01-01\n"
	if tables[pricesFile] != want {
		t.Errorf("the prices are\n%s\nwant\n%s", tables[pricesFile], want)
	}
}

// TestGenerateRefuses checks an error for every disagreement of the tables and the
// module.
func TestGenerateRefuses(t *testing.T) {
	tests := map[string]struct {
		specifications, excluded string
		want                     string
	}{
		"a new type":                        {specificationTable, "family\treason\n", "g9.xlarge: is an instance type with GPUs of example.com/k@v1.2.3; describe it in specifications.tsv, or give the reason"},
		"a new GPU":                         {specificationTable + "g9.xlarge\t4\t16\t250\t83.4\n", "family\treason\n", `g9.xlarge: has the GPU "NVIDIA X1"; add it to gpus.tsv`},
		"a type that the module lacks":      {specificationTable + "g8.xlarge\t4\t16\t250\t83.4\n", excludedTable, "g8.xlarge: is in specifications.tsv, and example.com/k@v1.2.3 does not know it"},
		"a type both specified and left":    {specificationTable + "g9.xlarge\t4\t16\t250\t83.4\n", excludedTable, "g9.xlarge: is in specifications.tsv, and its family in excluded.tsv"},
		"a GPU that the module knows":       {strings.TrimSuffix(specificationTable, "\n") + "\tA10G\t1\n", excludedTable, "g5.xlarge: its GPU is in example.com/k@v1.2.3; remove it"},
		"a specification without its disks": {strings.Replace(specificationTable, "\t250\t", "\t\t", 1), excludedTable, "g5.xlarge: has no nvme_gb in specifications.tsv"},
	}
	m, err := archived(t, files())
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range tests {
		_, err := generate(m, fstest.MapFS{specificationsFile: {Data: []byte(test.specifications)}, excludedFile: {Data: []byte(test.excluded)}, pricesFile: {Data: []byte(oldPrices)}})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
	for _, change := range []struct{ file, old, replacement, want string }{
		{gpuFile, "8.6.0", "8.9.0", "A10G has the compute capability 89, and the catalogue says 86"},
		{gpuFile, "23028Mi", "32Gi", "A10G has 32.00 GiB, and the catalogue says 22.07"},
	} {
		changed := files()
		changed[change.file] = strings.Replace(changed[change.file], change.old, change.replacement, 1)
		m, err := archived(t, changed)
		if err != nil {
			t.Fatal(err)
		}
		_, err = generate(m, fstest.MapFS{specificationsFile: {Data: []byte(specificationTable)}, excludedFile: {Data: []byte(excludedTable)}, pricesFile: {Data: []byte(oldPrices)}})
		if err == nil || !strings.Contains(err.Error(), change.want) {
			t.Errorf("%s for %s: %v, want %q", change.replacement, change.old, err, change.want)
		}
	}
}

// TestReadRefusesUnknownForms checks an error for a file that is missing or has another
// form, so that a new version never gives an incomplete table.
func TestReadRefusesUnknownForms(t *testing.T) {
	for name := range files() {
		if name == priceFiles+"_cn.go" {
			continue
		}
		without := files()
		delete(without, name)
		if name == priceFiles+".go" {
			delete(without, priceFiles+"_cn.go")
		}
		if _, err := archived(t, without); err == nil {
			t.Errorf("a module without %s is read", name)
		}
	}
	for _, change := range []struct{ file, old, replacement string }{
		{gpuFile, "Count: 1", "Count: 2"},
		{gpuFile, "productName", "product"},
		{gpuFile, "23028Mi", "23028"},
		{gpuFile, "8.6.0", "eight"},
		{limitsFile, "IPv4PerInterface: 15", "Addresses: 15"},
		{limitsFile, "NetworkCardIndex: 1}", "NetworkCardIndex: 2}"},
		{bandwidthFile, "2500", "fast"},
		{bandwidthFile, "map[string]int64{", "x("},
		{priceFiles + ".go", "generated at", "made at"},
		{priceFiles + ".go", "1.006000", "free"},
	} {
		changed := files()
		text := strings.Replace(changed[change.file], change.old, change.replacement, 1)
		if text == changed[change.file] {
			t.Fatalf("%s does not have %q", change.file, change.old)
		}
		changed[change.file] = text
		if _, err := archived(t, changed); err == nil {
			t.Errorf("%s with %q for %q is read", change.file, change.replacement, change.old)
		}
	}
}

func TestGPUTypesOfEveryFile(t *testing.T) {
	changed := files()
	changed[priceFiles+".go"] = strings.Replace(usPrices, `"m5.large"`, `"p7.48xlarge": 99.5, "m5.large"`, 1)
	changed[limitsFile] = strings.Replace(limits, `"m5.large"`, `"gr9f.large"`, 1)
	changed[bandwidthFile] = strings.Replace(bandwidths, `"m5.large"`, `"p8e-gb900.36xlarge"`, 1)
	m, err := archived(t, changed)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := m.gpuTypes(), []string{"g5.xlarge", "g9.xlarge", "gr9f.large", "p7.48xlarge", "p8e-gb900.36xlarge"}; !slices.Equal(got, want) {
		t.Errorf("the types with GPUs are %v, want %v", got, want)
	}
}
