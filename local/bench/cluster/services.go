// Package cluster runs the comparison on the embedded Kubernetes: one VLLMService a policy, the real
// KEDA, Prometheus and autoscaler, simulated replicas, and the same arrivals for all.
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
	// Namespace is the namespace of the comparison. Run removes it at the end.
	Namespace = "bench"
	// manager owns the fields of the applied objects.
	manager = "vllm-eks/bench"
	// servedName is the model name of requests.
	servedName     = "chat"
	simulatorImage = "localhost/vllmsim:v0.33.0"
	prometheusURL  = "http://kps-prometheus.monitoring.svc:9090"
)

// streamInterval is the number of tokens in an event of an answer. With one token an event, a few
// thousand events a second would need most of two cores. TTFT and TPOT, which is the time to the
// last token, stay exact.
const streamInterval = 128

// Settings holds what all services have in common.
type Settings struct {
	Model       string // of the catalogue, on one GPU
	GPU         string
	MaxModelLen int
	Min, Max    int // replicas
	// ColdStart is the time from the creation of a pod to its first request.
	ColdStart time.Duration
	// Scrape is the time between two scrapes.
	Scrape time.Duration
	// TimeScale divides every interval and the replicas' times.
	TimeScale int
}

// spec returns the service of a policy in the replicas' time.
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

// podStart is the time that the embedded node needs to schedule, create and probe a pod, on an idle
// machine.
const podStart = 4 * time.Second

// ShortestColdStart returns the cold start of a pod that loads its model at once, in the replicas'
// time.
func ShortestColdStart(timeScale int) time.Duration { return podStart * time.Duration(timeScale-1) }

// loadSeconds returns the time for which a replica loads its model. The rest of a pod's start takes
// as long in scaled time, so it counts for more there.
func (s Settings) loadSeconds() int {
	return max(0, seconds(s.ColdStart-podStart*time.Duration(s.TimeScale-1)))
}

// faster returns a service with the intervals of Kubernetes and Prometheus divided by the time
// scale. The simulator divides its own times.
func (s Settings) faster(spec serving.Spec) serving.Spec {
	for _, interval := range []*int{
		&spec.Monitoring.IntervalSeconds, &spec.Lifecycle.LoadSeconds, &spec.Lifecycle.DrainSeconds, &spec.Lifecycle.ShutdownSeconds,
	} {
		*interval = max(1, *interval/s.TimeScale)
	}
	return spec
}

func seconds(d time.Duration) int { return int(d.Seconds()) }

// objects returns the objects of a policy's service without a scaler: the same for all policies
// except for the name.
func (s Settings) objects(name string) ([]manifest.Object, error) {
	spec := s.faster(s.spec(name, serving.Scaling{Policy: serving.External}))
	if err := problems.Err(spec.Validate(field.NewPath(name))); err != nil {
		return nil, err
	}
	return manifest.Objects(spec, manager), nil
}

// Estimate returns the sizing of a replica.
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

// Policies returns all policies, the default first, which VLLMService renders.
func (s Settings) Policies() ([]policy.Policy, error) {
	spec := s.spec(policy.Default, serving.Scaling{})
	if err := problems.Err(spec.Validate(field.NewPath(policy.Default))); err != nil {
		return nil, err
	}
	for _, o := range manifest.Objects(spec, manager) {
		if scaled, ok := o.Object.(*unstructured.Unstructured); ok && scaled.GetKind() == "ScaledObject" {
			standard, err := policy.Read(scaled, s.service(policy.Default))
			if err != nil {
				return nil, fmt.Errorf("the default policy: %w", err)
			}
			standard.Name = policy.Default
			return append([]policy.Policy{standard}, policy.Others()...), nil
		}
	}
	return nil, fmt.Errorf("VLLMService renders no ScaledObject by default")
}

func (s Settings) service(name string) policy.Service {
	return policy.Service{Namespace: Namespace, Name: name, Min: s.Min, Max: s.Max, PrometheusURL: prometheusURL, Scrape: s.Scrape}
}

// scaler returns the object that scales a policy's service; nil for a fixed number.
func (s Settings) scaler(p policy.Policy) *unstructured.Unstructured {
	if len(p.Triggers) == 0 {
		return nil
	}
	service := s.service(p.Name)
	service.Scrape /= time.Duration(s.TimeScale)
	return p.Faster(s.TimeScale).ScaledObject(service)
}

// Start returns the number of replicas with which a policy starts: the mean for all but the upper
// bound.
func (s Settings) Start(p policy.Policy, mean int) int {
	if p.Static == policy.Max {
		return s.Max
	}
	return mean
}

// RequestsPerReplica returns the requests a second with these mean lengths that bring a replica to
// the target load of sizing for these lengths.
func (s Settings) RequestsPerReplica(inputTokens, outputTokens int) (float64, error) {
	lengths := serving.Objectives{InputTokens: max(1, inputTokens), OutputTokens: max(1, outputTokens)}
	estimate, err := s.estimate(lengths)
	return estimate.Serving.TargetTokensPerSecond / float64(lengths.OutputTokens), err
}

// MeanReplicas returns the replicas for a mean rate of requests, within the bounds.
func (s Settings) MeanReplicas(requestsPerSecond, perReplica float64) int {
	return min(max(int(math.Ceil(requestsPerSecond/perReplica)), s.Min), s.Max)
}

// unstructuredOf returns the fields of an object for the API server.
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
