package sizing

import (
	"math"
	"slices"
	"time"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// Workload is one model's service, as far as its size goes.
type Workload struct {
	// Model is its name as the user wrote it. Default: the shape's.
	Model string
	// Engine is one replica. Where TensorParallel is not given, the fewest GPUs
	// on which it fits are taken, and where MaxNumSeqs is not, what Serving
	// derives.
	Engine Engine
	// On is the type of the nodes. The zero value is a node that is not EC2's:
	// it has no price, and any number of GPUs.
	On catalogue.Instance
	// Others are further types on which replicas may run. Cost is that of the type
	// on which all replicas cost most. Default: none.
	Others []catalogue.Instance
	// Spot reports that nodes may be spare capacity, whose price varies below the
	// on-demand price. Default: false.
	Spot bool
	// Objectives are what the service promises.
	Objectives Objectives
	// MinReplicas and MaxReplicas are the numbers of engines. Default: 1, and
	// MinReplicas.
	MinReplicas, MaxReplicas int
	// Storage is where the weights come from. Default: Hub. Compiled tells that
	// compiled code is kept from start to start.
	Storage  Storage
	Compiled bool
	// Scrape is the time between two looks at an engine's load. Default: 15 s.
	Scrape time.Duration
	// Load is how long an engine takes from the start of its container. Default:
	// what Start estimates.
	Load time.Duration
	// Prices are what things cost.
	Prices catalogue.Prices
}

// Estimate is what a workload comes to.
type Estimate struct {
	// Asked is the workload as it was given, and Workload that with its defaults,
	// and the derived GPUs and sequences.
	Asked, Workload Workload
	// Memory is that of one GPU; its Verdict says whether the rest means anything.
	Memory    Memory
	Serving   Serving
	ColdStart ColdStart
	Cost      Cost
}

// Size computes the estimate of a workload.
func Size(w Workload) Estimate {
	asked := w
	if w.Engine.TensorParallel == 0 {
		w.Engine.TensorParallel = w.fewestGPUs()
	}
	e := w.size()
	e.Asked = asked
	return e
}

// withDefaults returns the workload with every field set that has a default.
func (w Workload) withDefaults() Workload {
	w.MinReplicas = max(w.MinReplicas, 0)
	if w.MaxReplicas == 0 {
		w.MinReplicas = max(w.MinReplicas, 1)
		w.MaxReplicas = w.MinReplicas
	}
	if w.Storage == "" {
		w.Storage = Hub
	}
	if w.Scrape == 0 {
		w.Scrape = scrapeSeconds * time.Second
	}
	if w.Model == "" {
		w.Model = w.Engine.Shape.Name
	}
	return w
}

// size is Size for a known number of GPUs.
func (w Workload) size() Estimate {
	w = w.withDefaults()
	if w.Engine.MaxNumSeqs == 0 {
		w.Engine.MaxNumSeqs = w.Engine.derivedSequences(w.Objectives)
	}
	e := Estimate{Asked: w, Workload: w, Memory: Fit(w.Engine), ColdStart: Start(w.Engine, w.On, w.Storage, w.Compiled)}
	coldStart := e.ColdStart.Total()
	if w.Load > 0 {
		coldStart = e.ColdStart.Provision() + w.Load
	}
	e.Serving = Serve(w.Engine, e.Memory, w.Objectives, w.Scrape, coldStart)
	e.Serving.MaxNumSeqs = w.Engine.MaxNumSeqs
	e.Workload.Engine = w.Engine.WithDefaults()
	e.Workload.Objectives = w.Objectives.WithDefaults(e.Memory.MaxModelLen)
	e.Cost = w.charge(e.Serving)
	return e
}

// charge computes the cost on the type on which all replicas cost most. It is
// not known where that of one type is not.
func (w Workload) charge(s Serving) Cost {
	most := Charge(w.On, w.Engine.GPUs(), w.MinReplicas, w.MaxReplicas, s, w.Prices)
	for _, other := range w.Others {
		c := Charge(other, w.Engine.GPUs(), w.MinReplicas, w.MaxReplicas, s, w.Prices)
		if !c.Known {
			return Cost{}
		}
		if most.Known && c.Max > most.Max {
			most = c
		}
	}
	most.Spot = w.Spot
	return most
}

// mostGPUs is what the largest nodes hold.
const mostGPUs = 8

// gpusOfNode is how many GPUs one replica can have.
func (w Workload) gpusOfNode() int {
	if w.On.GPUs > 0 {
		return min(w.On.GPUs, noNodeHasMore)
	}
	return mostGPUs
}

// noNodeHasMore bounds the numbers of GPUs that are tried.
const noNodeHasMore = 1024

// fewestGPUs is the smallest power of two on which the engine fits; marginal
// does if nothing else. If none, as many as there are that divide the model.
func (w Workload) fewestGPUs() int {
	last, marginal := 1, 0
	for gpus := 1; gpus <= w.gpusOfNode(); gpus *= 2 {
		if !w.Engine.Splits(gpus) {
			continue
		}
		last = gpus
		on := w
		on.Engine.TensorParallel = gpus
		switch on.size().Memory.Verdict {
		case Fits:
			return gpus
		case Marginal:
			if marginal == 0 {
				marginal = gpus
			}
		case DoesNotFit:
		}
	}
	if marginal > 0 {
		return marginal
	}
	return last
}

// price is what all replicas cost an hour, +Inf where that is not known.
func (e Estimate) price() float64 {
	if !e.Cost.Known {
		return math.Inf(1)
	}
	return e.Cost.Max
}

// FitOn sizes the workload on each of the instance types, as many GPUs as it
// needs, and sorts what fits by the cost of all replicas, the cheapest first.
func FitOn(w Workload, types []catalogue.Instance) []Estimate {
	var all []Estimate
	for _, on := range types {
		one := w
		one.On, one.Engine.GPU, one.Others, one.Spot = on, on.GPU, nil, false
		if one.Engine.TensorParallel > on.GPUs {
			continue
		}
		all = append(all, Size(one))
	}
	slices.SortStableFunc(all, Compare)
	return all
}
