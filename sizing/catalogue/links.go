package catalogue

import "math/bits"

// Link is how the GPUs of one node exchange data.
type Link struct {
	// Name is that of the class, such as NVLink4.
	Name string
	// NVLink reports that data goes over NVLink.
	NVLink bool
	// reductions are those of two, four and eight GPUs.
	reductions [3]reduction
}

// reduction is one all-reduce of a layer's output.
type reduction struct {
	// latency of a small one in microseconds, rate of a large one in GB/s of the
	// message.
	latency, rate float64
}

// links are the classes, as measured (ai-dynamo/aiconfigurator 095f58a,
// systems/data, custom_allreduce_perf and nccl_perf of vLLM 0.22 and 0.24, whose
// message sizes count elements of two bytes): A100, H100 and H200, B200, RTX PRO
// 6000, L40S. PCIe4 has the latencies of L40S without a recorded graph, because
// vLLM's own all-reduce is off for more than two GPUs without NVLink and where
// GPUs have no access to each other's memory, as on EC2's; its rates for four and
// eight GPUs are half of those of PCIe5, because that host of L40S is slow between
// its sockets. PCIe3 has half the rates of PCIe4, and NVLink2 those of NVLink3
// (300 of 600 GB/s).
var links = []Link{
	{"PCIe3", false, [3]reduction{{43, 9.5}, {56, 4.8}, {61, 3.3}}},
	{"PCIe4", false, [3]reduction{{43, 18.5}, {56, 9.5}, {61, 6.6}}},
	{"PCIe5", false, [3]reduction{{5.1, 36}, {14.9, 18.9}, {27, 13.2}}},
	{"NVLink2", true, [3]reduction{{6, 82}, {7, 60}, {8.5, 54}}},
	{"NVLink3", true, [3]reduction{{5.3, 165}, {6.2, 121}, {7.5, 108}}},
	{"NVLink4", true, [3]reduction{{4.5, 220}, {5, 200}, {5.8, 195}}},
	{"NVLink5", true, [3]reduction{{7.1, 400}, {7.4, 340}, {8.2, 300}}},
}

// AllReduce returns how many seconds one all-reduce of so many bytes takes over
// so many GPUs. One GPU needs none. Numbers between powers of two count as the
// next power.
func (l Link) AllReduce(gpus int, bytes float64) float64 {
	if gpus < 2 {
		return 0
	}
	r := l.reductions[min(bits.Len(uint(gpus-1)), len(l.reductions))-1]
	if r.rate == 0 {
		return 0
	}
	return r.latency*1e-6 + bytes/(r.rate*1e9)
}
