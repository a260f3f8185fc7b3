// Package loop models a scaled service in virtual time: simulated engines
// behind a Service, Prometheus that scrapes them, KEDA's and Kubernetes'
// arithmetic, pods that load and leave. It runs an hour in seconds, for choosing
// parameters; the comparison on the embedded cluster is what it is held to.
package loop

import (
	"container/heap"
	"math"
	"math/rand/v2"
	"time"

	"github.com/vllm-eks/vllm-eks/local/bench/load"
	"github.com/vllm-eks/vllm-eks/local/bench/policy"
	"github.com/vllm-eks/vllm-eks/local/bench/result"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/engine"
)

// Spec is one service under one load.
type Spec struct {
	Policy   policy.Policy
	Arrivals []load.Arrival
	// Lead is how much of the load comes before what counts.
	Lead, Length time.Duration
	Load         string
	Seed         uint64
	// Draw is which of the ways that chance may go is taken under the same arrivals:
	// the engine that a request meets, the phases of scrapes and looks.
	Draw     uint64
	Min, Max int
	// Schedule, if there is one, sets the number of engines instead of the policy.
	Schedule []result.Step
	// MaxModelLen is what a prompt and its answer may have together, in tokens:
	// an engine refuses more. 0 is no limit.
	MaxModelLen int
	// Start is the number of engines at the beginning, all of them ready. Default:
	// Min.
	Start  int
	Engine engine.Config
	Timing Timing
}

// Timing is what passes between a load and the engines for it.
type Timing struct {
	ColdStart time.Duration // of an engine, pod creation to first request
	Scrape    time.Duration // between two scrapes of an engine
	Sync      time.Duration // between two looks of the autoscaler
	Drain     time.Duration // that a leaving pod stays at least
	Shutdown  time.Duration // that requests in flight get after it
}

// DefaultTiming is that of a deployed stack.
func DefaultTiming(coldStart time.Duration) Timing {
	return Timing{ColdStart: coldStart, Scrape: 15 * time.Second, Sync: 15 * time.Second, Drain: 15 * time.Second, Shutdown: 120 * time.Second}
}

// Run models the service and returns what became of every request of what
// counts. Times there are since the end of the lead.
func Run(spec Spec) result.Trial {
	l := newLoop(spec)
	for len(l.events) > 0 {
		next := heap.Pop(&l.events).(event)
		l.now = next.at
		next.do()
	}
	return l.trial()
}

// epoch is where virtual time begins: engines take points in time.
var epoch = time.Unix(0, 0)

type loop struct {
	Spec
	now      time.Duration
	events   events
	order    int
	random   *rand.Rand
	scaler   *scaler
	servers  []*server
	wanted   int
	requests []result.Request
	flights  map[*engine.Sequence]int // index of the request
	// before is how many preemptions there were in the lead.
	before  int
	samples []result.Sample
}

func newLoop(spec Spec) *loop {
	l := &loop{
		Spec: spec, random: rand.New(rand.NewPCG(spec.Seed, 2+spec.Draw)), flights: map[*engine.Sequence]int{},
		scaler: &scaler{policy: spec.Policy, min: spec.Min, max: spec.Max},
	}
	l.wanted = max(spec.Start, spec.Min)
	if len(spec.Schedule) > 0 {
		l.wanted = spec.Schedule[0].Replicas
	}
	for range l.wanted {
		l.create(0)
	}
	for i := range spec.Arrivals {
		l.at(spec.Arrivals[i].At, func() { l.arrive(i) })
	}
	l.requests = make([]result.Request, len(spec.Arrivals))
	end := spec.Lead + spec.Length
	switch {
	case len(spec.Schedule) > 0:
		for _, step := range spec.Schedule {
			l.at(spec.Lead+step.At, func() { l.scale(step.Replicas) })
		}
	case len(spec.Policy.Triggers) > 0:
		l.every(l.phase(spec.Timing.Sync), spec.Timing.Sync, end, l.sync)
	}
	l.every(0, time.Second, end, l.sample)
	l.at(spec.Lead, func() { l.before = l.preemptions() })
	return l
}

// phase is where in an interval something happens that nothing sets.
func (l *loop) phase(interval time.Duration) time.Duration {
	return time.Duration(l.random.Float64() * float64(interval))
}

func (l *loop) at(when time.Duration, do func()) {
	l.order++
	heap.Push(&l.events, event{at: when, order: l.order, do: do})
}

