package conformance

import (
	"fmt"
	"maps"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// checkSelectors requires that every selector finds the pods of this service only.
func checkSelectors(found *findings, s serving.Spec, r rendered) {
	finds := func(subject string, selector *metav1.LabelSelector) {
		matches(found, subject, selector, labels.Set(r.pod().Labels))
	}
	finds("the Deployment", r.deployments[0].Spec.Selector)
	for _, b := range r.budgets {
		finds("the PodDisruptionBudget", b.Spec.Selector)
	}
	for _, p := range r.policies {
		finds("the NetworkPolicy", &p.Spec.PodSelector)
	}
	for _, o := range r.services {
		finds("the Service "+o.Name, &metav1.LabelSelector{MatchLabels: o.Spec.Selector})
		found.need(o.Spec.Type == "ClusterIP" || o.Spec.Type == "", "the Service %s is of the type %s", o.Name, o.Spec.Type)
		for _, port := range o.Spec.Ports {
			same(found, "the container port of the Service "+o.Name, resolve(r, port.TargetPort), 8000)
			same(found, "the port of the Service "+o.Name, port.Port, 8000)
			same(found, "the name of the port of the Service "+o.Name, port.Name, "http")
		}
		same(found, "the number of ports of the Service "+o.Name, len(o.Spec.Ports), 1)
		isAlias := o.Labels["app.kubernetes.io/component"] == "alias"
		same(found, "the label alias of the Service "+o.Name, isAlias, o.Name != firstName(s))
	}
	for _, m := range r.monitors {
		checkMonitor(found, s, r, m)
	}
}

// matches requires that a selector finds the labels, but neither another service nor another
// application of the same name.
func matches(found *findings, subject string, selector *metav1.LabelSelector, set labels.Set) {
	parsed, err := metav1.LabelSelectorAsSelector(selector)
	switch {
	case err != nil:
		found.addf("the selector of %s: %w", subject, err)
	case selector == nil || parsed.Empty():
		found.addf("%s selects nothing, or everything", subject)
	default:
		found.need(parsed.Matches(set), "%s does not select %s: %s", subject, set, parsed)
		for _, key := range []string{"app.kubernetes.io/name", "app.kubernetes.io/instance"} {
			changed := labels.Merge(set, labels.Set{key: set[key] + "-2"})
			found.need(!parsed.Matches(changed), "%s ignores the label %s", subject, key)
		}
	}
}

// checkMonitor requires that every replica is scraped once, with the labels of scaling and dashboards.
func checkMonitor(found *findings, s serving.Spec, r rendered, m *unstructured.Unstructured) {
	var selector metav1.LabelSelector
	raw, _, _ := unstructured.NestedMap(m.Object, "spec", "selector")
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(raw, &selector); err != nil {
		found.addf("the selector of the ServiceMonitor: %w", err)
		return
	}
	parsed, err := metav1.LabelSelectorAsSelector(&selector)
	if err != nil {
		found.addf("the selector of the ServiceMonitor: %w", err)
		return
	}
	scraped := 0
	for _, o := range r.services {
		if parsed.Matches(labels.Set(o.Labels)) {
			scraped++
			same(found, "the Service that the ServiceMonitor finds", o.Name, firstName(s))
			matches(found, "the ServiceMonitor", &selector, labels.Set(o.Labels))
		}
	}
	same(found, "the number of Services that the ServiceMonitor finds", scraped, 1)
	namespaces, _, _ := unstructured.NestedStringSlice(m.Object, "spec", "namespaceSelector", "matchNames")
	found.need(slices.Equal(namespaces, []string{s.Namespace}), "the ServiceMonitor has the namespaces %v", namespaces)
	endpoints, _, _ := unstructured.NestedSlice(m.Object, "spec", "endpoints")
	same(found, "the number of the ServiceMonitor's endpoints", len(endpoints), 1)
	for _, e := range endpoints {
		endpoint, _ := e.(map[string]any)
		same[any](found, "the scraped path", endpoint["path"], "/metrics")
		same[any](found, "honorLabels", endpoint["honorLabels"], false)
		for _, o := range r.services {
			for _, port := range o.Spec.Ports {
				same[any](found, "the scraped port", endpoint["port"], port.Name)
			}
		}
		checkScrape(found, s, endpoint)
	}
}

// seriesLabels holds the labels of every series of a replica, each with its source.
var seriesLabels = map[string]string{
	"job": "vllm", "namespace": "__meta_kubernetes_namespace", "service": "__meta_kubernetes_service_name",
	"pod": "__meta_kubernetes_pod_name", "node": "__meta_kubernetes_pod_node_name",
}

func checkScrape(found *findings, s serving.Spec, endpoint map[string]any) {
	origins := map[string]string{}
	rules, _ := endpoint["relabelings"].([]any)
	for _, r := range rules {
		rule, _ := r.(map[string]any)
		target, _ := rule["targetLabel"].(string)
		if sources, ok := rule["sourceLabels"].([]any); ok && len(sources) == 1 {
			origins[target] = fmt.Sprint(sources[0])
		} else {
			origins[target] = fmt.Sprint(rule["replacement"])
		}
		// The API server adds the default. A tool that compares objects would find a difference.
		same[any](found, "the action of a relabeling", rule["action"], "replace")
	}
	found.need(maps.Equal(origins, seriesLabels), "series have the labels %v", origins)
	interval, _ := time.ParseDuration(fmt.Sprint(endpoint["interval"]))
	timeout, _ := time.ParseDuration(fmt.Sprint(endpoint["scrapeTimeout"]))
	same(found, "the time between scrapes", interval, time.Duration(s.Monitoring.IntervalSeconds)*time.Second)
	found.need(timeout > 0 && timeout <= interval, "the scrape timeout is %s, and the interval %s", timeout, interval)
	// Future releases guard /metrics by the API key (vllm#58028).
	kind, _, _ := unstructured.NestedString(endpoint, "authorization", "type")
	secret, _, _ := unstructured.NestedString(endpoint, "authorization", "credentials", "name")
	key, _, _ := unstructured.NestedString(endpoint, "authorization", "credentials", "key")
	want := s.Access.APIKey
	same(found, "the Secret of the scrapes", secret, want.Name)
	if want.Name != "" {
		same(found, "its key", key, want.Key)
		same(found, "the kind of authorization", kind, "Bearer")
	}
}
