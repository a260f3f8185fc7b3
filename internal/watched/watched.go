// Package watched describes the models of a stack to recording rules, alerts and dashboards.
package watched

import (
	"cmp"
	"slices"

	"github.com/vllm-eks/vllm-eks/config"
	"github.com/vllm-eks/vllm-eks/sizing"
	"github.com/vllm-eks/vllm-eks/spec/monitoring"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// Models returns the models as recording rules, alerts and dashboards know them.
// Without ServiceMonitors, the list is empty, because Prometheus has no series of the models.
func Models(c *config.Config) []monitoring.Model {
	if !*c.Monitoring.ServiceMonitor {
		return nil
	}
	var models []monitoring.Model
	for _, m := range c.Models {
		models = append(models, model(m))
	}
	return models
}

// Namespace returns the namespace of rules and dashboards: that of the Prometheus and the
// Grafana that the stack installs. With a Prometheus of the user's, it is the first
// namespace of the models by name, because the other one may not exist.
func Namespace(c *config.Config, models []monitoring.Model) string {
	if c.Platform.Prometheus.Install || len(models) == 0 {
		return c.Platform.Prometheus.Namespace
	}
	return slices.MinFunc(models, func(a, b monitoring.Model) int { return cmp.Compare(a.Namespace, b.Namespace) }).Namespace
}

func model(m serving.Spec) monitoring.Model {
	objectives := m.Objectives.Latencies()
	w := monitoring.Model{
		Namespace: m.Namespace, Service: m.ObjectName(), ID: m.Model.ID, MinReplicas: m.Replicas.Smallest(), MaxReplicas: m.Replicas.Max,
		TTFTSeconds: objectives.TTFTMilliseconds / 1000, TPOTSeconds: objectives.TPOTMilliseconds / 1000, Share: m.Objectives.Share,
	}
	policy, _ := m.Scaling.Policy.Declaration()
	for _, name := range policy.Triggers {
		w.Triggers = append(w.Triggers, monitoring.Trigger{Name: name, Target: m.Scaling.Target(name)})
	}
	if e, ok := m.Estimate(); ok && e.Memory.Verdict != sizing.DoesNotFit {
		w.Predicted = predicted(e)
	}
	return w
}

// predicted returns what sizing predicts for one replica. Its price is its share of a node
// that is full of replicas.
func predicted(e sizing.Estimate) monitoring.Predicted {
	p := monitoring.Predicted{
		USDPerMillionTokens: e.Cost.PerMillionTokens, KVTokens: e.Memory.Tokens, Concurrency: e.Serving.Usable,
		NodeSeconds: e.ColdStart.Node.Seconds(), ImageSeconds: e.ColdStart.Image.Seconds(), LoadSeconds: e.ColdStart.Load().Seconds(),
	}
	if gpus := e.Workload.Engine.GPUs(); e.Cost.Known && gpus > 0 && e.Workload.Instance.GPUs >= gpus {
		p.USDPerHour = e.Cost.Price.USDPerHour / float64(e.Workload.Instance.GPUs/gpus)
	}
	return p
}
