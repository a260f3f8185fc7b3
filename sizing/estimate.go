package sizing

import (
	"math"
	"slices"
	"time"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// Workload describes one model's service, as far as its size depends on it.
type Workload struct {
	// Model is the name that the user wrote. Default: the shape's name.
	Model string
	// Engine is one replica. Without TensorParallel, Size takes the smallest number of
	// GPUs on which the model fits. Without MaxNumSeqs, Serving derives it.
	Engine Engine
	// Instance is the type of the nodes. The zero value is a node outside EC2, which
	// has no price and any number of GPUs.
	Instance catalogue.Instance
	// Alternatives are further types on which replicas may run. Cost is that of the
	// most expensive type. Default: none.
	Alternatives []catalogue.Instance
	// Spot reports that nodes may be spot instances, whose price varies below the
	// on-demand price. Default: false.
	Spot bool
	// Objectives are the service's objectives (SLO).
	Objectives Objectives
	// MinReplicas and MaxReplicas are the numbers of replicas. Default: 1, and
	// MinReplicas.
	MinReplicas, MaxReplicas int
	// Storage is the source of the weights. Default: Hub. Compiled reports that
	// compiled code is kept between starts.
	Storage  Storage
	Compiled bool
	// Scrape is the time between two polls of a replica's metrics. Default: 15 s.
	Scrape time.Duration
	// Load is the time that a replica takes from the start of its container. Default:
	// the estimate of Start.
	Load time.Duration
	// Prices are the prices of nodes and shared resources.
	Prices catalogue.Prices
}

// Estimate holds the results for one workload.
type Estimate struct {
	// Requested is the workload as the caller passed it. Workload has its defaults, and
	// the derived GPUs and sequences.
	Requested, Workload Workload
	// Memory is the memory of one GPU. If its Verdict is DoesNotFit, the other results
	// have no meaning.
	Memory    Memory
	Serving   Serving
	ColdStart ColdStart
	Cost      Cost
}

// Size returns the estimate of a workload.
func Size(w Workload) Estimate {
	requested := w
	if w.Engine.TensorParallel == 0 {
		w.Engine.TensorParallel = w.fewestGPUs()
	}
	e := w.size()
	e.Requested = requested
	return e
}

// withDefaults returns the workload with all defaults set.
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

// size returns the estimate for a given number of GPUs.
func (w Workload) size() Estimate {
	w = w.withDefaults()
	if w.Engine.MaxNumSeqs == 0 {
		w.Engine.MaxNumSeqs = w.Engine.derivedSequences(w.Objectives)
	}
	e := Estimate{Requested: w, Workload: w, Memory: Fit(w.Engine), ColdStart: Start(w.Engine, w.Instance, w.Storage, w.Compiled)}
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

// charge returns the cost on the most expensive type. It is unknown if the cost on one
// type is unknown.
func (w Workload) charge(s Serving) Cost {
	highest := Charge(w.Instance, w.Engine.GPUs(), w.MinReplicas, w.MaxReplicas, s, w.Prices)
	for _, alternative := range w.Alternatives {
		c := Charge(alternative, w.Engine.GPUs(), w.MinReplicas, w.MaxReplicas, s, w.Prices)
		if !c.Known {
			return Cost{}
		}
		if highest.Known && c.Max > highest.Max {
			highest = c
		}
	}
	highest.Spot = w.Spot
	return highest
}

// maxGPUs is the number of GPUs of the largest nodes.
const maxGPUs = 8

// gpusOfNode returns the largest number of GPUs of one replica.
func (w Workload) gpusOfNode() int {
	if w.Instance.GPUs > 0 {
		return min(w.Instance.GPUs, nodeLimit)
	}
	return maxGPUs
}

// nodeLimit bounds the numbers of GPUs that are tried: no node has more.
const nodeLimit = 1024

// fewestGPUs returns the smallest power of two on which the model fits, else the
// smallest on which it fits marginally, else the largest number that divides the model.
func (w Workload) fewestGPUs() int {
	divisor, marginal := 1, 0
	for gpus := 1; gpus <= w.gpusOfNode(); gpus *= 2 {
		if !w.Engine.Splits(gpus) {
			continue
		}
		divisor = gpus
		trial := w
		trial.Engine.TensorParallel = gpus
		switch trial.size().Memory.Verdict {
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
	return divisor
}

// price returns the cost of all replicas in USD an hour; +Inf if it is unknown.
func (e Estimate) price() float64 {
	if !e.Cost.Known {
		return math.Inf(1)
	}
	return e.Cost.Max
}

// FitOn returns an estimate for each instance type, with as many GPUs as the workload
// needs. Estimates that fit come first, sorted by the cost of all replicas, the
// cheapest first.
func FitOn(w Workload, types []catalogue.Instance) []Estimate {
	var estimates []Estimate
	for _, instance := range types {
		trial := w
		trial.Instance, trial.Engine.GPU, trial.Alternatives, trial.Spot = instance, instance.GPU, nil, false
		if trial.Engine.TensorParallel > instance.GPUs {
			continue
		}
		estimates = append(estimates, Size(trial))
	}
	slices.SortStableFunc(estimates, Compare)
	return estimates
}
