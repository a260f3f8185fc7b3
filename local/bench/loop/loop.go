// Package loop models a scaled service in virtual time: simulated replicas behind a Service,
// Prometheus that scrapes them, the arithmetic of KEDA and Kubernetes, pods that load and leave.
// It runs an hour in seconds, for choosing parameters; a test compares it with a run on the
// embedded cluster.
package loop

import (
	"cmp"
	"container/heap"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/vllm-eks/vllm-eks/internal/load"
	"github.com/vllm-eks/vllm-eks/local/bench/policy"
	"github.com/vllm-eks/vllm-eks/local/bench/result"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/engine"
)

// Spec is one service under one load.
type Spec struct {
	Policy   policy.Policy
	Arrivals []load.Arrival
	// WarmUp is the part of the load before the part that counts, Length the part that counts.
	WarmUp, Length time.Duration
	Load           string
	Seed           uint64
	// Draw selects a course of chance under the same arrivals: the replica that a request meets,
	// the phases of scrapes and of the autoscaler.
	Draw     uint64
	Min, Max int
	// Schedule, if given, sets the number of replicas instead of the policy.
	Schedule []result.Step
	// MaxModelLen limits a prompt and its answer together, in tokens: a replica refuses more. 0 is
	// no limit.
	MaxModelLen int
	// Start is the number of ready replicas at the beginning. Default: Min.
	Start  int
	Engine engine.Config
	Timing Timing
}

// Timing holds the delays between a load and the replicas for it.
type Timing struct {
	ColdStart time.Duration // from the creation of a pod to its first request
	Scrape    time.Duration // between two scrapes of a replica
	Sync      time.Duration // between two syncs of the autoscaler
	Drain     time.Duration // minimum stay of a leaving pod
	Shutdown  time.Duration // for requests in flight, after Drain
}

// DefaultTiming returns the timing of a deployed stack.
func DefaultTiming(coldStart time.Duration) Timing {
	return Timing{ColdStart: coldStart, Scrape: 15 * time.Second, Sync: 15 * time.Second, Drain: 15 * time.Second, Shutdown: 120 * time.Second}
}

// Run models the service and returns the outcome of every request that counts. Its times count
// from the end of the warm-up.
func Run(spec Spec) result.Trial {
	l := newLoop(spec)
	for len(l.events) > 0 {
		next := heap.Pop(&l.events).(event)
		l.now = next.time
		next.do()
	}
	return l.trial()
}

// epoch is the start of virtual time: engines work with points in time.
var epoch = time.Unix(0, 0)

type loop struct {
	Spec
	now      time.Duration
	events   events
	order    int
	random   *rand.Rand
	scaler   *scaler
	replicas []*replica
	desired  int
	requests []load.Outcome
	flights  map[*engine.Sequence]int // index of the request
}

func newLoop(spec Spec) *loop {
	l := &loop{
		Spec: spec, random: rand.New(rand.NewPCG(spec.Seed, 2+spec.Draw)), flights: map[*engine.Sequence]int{},
		scaler: &scaler{policy: spec.Policy, min: spec.Min, max: spec.Max},
	}
	l.desired = max(spec.Start, spec.Min)
	if len(spec.Schedule) > 0 {
		l.desired = spec.Schedule[0].Replicas
	}
	for range l.desired {
		l.create(0)
	}
	for i := range spec.Arrivals {
		l.plan(spec.Arrivals[i].At, func() { l.arrive(i) })
	}
	l.requests = make([]load.Outcome, len(spec.Arrivals))
	end := spec.WarmUp + spec.Length
	switch {
	case len(spec.Schedule) > 0:
		for _, step := range spec.Schedule {
			l.plan(spec.WarmUp+step.At, func() { l.scale(step.Replicas) })
		}
	case len(spec.Policy.Triggers) > 0:
		l.repeat(l.phase(spec.Timing.Sync), spec.Timing.Sync, end, l.sync)
	}
	return l
}

// phase returns a random part of an interval.
func (l *loop) phase(interval time.Duration) time.Duration {
	return time.Duration(l.random.Float64() * float64(interval))
}

// plan adds an event at a time.
func (l *loop) plan(t time.Duration, do func()) {
	l.order++
	heap.Push(&l.events, event{time: t, order: l.order, do: do})
}

func (l *loop) repeat(start, interval, end time.Duration, do func()) {
	if start > end {
		return
	}
	l.plan(start, func() {
		do()
		l.repeat(start+interval, interval, end, do)
	})
}

// create starts a replica that serves after the cold start.
func (l *loop) create(coldStart time.Duration) {
	r := &replica{core: engine.NewCore(l.Engine), created: l.now, ready: l.now + coldStart}
	l.replicas = append(l.replicas, r)
	l.repeat(r.ready+l.phase(l.Timing.Scrape), l.Timing.Scrape, l.WarmUp+l.Length, func() { r.scrape(l.now) })
}

// staying returns the replicas that do not leave.
func (l *loop) staying() []*replica {
	return slices.DeleteFunc(slices.Clone(l.replicas), func(r *replica) bool { return r.leaving })
}

