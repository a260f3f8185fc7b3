package sizing

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

func TestColdStart(t *testing.T) {
	instance, _ := catalogue.FindInstance("p4d.24xlarge")
	e := engine(t, "meta-llama/Llama-3.3-70B-Instruct", "A100-40", 8, 32768)
	hub, s3 := Start(e, instance, Hub, false), Start(e, instance, S3, true)
	if s3.Weights >= hub.Weights || s3.Init != initCache || hub.Init != initCold {
		t.Errorf("from the hub %+v, from S3 with compiled code %+v", hub, s3)
	}
	// 141 GB over 400 Gbit/s.
	if floor := s3.WeightsFloor.Seconds(); math.Abs(floor-2.82) > 0.01 {
		t.Errorf("the floor is %.2f s, want 2.82", floor)
	}
	for _, storage := range Storages() {
		c := Start(e, instance, storage, false)
		if c.Weights < c.WeightsFloor || c.Total() != c.Node+c.Image+c.Weights+c.Init {
			t.Errorf("%s: %+v", storage, c)
		}
	}
}

func TestCost(t *testing.T) {
	w := workload(t, "mistralai/Mistral-7B-Instruct-v0.2", "g5.2xlarge", 8192)
	w.MinReplicas, w.MaxReplicas = 1, 10
	e := Size(w)
	if !e.Cost.Known || e.Cost.Min != 1.212 || math.Abs(e.Cost.Max-12.12) > 1e-9 {
		t.Errorf("cost %+v, want 1.212 to 12.12", e.Cost)
	}
	if want := 12.12 / (10 * e.Serving.TargetTokensPerSecond * 3600) * 1e6; math.Abs(e.Cost.PerMillionTokens-want) > 1e-9 {
		t.Errorf("a million tokens cost %v, want %v", e.Cost.PerMillionTokens, want)
	}
	// Four GPUs of one node: the user pays for whole nodes.
	p4d := workload(t, "meta-llama/Llama-2-70b-chat-hf", "p4d.24xlarge", 4096)
	p4d.Engine.TensorParallel, p4d.MinReplicas, p4d.MaxReplicas = 4, 1, 3
	if c := Size(p4d).Cost; c.Min != 21.957642 || c.Max != 2*21.957642 {
		t.Errorf("one and three replicas of half a node cost %+v", c)
	}
	// The price of a million tokens assumes a full node, however many replicas run.
	p4d.MaxReplicas = 1
	if e := Size(p4d); math.Abs(e.Cost.PerMillionTokens-21.957642/(2*e.Serving.TargetTokensPerSecond*3600)*1e6) > 1e-9 {
		t.Errorf("a million tokens of one replica on half a node cost %v", e.Cost.PerMillionTokens)
	}
	override := catalogue.Prices{Override: map[string]float64{"g5.2xlarge": 0.5}}
	w.Prices = override
	if c := Size(w).Cost; c.Max != 5 || c.Price.Region != "" {
		t.Errorf("with the user's price: %+v", c)
	}
}

func TestBillCountsWorstCaseNodes(t *testing.T) {
	instance, err := catalogue.FindInstance("g5.12xlarge") // 4 GPUs
	if err != nil {
		t.Fatal(err)
	}
	price, _ := catalogue.Prices{}.For(instance.Type)
	pair := []Demand{{GPUs: 1, Min: 1, Max: 3}, {GPUs: 2, Min: 1, Max: 2}} // pack on two nodes
	tests := []struct {
		name       string
		max, zones int
		demands    []Demand
		want       int // nodes in the bill
	}{
		{"unknown zones", 2, 0, pair, 2},
		{"one zone", 2, 1, pair, 2},
		{"one zone with room", 4, 1, pair, 4},
		{"three zones", 2, 3, pair, 5},
		{"replicas of whole nodes", 3, 3, []Demand{{GPUs: 4, Max: 3}}, 3},
	}
	for _, test := range tests {
		bill := Account([]Pool{{Name: "g5", Instance: instance, Max: test.max, Zones: test.zones, Demands: test.demands}}, Shared{}, catalogue.Prices{})
		if got := bill.Max / price.USDPerHour; got < float64(test.want)-0.01 || got > float64(test.want)+0.01 {
			t.Errorf("%s: %.2f nodes are counted, want %d", test.name, got, test.want)
		}
		if want := pack(Pool{Instance: instance, Demands: test.demands}, func(d Demand) int { return d.Max }); bill.Nodes["g5"] != want {
			t.Errorf("%s: the models need %d nodes, want %d", test.name, bill.Nodes["g5"], want)
		}
	}
}

