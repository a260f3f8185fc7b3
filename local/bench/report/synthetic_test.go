package report

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/local/bench/result"
)

const second = time.Second

// What synthetic runs have in common: a queue before engines that each answer
// perEngine requests/s.
const (
	length    = 20 * 60 // s
	coldStart = 60      // s
	perEngine = 1.5
	fewest    = 1
	most      = 8
)

// scaler decides on a number of engines once in 15 s.
type scaler func(arrivals, waiting float64, wanted int) int

func onLoad(arrivals, waiting float64, _ int) int {
	return int(math.Ceil(1.3*arrivals/perEngine + waiting/20))
}

func onWaiting(_, waiting float64, wanted int) int {
	if waiting == 0 {
		return wanted - 1
	}
	return int(math.Ceil(waiting / 10))
}

func onNothing(_, _ float64, _ int) int { return most }

// rate of a load, in requests/s.
func rate(load string, at int) float64 {
	if load == "burst" {
		if at%400 > 150 && at%400 < 260 {
			return 8
		}
		return 1
	}
	return 4 + 3*math.Sin(2*math.Pi*float64(at)/600)
}

// synthetic is a run of a scaler, second by second.
func synthetic(policy, load string, seed int64, decide scaler) result.Trial {
	arriving := rand.New(rand.NewPCG(uint64(seed), 1)) // the same for every policy
	t := result.Trial{Policy: policy, Load: load, Seed: seed, Length: length * second, Min: fewest, Max: most,
		Pods: []result.Pod{{}, {}}, Events: []string{"SuccessfulRescale: New size: 3; reason: external metric above target", "ScaledObjectReady: <ScaledObject> is ready"}}
	var queue []int
	wanted, credit, seen := 2, 0.0, 0.0
	for now := range length {
		at := time.Duration(now) * second
		n := 0
		for p := arriving.ExpFloat64(); p < rate(load, now); p += arriving.ExpFloat64() {
			t.Requests = append(t.Requests, result.Request{At: at + time.Duration(n)*50*time.Millisecond, Output: 100, Late: time.Duration(n) * time.Millisecond})
			queue, n = append(queue, len(t.Requests)-1), n+1
		}
		seen += (float64(n) - seen) / 30
		if now%15 == 14 {
			wanted = min(max(decide(seen, float64(len(queue)), wanted), fewest), most)
			scale(&t, at, wanted)
		}
		ready, pods := alive(t, at)
		credit = min(credit+float64(ready)*perEngine, float64(ready)*perEngine+1)
		for ; credit >= 1 && len(queue) > 0; credit-- {
			r := &t.Requests[queue[0]]
			queue = queue[1:]
			r.First = max(at, r.At) + 300*time.Millisecond
			r.Last, r.Tokens = r.First+99*45*time.Millisecond, 100
		}
		running := min(float64(ready)*perEngine*5, seen*5)
		t.Samples = append(t.Samples, result.Sample{At: at, Wanted: wanted, Ready: ready, Pods: pods,
			Running: int(running), Waiting: len(queue), KV: running * .03})
	}
	for _, left := range queue {
		t.Requests[left].Failure = "no answer before the end"
	}
	for i := range t.Pods {
		if t.Pods[i].Gone == 0 {
			t.Pods[i].Gone = t.Length
		}
	}
	return t
}

// scale makes and removes pods until there are as many as wanted.
func scale(t *result.Trial, at time.Duration, wanted int) {
	var here []int
	for i, p := range t.Pods {
		if p.Gone == 0 {
			here = append(here, i)
		}
	}
	for n := len(here); n < wanted; n++ {
		t.Pods = append(t.Pods, result.Pod{Created: at, Ready: at + coldStart*second})
	}
	for n := len(here); n > wanted; n-- {
		t.Pods[here[n-1]].Gone = at
	}
}

func alive(t result.Trial, at time.Duration) (ready, pods int) {
	for _, p := range t.Pods {
		if p.Gone == 0 {
			pods++
			if p.Ready <= at {
				ready++
			}
		}
	}
	return ready, pods
}

func settings() Settings {
	return Settings{
		Ours:     "vllm-eks",
		Policies: []Policy{{"vllm-eks", "running + waiting to 12 an engine, KV to 0.6, waiting to 2"}, {"waiting/10", "waiting to 10 an engine"}},
		Minutes:  20, RequestsPerSecond: 3, ColdStartSeconds: coldStart, TimeScale: 1, MinEngines: fewest, MaxEngines: most,
		Model: "Llama-3.1-8B", GPU: "A10G", TTFTSeconds: 2, TPOTSeconds: .1, TargetShare: .95,
		KEDA: "2.20.0", Prometheus: "3.5.0", Kubernetes: "1.35.4",
	}
}

// frontierOf runs the schedules through the same queue.
func frontierOf(t result.Trial) Frontier {
	f := Frontier{Load: t.Load, Seed: t.Seed}
	// As in a run, what one engine does differs by the lengths of the seed's requests.
	each := 1 + float64(t.Seed)/100
	for _, s := range result.Frontier(t.Requests, t.Length, coldStart*second, fewest, most, []float64{.8 * each, each, 1.2 * each, 1.4 * each, 1.6 * each, 2 * each, 3 * each}) {
		now := 0
		ran := synthetic("clairvoyant", t.Load, t.Seed, func(_, _ float64, _ int) int {
			now += 15
			return s.Replicas(time.Duration(now-1) * second)
		})
		sum := result.Summarize(ran, settings().SLO(), s)
		f.Points = append(f.Points, result.Point{Cap: s.Cap, GPUHours: sum.GPUHours, SLO: sum.Attained})
	}
	return f
}

// trials of two policies under two loads, with so many seeds.
func trials(seeds int64) ([]result.Trial, []Frontier) {
	var all []result.Trial
	var frontiers []Frontier
	for _, load := range []string{"diurnal", "burst"} {
		for seed := int64(1); seed <= seeds; seed++ {
			ours := synthetic("vllm-eks", load, seed, onLoad)
			all = append(all, ours, synthetic("waiting/10", load, seed, onWaiting))
			frontiers = append(frontiers, frontierOf(ours))
		}
	}
	return all, frontiers
}

func build(t *testing.T, s Settings, of []result.Trial, frontiers []Frontier) Report {
	t.Helper()
	r, err := Build(s, of, frontiers)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