// scale adds replicas, or removes the newest ones, as a ReplicaSet does.
func (l *loop) scale(desired int) {
	l.desired = desired
	staying := l.staying()
	for range desired - len(staying) {
		l.create(l.Timing.ColdStart)
	}
	for i := len(staying) - 1; i >= desired; i-- {
		l.leave(staying[i])
	}
}

// leave ends a replica after it drained. A loading replica ends at once.
func (l *loop) leave(r *replica) {
	r.leaving, r.stop = true, l.now
	if r.ready > l.now {
		r.exit(l.now)
		return
	}
	l.plan(l.now+l.Timing.Drain, func() { l.end(r) })
	l.plan(l.now+l.Timing.Drain+l.Timing.Shutdown, func() { l.cut(r) })
}

// end ends a leaving replica without requests.
func (l *loop) end(r *replica) {
	if r.leaving && !r.gone && !r.busy && len(r.core.All()) == 0 {
		r.exit(l.now)
	}
}

// cut aborts the requests that a replica did not finish in time.
func (l *loop) cut(r *replica) {
	if r.gone {
		return
	}
	for _, sequence := range r.core.All() {
		r.core.Cancel(sequence)
		l.requests[l.flights[sequence]].Failure = "cut"
		delete(l.flights, sequence)
	}
	r.exit(l.now)
}

// arrive sends a request to a random replica that serves, as kube-proxy does.
func (l *loop) arrive(i int) {
	a := l.Arrivals[i]
	l.requests[i] = load.Outcome{At: l.now, Input: a.Input, Output: a.Output}
	serving := slices.DeleteFunc(slices.Clone(l.replicas), func(r *replica) bool { return !r.serves(l.now) })
	if len(serving) == 0 || l.MaxModelLen > 0 && a.Input+a.Output > l.MaxModelLen {
		l.requests[i].Failure = "refused"
		return
	}
	r := serving[l.random.IntN(len(serving))]
	sequence := &engine.Sequence{PromptTokens: a.Input, TargetTokens: a.Output}
	l.flights[sequence] = i
	r.core.Add(sequence, epoch.Add(l.now))
	l.work(r)
}

// work starts the next step of a replica, if there is one.
func (l *loop) work(r *replica) {
	if r.busy {
		return
	}
	r.step = r.core.Plan(epoch.Add(l.now))
	if len(r.step.Work) == 0 {
		return
	}
	r.busy = true
	l.plan(l.now+r.step.Duration, func() { l.finish(r) })
}

// finish ends a step of a replica.
func (l *loop) finish(r *replica) {
	r.busy = false
	for _, token := range r.core.Apply(r.step, epoch.Add(l.now)) {
		request := &l.requests[l.flights[token.Sequence]]
		if token.First {
			request.First = l.now
		}
		request.Last, request.Tokens = l.now, token.Sequence.Output()
		if token.Finished {
			delete(l.flights, token.Sequence)
		}
	}
	if !r.gone {
		l.work(r)
	}
	if r.leaving && l.now >= r.stop+l.Timing.Drain {
		l.end(r)
	}
}

// sync is one sync of the autoscaler.
func (l *loop) sync() {
	signals := map[policy.Signal]float64{}
	for _, signal := range policy.Signals {
		sum, found := 0.0, false
		for _, r := range l.replicas {
			if r.scraped && !r.gone {
				sum, found = sum+r.signals[signal], true
			}
		}
		if !found {
			sum = math.NaN()
		}
		signals[signal] = sum
	}
	if next := l.scaler.decide(l.now, l.desired, len(l.staying()), signals); next != l.desired {
		l.scale(next)
	}
}

// trial returns the outcome from the end of the warm-up on.
func (l *loop) trial() result.Trial {
	t := result.Trial{Policy: l.Policy.Name, Load: l.Load, Seed: int64(l.Seed), Length: l.Length}
	for _, r := range l.requests {
		if r.At < l.WarmUp {
			continue
		}
		r.At -= l.WarmUp
		if r.Tokens > 0 {
			r.First -= l.WarmUp
			r.Last -= l.WarmUp
		}
		t.Requests = append(t.Requests, r)
	}
	for _, r := range l.replicas {
		pod := result.Pod{Created: r.created - l.WarmUp, Gone: l.Length}
		if r.gone {
			pod.Gone = r.end - l.WarmUp
		}
		if pod.Gone > 0 && pod.Created < l.Length {
			t.Pods = append(t.Pods, pod)
		}
	}
	return t
}

// event is an action at a time. Of several at one time the order of planning decides.
type event struct {
	time  time.Duration
	order int
	do    func()
}

type events []event

func (e events) Len() int { return len(e) }

func (e events) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(e[i].time, e[j].time), cmp.Compare(e[i].order, e[j].order)) < 0
}

func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }

func (e *events) Push(x any) { *e = append(*e, x.(event)) }

func (e *events) Pop() any {
	end := len(*e) - 1
	x := (*e)[end]
	*e = (*e)[:end]
	return x
}