func TestBill(t *testing.T) {
	p4d, _ := catalogue.FindInstance("p4d.24xlarge")
	g5, _ := catalogue.FindInstance("g5.2xlarge")
	bill := Account([]Pool{
		{Name: "p4d", Instance: p4d, Demands: []Demand{{GPUs: 4, Min: 1, Max: 1}, {GPUs: 2, Min: 1, Max: 2}}},
		{Name: "g5", Instance: g5, Min: 2, Demands: []Demand{{GPUs: 1, Min: 1, Max: 5}}},
		{Name: "idle", Instance: g5, Min: 1},
	}, Shared{ControlPlanes: 1, NATGateways: 2, Endpoints: 16, LoadBalancers: 1, Nodes: map[string]int{"m6i.large": 2}}, catalogue.Prices{})
	system, _ := catalogue.Prices{}.For("m6i.large")
	shared := 0.10 + 2*0.045 + 16*0.01 + 0.0225 + 2*system.USDPerHour
	// The models of p4d share one node. Of g5, two nodes always run, and a third runs
	// without models.
	if want := 21.957642 + 3*1.212 + shared; math.Abs(bill.Min-want) > 1e-6 {
		t.Errorf("at least %.4f, want %.4f: %+v", bill.Min, want, bill.Items)
	}
	if want := 21.957642 + 6*1.212 + shared; math.Abs(bill.Max-want) > 1e-6 {
		t.Errorf("at most %.4f, want %.4f", bill.Max, want)
	}
	if bill.Nodes["p4d"] != 1 || bill.Nodes["g5"] != 5 {
		t.Errorf("nodes %v", bill.Nodes)
	}
	odd, _ := catalogue.FindInstance("p5e.48xlarge")
	if b := Account([]Pool{{Name: "x", Instance: odd, Demands: []Demand{{GPUs: 8, Min: 1, Max: 1}}}}, Shared{}, catalogue.Prices{}); !slices.Equal(b.Unpriced, []string{"p5e.48xlarge"}) || b.Max != 0 {
		t.Errorf("a type without a price: %+v", b)
	}
	if b := Account(nil, Shared{NATGateways: 1}, catalogue.Prices{Region: "sa-east-1"}); !slices.Equal(b.Elsewhere, []string{catalogue.NATGateway}) {
		t.Errorf("a region without a price: %+v", b)
	}
}