func (l *loop) every(first, interval, end time.Duration, do func()) {
	if first > end {
		return
	}
	l.at(first, func() {
		do()
		l.every(first+interval, interval, end, do)
	})
}

// create starts an engine that is ready after so long.
func (l *loop) create(coldStart time.Duration) {
	s := &server{core: engine.NewCore(l.Engine), created: l.now, ready: l.now + coldStart}
	l.servers = append(l.servers, s)
	l.every(s.ready+l.phase(l.Timing.Scrape), l.Timing.Scrape, l.Lead+l.Length, func() { s.scrape(l.now) })
}

// staying are the pods that do not leave.
func (l *loop) staying() []*server {
	var all []*server
	for _, s := range l.servers {
		if !s.leaving {
			all = append(all, s)
		}
	}
	return all
}

// scale adds engines, or takes away the newest, those first that are not ready
// yet, as a ReplicaSet does.
func (l *loop) scale(wanted int) {
	l.wanted = wanted
	staying := l.staying()
	for range wanted - len(staying) {
		l.create(l.Timing.ColdStart)
	}
	for i := len(staying) - 1; i >= wanted; i-- {
		l.leave(staying[i])
	}
}

// leave ends a pod once it is drained. One that still loads goes at once.
func (l *loop) leave(s *server) {
	s.leaving, s.told = true, l.now
	if s.ready > l.now {
		s.gone, s.left = true, l.now
		return
	}
	l.at(l.now+l.Timing.Drain, func() { l.end(s) })
	l.at(l.now+l.Timing.Drain+l.Timing.Shutdown, func() { l.cut(s) })
}

// end ends a leaving engine that has nothing left to do and has drained.
func (l *loop) end(s *server) {
	if s.leaving && !s.gone && !s.busy && len(s.core.All()) == 0 {
		s.gone, s.left = true, l.now
	}
}

// cut aborts what an engine did not finish in its time.
func (l *loop) cut(s *server) {
	if s.gone {
		return
	}
	for _, sequence := range s.core.All() {
		s.core.Cancel(sequence)
		l.requests[l.flights[sequence]].Failure = "cut"
		delete(l.flights, sequence)
	}
	s.gone, s.left = true, l.now
}

// arrive sends a request to any engine that serves, as kube-proxy does.
func (l *loop) arrive(i int) {
	a := l.Arrivals[i]
	l.requests[i] = result.Request{At: l.now, Input: a.Input, Output: a.Output}
	var serving []*server
	for _, s := range l.servers {
		if s.serves(l.now) {
			serving = append(serving, s)
		}
	}
	if len(serving) == 0 || l.MaxModelLen > 0 && a.Input+a.Output > l.MaxModelLen {
		l.requests[i].Failure = "refused"
		return
	}
	s := serving[l.random.IntN(len(serving))]
	sequence := &engine.Sequence{PromptTokens: a.Input, TargetTokens: a.Output}
	l.flights[sequence] = i
	s.core.Add(sequence, epoch.Add(l.now))
	l.work(s)
}

// work begins an engine's next step, if it has one.
func (l *loop) work(s *server) {
	if s.busy {
		return
	}
	s.step = s.core.Plan(epoch.Add(l.now))
	if len(s.step.Work) == 0 {
		return
	}
	s.busy = true
	l.at(l.now+s.step.Duration, func() { l.worked(s) })
}

func (l *loop) worked(s *server) {
	s.busy = false
	for _, token := range s.core.Apply(s.step, epoch.Add(l.now)) {
		r := &l.requests[l.flights[token.Sequence]]
		if token.First {
			r.First = l.now
		}
		r.Last, r.Tokens = l.now, token.Sequence.Output()
		if token.Finished {
			delete(l.flights, token.Sequence)
		}
	}
	if !s.gone {
		l.work(s)
	}
	if s.leaving && l.now >= s.drained(l.Timing.Drain) {
		l.end(s)
	}
}

// sync is one look of the autoscaler.
func (l *loop) sync() {
	signals := map[policy.Signal]float64{}
	for _, signal := range []policy.Signal{policy.Requests, policy.Running, policy.Waiting, policy.KV} {
		sum, found := 0.0, false
		for _, s := range l.servers {
			if s.scraped && !s.gone {
				sum, found = sum+s.signals[signal], true
			}
		}
		if !found {
			sum = math.NaN()
		}
		signals[signal] = sum
	}
	if next := l.scaler.decide(l.now, l.wanted, len(l.staying()), signals); next != l.wanted {
		l.scale(next)
	}
}
