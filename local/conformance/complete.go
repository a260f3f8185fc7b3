package conformance

import (
	"slices"

	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// complete requires exactly the objects of a service of the spec. It reports whether the pods can be
// checked.
func (r rendered) complete(found *findings, s serving.Spec) bool {
	count := func(kind string, got int, required bool) {
		want := 0
		if required {
			want = 1
		}
		same(found, "the number of objects of the kind "+kind, got, want)
	}
	count("Deployment", len(r.deployments), true)
	count("PodDisruptionBudget", len(r.budgets), true)
	count("NetworkPolicy", len(r.policies), true)
	count("ServiceAccount", len(r.accounts), s.Access.ServiceAccountName == "")
	count("PersistentVolumeClaim", len(r.claims), s.Storage.Cache.StorageClass != "")
	count("Ingress", len(r.ingresses), s.Ingress.Class != "")
	count("ServiceMonitor", len(r.monitors), *s.Monitoring.ServiceMonitor)
	count("ScaledObject", len(r.scaled), s.Scaler() == serving.KEDA)
	count("HorizontalPodAutoscaler", len(r.autoscalers), s.Scaler() == serving.PodAutoscaler)
	var services []string
	for _, o := range r.services {
		services = append(services, o.Name)
	}
	names := append([]string{s.Name}, s.PreviousNames...)
	slices.Sort(names)
	names = slices.Compact(names)
	for _, name := range names {
		found.need(slices.Contains(services, name), "no Service is called %s; got %v", name, services)
	}
	same(found, "the number of Services", len(services), len(names))
	if len(r.deployments) != 1 {
		return false
	}
	found.need(r.engine() != nil, "the pods have no container %s", containerName)
	for _, m := range r.metas {
		same(found, m.String()+": the namespace", m.Namespace, s.Namespace)
	}
	return r.engine() != nil
}

// firstName returns the first name of the service, which its objects have.
func firstName(s serving.Spec) string {
	if n := len(s.PreviousNames); n > 0 {
		return s.PreviousNames[n-1]
	}
	return s.Name
}
