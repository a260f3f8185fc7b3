package sizing

import (
	"math"
	"testing"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

func TestLatency(t *testing.T) {
	shape, _ := catalogue.FindShape("meta-llama/Llama-3.1-8B-Instruct")
	gpu, err := catalogue.FindGPU("A10G")
	if err != nil {
		t.Fatal(err)
	}
	speed := Engine{Shape: shape, GPU: gpu, TensorParallel: 1, MaxModelLen: 8192}.Speed()
	l := Lengths{Input: 1155, Output: 211}
	idle, ok := speed.Latency(1e-6, l, 1)
	if !ok || math.Abs(idle.TTFT-speed.prompt(l, l.Input)) > 1e-3 || math.Abs(idle.TPOT-speed.TimePerToken(0, l)) > 1e-3 || idle.Requests > 1e-3 {
		t.Errorf("without load: %+v, %t; want the times of one request", idle, ok)
	}
	even, _ := speed.Latency(0.5, l, 1)
	varied, _ := speed.Latency(0.5, l, 2)
	higher, ok := speed.Latency(0.7, l, 1)
	if !ok || even.TTFT <= idle.TTFT || even.TPOT <= idle.TPOT || varied.TTFT <= even.TTFT || varied.TPOT != even.TPOT || higher.Requests <= even.Requests {
		t.Errorf("%+v at 0.5/s, %+v with varied lengths, %+v at 0.7/s", even, varied, higher)
	}
	// Little's law: requests at once are the rate times the time of one.
	if time := even.TTFT + l.Output*even.TPOT; math.Abs(even.Requests/(0.5*time)-1) > 0.1 {
		t.Errorf("%.2f requests at once, and 0.5/s for %.2f s each", even.Requests, time)
	}
	for name, rate := range map[string]float64{"more tokens than it decodes": 3, "more prompts than it computes": 100} {
		if got, ok := speed.Latency(rate, l, 1); ok {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got, ok := (Speed{}).Latency(1, l, 1); ok {
		t.Errorf("an unknown speed: %+v", got)
	}
}
