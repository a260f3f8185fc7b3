package catalogue

import (
	"math"
	"strings"
	"testing"
)

func TestTables(t *testing.T) {
	table, err := instances()
	if err != nil || len(table) < 40 {
		t.Fatalf("%d instance types, %v", len(table), err)
	}
	for _, i := range table {
		if i.GPUs < 1 || i.VCPU < 4 || i.AllocatableMiB() < 10_000 || i.NetworkGbps <= 0 || i.EBSMiBps <= 0 {
			t.Errorf("%+v", i)
		}
	}
	if list, err := prices(); err != nil || len(list) < 200 {
		t.Errorf("%d prices, %v", len(list), err)
	}
	for _, name := range []string{ControlPlane, ExtendedSupport, NATGateway, Endpoint, LoadBalancer, PublicIPv4, "g5.xlarge", "p4d.24xlarge", "m6i.large"} {
		if p, ok := (Prices{}).For(name); !ok || p.USDPerHour <= 0 || p.Region != DefaultRegion || len(p.Date) != len("2026-07-20") {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

func TestAllocatable(t *testing.T) {
	for name, want := range map[string]int{"g5.xlarge": 14162, "g5.12xlarge": 173400, "p4d.24xlarge": 1082712} {
		i, err := FindInstance(name)
		if err != nil || i.AllocatableMiB() != want {
			t.Errorf("%s can allocate %d MiB, want %d; %v", name, i.AllocatableMiB(), want, err)
		}
	}
	if i, _ := FindInstance("g5.xlarge"); i.AllocatableMilliCPU() != 3920 {
		t.Errorf("g5.xlarge can allocate %d m, want 3920", i.AllocatableMilliCPU())
	}
	for name, want := range map[string]string{"g5.3xlarge": "want one of g5.12xlarge, ", "m6i.large": "want one of g4dn, g5, ", "": "want one of g4dn, g5, "} {
		if _, err := FindInstance(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestPrices(t *testing.T) {
	p, ok := Prices{Region: "eu-central-1"}.For("g5.xlarge")
	if !ok || p.Region != "eu-central-1" || p.USDPerHour <= 1.006 {
		t.Errorf("in Frankfurt %+v", p)
	}
	if p, ok := (Prices{Region: "af-south-1"}).For("g5.xlarge"); !ok || p.Region != DefaultRegion || math.Abs(p.USDPerHour-1.006*1.327) > 0.002 {
		t.Errorf("where there is no price of the type %+v", p)
	}
	if p, ok := (Prices{Region: "sa-east-1"}).For("g5.2xlarge"); !ok || p.Region != "sa-east-1" || p.USDPerHour != 2.06016 {
		t.Errorf("in Sao Paulo %+v", p)
	}
	if p, _ := (Prices{Region: "sa-east-1"}).For(ControlPlane); p.Region != "sa-east-1" || p.USDPerHour != 0.10 {
		t.Errorf("a price that is the same everywhere: %+v", p)
	}
	gov := Prices{Region: "us-gov-west-1"}
	if p, _ := gov.For(ControlPlane); !gov.Elsewhere(p) {
		t.Errorf("the price of GovCloud is taken from elsewhere without saying so: %+v", p)
	}
	if p, ok := (Prices{}).For("p5e.48xlarge"); ok {
		t.Errorf("a type that is not sold on demand costs %+v", p)
	}
}

func TestDiscountAppliesToListedInstances(t *testing.T) {
	p := Prices{DiscountPercent: 25, Override: map[string]float64{"g6.2xlarge": 2}}
	tests := []struct {
		name   string
		prices Prices
		want   float64
	}{
		{"g5.2xlarge", p, 1.212 * 0.75},
		{"g6.2xlarge", p, 2},
		{NATGateway, p, 0.045},
		{"g5.2xlarge", p.ForNodes([]string{"g5.2xlarge"}, 0, false), 1.212},
		{"g5.2xlarge", p.ForNodes([]string{"g5.2xlarge"}, 0.4, true), 0.4},
		{"g6.2xlarge", p.ForNodes([]string{"g6.2xlarge"}, 1.5, true), 1.5},
		{"g6.2xlarge", p.ForNodes([]string{"g5.2xlarge"}, 1.5, true), 2},
	}
	for _, test := range tests {
		if got, ok := test.prices.For(test.name); !ok || math.Abs(got.USDPerHour-test.want) > 1e-9 {
			t.Errorf("%s at %+v costs %v, want %v", test.name, test.prices, got, test.want)
		}
	}
	if len(p.Override) != 1 {
		t.Errorf("prices of a group are in the stack's: %v", p.Override)
	}
}

func TestPriceSource(t *testing.T) {
	tests := []struct {
		prices Prices
		name   string
		want   string
	}{
		{Prices{}, "g5.2xlarge", "on demand, us-east-1, 20"},
		{Prices{DiscountPercent: 12.5}, "g5.2xlarge", "on demand less 12.5 %, us-east-1, 20"},
		{Prices{Override: map[string]float64{"g5.2xlarge": 1}}, "g5.2xlarge", "your price"},
		{Prices{Region: "sa-east-1"}, NATGateway, "on demand, us-east-1, 2026-10-05, times 1.70, because the price of the region is unknown"},
	}
	for _, test := range tests {
		if p, ok := test.prices.For(test.name); !ok || !strings.HasPrefix(p.String(), test.want) {
			t.Errorf("%+v: %s is %q, want %q", test.prices, test.name, p, test.want)
		}
	}
}

func TestLevelOfRegion(t *testing.T) {
	for region, want := range map[string]Level{"us-east-2": {1, 1, 55}, "sa-east-1": {1.619, 1.7, 28}, "ca-west-1": {1, 1.7, 0}} {
		l := LevelOf(region)
		if math.Abs(l.Low-want.Low) > 0.01 || math.Abs(l.High-want.High) > 0.01 || (l.Types == 0) != (want.Types == 0) {
			t.Errorf("%s is at %+v, want %+v", region, l, want)
		}
	}
}

// TestLinks checks that a faster class of links is faster for messages of any size, and
// that more GPUs are slower.
func TestLinks(t *testing.T) {
	for i, l := range links {
		if l.AllReduce(1, 1e6) != 0 {
			t.Errorf("%s: one GPU exchanges data", l.Name)
		}
		for _, bytes := range []float64{16 << 10, 1 << 20, 64 << 20} {
			for gpus := 2; gpus < 8; gpus++ {
				if a, b := l.AllReduce(gpus, bytes), l.AllReduce(gpus+1, bytes); a > b || a <= 0 {
					t.Errorf("%s: %g bytes take %g s over %d GPUs, %g over one more", l.Name, bytes, a, gpus, b)
				}
			}
			if i > 0 && links[i-1].NVLink == l.NVLink && bytes > 1<<20 && links[i-1].AllReduce(4, bytes) < l.AllReduce(4, bytes) {
				t.Errorf("%s is slower than %s", l.Name, links[i-1].Name)
			}
		}
	}
}

func TestFamilies(t *testing.T) {
	tests := []struct{ id, want, quantization string }{
		{"someone/Our-Llama-3.1-8B-tune", "meta-llama/Llama-3.1-8B", ""},
		{"hugging-quants/Meta-Llama-3.1-8B-Instruct-AWQ-INT4", "meta-llama/Llama-3.1-8B", "awq"},
		{"TheBloke/Llama-2-70B-Chat-AWQ", "meta-llama/Llama-2-70b-hf", "awq"},
		{"Qwen/Qwen2.5-7B-Instruct-GPTQ-Int4", "Qwen/Qwen2.5-7B-Instruct", "gptq"},
		{"RedHatAI/Llama-3.3-70B-Instruct-quantized.w8a8", "meta-llama/Llama-3.1-70B", "compressed-tensors"},
		{"unsloth/Meta-Llama-3.1-8B-Instruct-bnb-4bit", "meta-llama/Llama-3.1-8B", "bitsandbytes"},
		{"Qwen/Qwen3-30B-A3B-Instruct-2507-FP8", "Qwen/Qwen3-30B-A3B-Instruct-2507", "fp8"},
		{"unsloth/gpt-oss-20b-BF16", "openai/gpt-oss-20b", ""},
		{"someone/Mixtral-8x7B-Instruct-v0.1-GPTQ", "mistralai/Mixtral-8x7B-v0.1", "gptq"},
	}
	for _, test := range tests {
		s, ok := FindShape(test.id)
		if !ok || !s.Family || s.Name != test.want || s.Quantization.Method != test.quantization {
			t.Errorf("%s is found (%v) as %s in %q, want %s in %q", test.id, ok, s.Name, s.Quantization.Method, test.want, test.quantization)
		}
	}
	for _, id := range []string{"org/unheard-of", "org/great-13b", "llama", "", "org/"} {
		if s, ok := FindShape(id); ok {
			t.Errorf("%q is found as %s", id, s.Name)
		}
	}
}

// FuzzParseConfig searches for panics and for impossible numbers.
func FuzzParseConfig(f *testing.F) {
	entries, _ := load()
	for i := 0; i < len(entries); i += 25 {
		f.Add([]byte(entries[i].Config))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := ParseConfig(text)
		if err != nil {
			return
		}
		w := s.Weights
		for _, x := range []float64{w.Linear, w.Experts, w.KVProjection, w.Embedding, w.Encoder, w.Other, s.ActiveParameters()} {
			if !(x >= 0) {
				t.Errorf("%s: %+v", text, w)
			}
		}
		for _, k := range s.KV {
			if k.Count < 1 || k.Heads < 0 || k.Elements < 0 || k.ConvBytes < 0 || k.Recurrence < 0 || k.Window < 0 {
				t.Errorf("%s: %+v", text, k)
			}
		}
	})
}