func TestEveryChangeFits(t *testing.T) {
	tests := []struct {
		model, instance string
		length          int
		want            []string // prefixes of the changes
	}{
		{"meta-llama/Llama-3.1-8B-Instruct", "g5.2xlarge", 131072, []string{"maxModelLen: ", "nodes of type g6e.xlarge with gpu.count: 1"}},
		{"meta-llama/Llama-2-13b-chat-hf", "g5.2xlarge", 4096, []string{"an FP8 copy", "a 4-bit copy", "nodes of type g6e.xlarge with gpu.count: 1"}},
		{"meta-llama/Llama-3.3-70B-Instruct", "p4d.24xlarge", 32768, []string{"nodes of type g7e.12xlarge with gpu.count: 2", "gpu.count: 8"}},
		{"TheBloke/Llama-2-70B-Chat-AWQ", "g5.12xlarge", 4096, []string{"nodes of type g6e.xlarge with gpu.count: 1", "gpu.count: 2"}},
	}
	for _, test := range tests {
		w := workload(t, test.model, test.instance, test.length)
		w.Engine.TensorParallel = 1
		e := Size(w)
		if e.Memory.Verdict == Fits {
			t.Errorf("%s fits %s", test.model, e.Hardware())
			continue
		}
		changes := Changes(w)
		if len(changes) == 0 || len(changes) > 3 {
			t.Errorf("%s on %s: %d changes", test.model, e.Hardware(), len(changes))
		}
		for i, c := range changes {
			if i >= len(test.want) || !strings.HasPrefix(c.Setting, test.want[i]) {
				t.Errorf("%s: change %d is %q, want one of %q", test.model, i, c, test.want)
			}
			if i > 0 && c.USDPerHour < changes[i-1].USDPerHour {
				t.Errorf("%s: %q comes after a more expensive change", test.model, c)
			}
			if v := applied(t, w, c.Setting).Memory.Verdict; v != Fits {
				t.Errorf("%s: with %q, it still %s", test.model, c, v)
			}
		}
		if text := e.Refusal(); strings.Contains(text, "\n") || !strings.Contains(text, changes[0].Setting) {
			t.Errorf("the refusal is %q", text)
		}
	}
}

func TestChangesWithoutPrice(t *testing.T) {
	changes := Changes(Workload{Engine: engine(t, "meta-llama/Llama-2-13b-chat-hf", "A10G", 1, 4096)})
	var got []string
	for _, c := range changes {
		got = append(got, c.String())
	}
	want := []string{"an FP8 copy of the model", "a 4-bit copy of the model (AWQ or GPTQ)", "gpu.count: 2"}
	if !slices.Equal(got, want) {
		t.Errorf("changes %q, want %q", got, want)
	}
}

func TestChangesOfCatalogue(t *testing.T) {
	tried := 0
	for _, name := range catalogue.ShapeNames() {
		for _, instance := range []string{"g4dn.xlarge", "g5.xlarge", "g6e.xlarge", "g5.12xlarge", "p4d.24xlarge"} {
			w := workload(t, name, instance, 0)
			w.Engine.TensorParallel = 1
			if Size(w).Memory.Verdict != DoesNotFit {
				continue
			}
			for _, c := range Changes(w) {
				tried++
				if e := applied(t, w, c.Setting); e.Memory.Verdict != Fits {
					t.Errorf("%s on %s: with %q, it still %s: %s", name, instance, c, e.Memory.Verdict, e.Memory.Reason)
				}
			}
		}
	}
	if tried < 1000 {
		t.Errorf("only %d changes", tried)
	}
}

func applied(t *testing.T, w Workload, change string) Estimate {
	t.Helper()
	var n int
	var instance string
	switch {
	case strings.HasPrefix(change, "an FP8"):
		w.Engine.Shape.Quantization = catalogue.QuantizationOf("fp8")
	case strings.HasPrefix(change, "a 4-bit"):
		w.Engine.Shape.Quantization = catalogue.QuantizationOf("awq")
	case strings.HasPrefix(change, "kvCacheDtype: fp8"):
		w.Engine.KVCacheDType = "fp8"
	default:
		if _, err := fmt.Sscanf(change, "maxModelLen: %d", &n); err == nil {
			w.Engine.MaxModelLen = n
		} else if _, err := fmt.Sscanf(change, "maxNumSeqs: %d", &n); err == nil {
			w.Engine.MaxNumSeqs = n
		} else if _, err := fmt.Sscanf(change, "gpu.count: %d", &n); err == nil {
			w.Engine.TensorParallel = n
		} else if _, err := fmt.Sscanf(change, "nodes of type %s with gpu.count: %d", &instance, &n); err == nil {
			node, err := catalogue.FindInstance(instance)
			if err != nil {
				t.Fatal(err)
			}
			w.Instance, w.Engine.GPU, w.Engine.TensorParallel = node, node.GPU, n
		} else {
			t.Fatalf("unknown change %q", change)
		}
	}
	return Size(w)
}
