package policy

import (
	"fmt"
	"reflect"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Service describes what a policy scales: the Deployment of a VLLMService.
type Service struct {
	Namespace, Name string
	Min, Max        int
	PrometheusURL   string
	// Scrape is the time between two scrapes.
	Scrape time.Duration
}

const failures = 3 // polls in a row that fail before the fallback applies

// ScaledObject returns the policy as an object of KEDA. A fixed number has none.
func (p Policy) ScaledObject(s Service) *unstructured.Unstructured {
	var triggers []any
	for _, t := range p.Triggers {
		triggers = append(triggers, map[string]any{"type": "prometheus", "name": t.Name, "metricType": "AverageValue", "metadata": map[string]any{
			"serverAddress": s.PrometheusURL, "query": query(t, s), "threshold": strconv.FormatFloat(t.Target, 'g', -1, 64),
			"ignoreNullValues": "false",
		}})
	}
	spec := map[string]any{
		"scaleTargetRef":  map[string]any{"apiVersion": "apps/v1", "kind": "Deployment", "name": s.Name},
		"minReplicaCount": int64(s.Min), "maxReplicaCount": int64(s.Max), "triggers": triggers,
		"advanced": map[string]any{"horizontalPodAutoscalerConfig": map[string]any{"behavior": map[string]any{
			"scaleUp": p.Up.object(), "scaleDown": p.Down.object(),
		}}},
	}
	if p.Fallback > 0 {
		spec["fallback"] = map[string]any{"failureThreshold": int64(failures), "replicas": int64(p.Fallback), "behavior": "currentReplicasIfHigher"}
	}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject",
		"metadata": map[string]any{"name": s.Name, "namespace": s.Namespace}, "spec": spec,
	}}
}

func (r Rules) object() map[string]any {
	var policies []any
	for _, rule := range []struct {
		kind  string
		value int
	}{{"Percent", r.Percent}, {"Pods", r.Pods}} {
		if rule.value > 0 {
			policies = append(policies, map[string]any{"type": rule.kind, "value": int64(rule.value), "periodSeconds": int64(r.Period.Seconds())})
		}
	}
	return map[string]any{"stabilizationWindowSeconds": int64(r.Window.Seconds()), "selectPolicy": "Max", "policies": policies}
}

// query returns a trigger's signal in PromQL. Requests include what VLLMService adds for a hung
// replica; no replica hangs in the model.
func query(t Trigger, s Service) string {
	gauge := func(metric string) string {
		return fmt.Sprintf("vllm:%s{job=\"vllm\",namespace=%q,service=%q}", metric, s.Namespace, s.Name)
	}
	switch t.Signal {
	case Requests:
		running, waiting := gauge("num_requests_running"), gauge("num_requests_waiting")
		return fmt.Sprintf("sum(%[1]s + %[2]s) + (clamp(%[3]v * count(%[1]s) - sum(%[1]s + %[2]s), 0, %[3]v) and on () "+
			"(%[1]s + %[2]s > 0 and on (pod, engine) rate(%[4]s[%[5]vs]) == 0) or vector(0))",
			running, waiting, t.Target, gauge("iteration_tokens_total_count"), (3 * s.Scrape).Seconds())
	case Running:
		return fmt.Sprintf("sum(%s)", gauge("num_requests_running"))
	case Waiting:
		return fmt.Sprintf("sum(%s)", gauge("num_requests_waiting"))
	default:
		return fmt.Sprintf("sum(%s)", gauge("kv_cache_usage_perc"))
	}
}

// Read returns the policy of a ScaledObject of the service, so that the model runs what
// VLLMService renders. It refuses what the model does not know.
func Read(o *unstructured.Unstructured, s Service) (Policy, error) {
	var p Policy
	triggers, _, err := unstructured.NestedSlice(o.Object, "spec", "triggers")
	if err != nil {
		return p, err
	}
	for i, fields := range triggers {
		t, err := readTrigger(fields, s)
		if err != nil {
			return p, fmt.Errorf("triggers[%d]: %w", i, err)
		}
		p.Triggers = append(p.Triggers, t)
	}
	fallback, _, err := unstructured.NestedInt64(o.Object, "spec", "fallback", "replicas")
	if err != nil {
		return p, err
	}
	p.Fallback = int(fallback)
	behavior := []string{"spec", "advanced", "horizontalPodAutoscalerConfig", "behavior"}
	if p.Up, err = readRules(o, append(behavior, "scaleUp")); err != nil {
		return p, err
	}
	if p.Down, err = readRules(o, append(behavior, "scaleDown")); err != nil {
		return p, err
	}
	if again := p.ScaledObject(s).Object["spec"]; !reflect.DeepEqual(again, o.Object["spec"]) {
		return p, fmt.Errorf("spec: the model does not know all of it: got %v, want %v", o.Object["spec"], again)
	}
	return p, nil
}

func readTrigger(trigger any, s Service) (Trigger, error) {
	fields, _ := trigger.(map[string]any)
	name, _, _ := unstructured.NestedString(fields, "name")
	expression, _, _ := unstructured.NestedString(fields, "metadata", "query")
	text, _, _ := unstructured.NestedString(fields, "metadata", "threshold")
	if kind, _, _ := unstructured.NestedString(fields, "metricType"); kind != "AverageValue" {
		return Trigger{}, fmt.Errorf("metricType: got %q, want AverageValue", kind)
	}
	target, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return Trigger{}, fmt.Errorf("threshold: %w", err)
	}
	for _, signal := range Signals {
		if t := (Trigger{Name: name, Signal: signal, Target: target}); expression == query(t, s) {
			return t, nil
		}
	}
	return Trigger{}, fmt.Errorf("query: got %q, which the model does not know", expression)
}

func readRules(o *unstructured.Unstructured, path []string) (Rules, error) {
	fields, found, err := unstructured.NestedMap(o.Object, path...)
	if err != nil || !found {
		return Rules{}, fmt.Errorf("%v: missing (%w)", path, err)
	}
	window, _, _ := unstructured.NestedInt64(fields, "stabilizationWindowSeconds")
	r := Rules{Window: time.Duration(window) * time.Second}
	policies, _, _ := unstructured.NestedSlice(fields, "policies")
	for _, fields := range policies {
		policy, _ := fields.(map[string]any)
		value, _ := policy["value"].(int64)
		period, _ := policy["periodSeconds"].(int64)
		if length := time.Duration(period) * time.Second; r.Period == 0 || r.Period == length {
			r.Period = length
		} else {
			return r, fmt.Errorf("%v: the periods differ, which the model does not know", path)
		}
		switch policy["type"] {
		case "Percent":
			r.Percent = int(value)
		case "Pods":
			r.Pods = int(value)
		default:
			return r, fmt.Errorf("%v: type: got %v", path, policy["type"])
		}
	}
	return r, nil
}
