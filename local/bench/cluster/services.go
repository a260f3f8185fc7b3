// Package cluster runs the comparison on the embedded Kubernetes: one
// VLLMService a policy, the real KEDA, Prometheus and autoscaler, simulated
// engines, and the same arrivals for all.
package cluster

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/components/serving/manifest"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/local/bench/policy"
	"github.com/vllm-eks/vllm-eks/sizing"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

const (
	// Namespace is where the comparison runs. It is removed afterwards.
	Namespace = "bench"
	// manager owns the fields of what is applied.
	manager = "vllm-eks/bench"
	// servedName is what requests ask for.
	servedName     = "chat"
	simulatorImage = "localhost/vllmsim:v0.33.0"
	prometheusURL  = "http://kps-prometheus.monitoring.svc:9090"
)

// streamInterval is how many tokens an event of an answer has. At one, a few
// thousand events a second would keep two cores from what is measured; times to
// the first and per token, which is to the last, stay exact.
const streamInterval = 128

// Settings are what all services have in common.
type Settings struct {
	Model       string // of the catalogue, on one GPU
	GPU         string
	MaxModelLen int
	Min, Max    int // engines
	// ColdStart is from the creation of a pod to its first request.
	ColdStart time.Duration
	// Scrape is the time between two scrapes.
	Scrape time.Duration
	// TimeScale divides every interval and the engines' times.
	TimeScale int
}

// spec is the service of a policy in the engines' time.
func (s Settings) spec(name string, scaling serving.Scaling) serving.Spec {
	return serving.Spec{
		Name: name, Namespace: Namespace, Image: simulatorImage,
		Model:      serving.Model{ID: s.Model, ServedNames: []string{servedName}, MaxLen: s.MaxModelLen},
		GPU:        serving.GPU{Type: s.GPU, Count: 1},
		Replicas:   serving.Replicas{Min: &s.Min, Max: s.Max},
		Scaling:    scaling,
		Resources:  serving.Resources{CPU: "10m", Memory: "128Mi", ShmSize: "16Mi", Disk: "64Mi"},
		Lifecycle:  serving.Lifecycle{LoadSeconds: seconds(s.ColdStart), ProvisionSeconds: 60},
		Monitoring: serving.Monitoring{PrometheusURL: prometheusURL, IntervalSeconds: seconds(s.Scrape)},
		Env: map[string]string{
			"VLLMSIM_GPU": s.GPU, "VLLMSIM_LOAD_SECONDS": strconv.Itoa(s.loadSeconds()), "VLLMSIM_TIME_SCALE": strconv.Itoa(s.TimeScale),
		},
		ExtraArgs: []string{"--stream-interval=" + strconv.Itoa(streamInterval)},
	}.WithDefaults()
}

// podStart is what a pod takes on the embedded node beside its engine's load:
// to be scheduled, created and probed, on a machine that does nothing else.
const podStart = 4 * time.Second

// ShortestColdStart is what a pod takes with an engine that loads at once, in the
// engines' time.
func ShortestColdStart(timeScale int) time.Duration { return podStart * time.Duration(timeScale-1) }

// loadSeconds is the load of an engine. What a pod takes beside it is as long in
// quicker time, where it would count for more.
func (s Settings) loadSeconds() int {
	return max(0, seconds(s.ColdStart-podStart*time.Duration(s.TimeScale-1)))
}

// faster is a service with the times that Kubernetes and Prometheus keep
// divided by the time scale. The engine divides its own.
func (s Settings) faster(spec serving.Spec) serving.Spec {
	for _, of := range []*int{
		&spec.Monitoring.IntervalSeconds, &spec.Lifecycle.LoadSeconds, &spec.Lifecycle.DrainSeconds, &spec.Lifecycle.ShutdownSeconds,
	} {
		*of = max(1, *of/s.TimeScale)
	}
	return spec
}

func seconds(d time.Duration) int { return int(d.Seconds()) }

// objects are those of a policy's service without a scaler: the same for all,
// but for the name.
func (s Settings) objects(name string) ([]manifest.Object, error) {
	spec := s.faster(s.spec(name, serving.Scaling{Policy: serving.External}))
	if err := problems.Err(spec.Validate(field.NewPath(name))); err != nil {
		return nil, err
	}
	return manifest.Objects(spec, manager), nil
}

// Estimate is what sizing says of an engine.
func (s Settings) Estimate() (sizing.Estimate, error) { return s.estimate(serving.Objectives{}) }

func (s Settings) estimate(o serving.Objectives) (sizing.Estimate, error) {
	spec := s.spec("estimate", serving.Scaling{Policy: serving.External})
	spec.Objectives = o
	estimate, ok := spec.Estimate()
	if !ok {
		return estimate, fmt.Errorf("%s on %s: %s", s.Model, s.GPU, spec.Unsized())
	}
	return estimate, nil
}

// Policies are all that are compared, ours first: what VLLMService renders by
// default.
func (s Settings) Policies() ([]policy.Policy, error) {
	spec := s.spec(policy.Ours, serving.Scaling{})
	if err := problems.Err(spec.Validate(field.NewPath(policy.Ours))); err != nil {
		return nil, err
	}
	for _, o := range manifest.Objects(spec, manager) {
		if scaled, ok := o.Object.(*unstructured.Unstructured); ok && scaled.GetKind() == "ScaledObject" {
			ours, err := policy.Read(scaled, s.service(policy.Ours))
			if err != nil {
				return nil, fmt.Errorf("the default policy: %w", err)
			}
			ours.Name, ours.Source = policy.Ours, "the default of VLLMService"
			return append([]policy.Policy{ours}, policy.Others()...), nil
		}
	}
	return nil, fmt.Errorf("VLLMService renders no ScaledObject by default")
}

func (s Settings) service(name string) policy.Service {
	return policy.Service{Namespace: Namespace, Name: name, Min: s.Min, Max: s.Max, PrometheusURL: prometheusURL, Scrape: s.Scrape}
}

// scaler is the object that moves a policy's service; nil for a fixed number.
func (s Settings) scaler(p policy.Policy) *unstructured.Unstructured {
	if len(p.Triggers) == 0 {
		return nil
	}
	of := s.service(p.Name)
	of.Scrape /= time.Duration(s.TimeScale)
	return p.Faster(s.TimeScale).ScaledObject(of)
}

// Start is the number of engines that a policy begins with: the mean's for
// all, so that none has to find it first.
func (s Settings) Start(p policy.Policy, mean int) int {
	if p.Static == policy.Most {
		return s.Max
	}
	return mean
}

// RequestsPerEngine is the rate, a second, of requests of these mean lengths that
// gives an engine the load that sizing would keep it at if it knew them.
func (s Settings) RequestsPerEngine(inputTokens, outputTokens int) (float64, error) {
	lengths := serving.Objectives{InputTokens: max(1, inputTokens), OutputTokens: max(1, outputTokens)}
	estimate, err := s.estimate(lengths)
	return estimate.Serving.TargetTokensPerSecond / float64(lengths.OutputTokens), err
}

// MeanEngines is what a mean rate of requests needs, within the bounds.
func (s Settings) MeanEngines(requestsPerSecond, perEngine float64) int {
	return min(max(int(math.Ceil(requestsPerSecond/perEngine)), s.Min), s.Max)
}

// unstructuredOf is an object as the API server takes it.
func unstructuredOf(o runtime.Object) (map[string]any, error) {
	if u, ok := o.(*unstructured.Unstructured); ok {
		return u.DeepCopy().Object, nil
	}
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
	if err != nil {
		return nil, err
	}
	delete(fields, "status")
	return fields, nil
}
