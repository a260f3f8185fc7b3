package config

import (
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// Pins are, for each model, the values that this version of the program derived
// or took by default and that its engines run with, as its key pin takes them: a
// later version then changes none of them.
func (c *Config) Pins() map[string]map[string]any {
	all := map[string]map[string]any{}
	for _, m := range c.Models {
		all[m.Name] = pin(m)
	}
	return all
}

func pin(m serving.Spec) map[string]any {
	p := map[string]any{
		"gpu": map[string]any{"count": m.GPU.Count},
		"resources": map[string]any{
			"cpu": m.Resources.CPU, "memory": m.Resources.Memory, "shmSize": m.Resources.ShmSize, "disk": m.Resources.Disk,
		},
		"lifecycle": map[string]any{
			"loadSeconds": m.Lifecycle.LoadSeconds, "provisionSeconds": m.Lifecycle.ProvisionSeconds, "drainSeconds": m.Lifecycle.DrainSeconds,
			"shutdownSeconds": m.Lifecycle.ShutdownSeconds, "rollout": string(m.Lifecycle.Rollout),
		},
	}
	if m.Image == "" {
		p["vllmVersion"] = m.Version()
	}
	if m.Model.MaxNumSeqs != 0 {
		p["maxNumSeqs"] = m.Model.MaxNumSeqs
	}
	if names := m.GroupNames(); len(names) == 1 {
		p["nodeGroup"] = names[0]
	} else if len(names) > 1 {
		p["nodeGroup"] = names
	}
	if len(m.LoRA.Adapters) > 0 {
		p["lora"] = map[string]any{"maxRank": m.LoRA.MaxRank, "maxLoaded": m.LoRA.MaxLoaded}
	}
	if m.Storage.Cache.Size != "" {
		p["storage"] = map[string]any{"cache": map[string]any{"size": m.Storage.Cache.Size}}
	}
	if m.Ingress.ALB.IdleSeconds != 0 {
		p["ingress"] = map[string]any{"alb": map[string]any{"idleSeconds": m.Ingress.ALB.IdleSeconds}}
	}
	scaling := map[string]any{}
	for key, value := range map[string]int{
		"targetLoad": m.Scaling.TargetLoad, "targetWaiting": m.Scaling.TargetWaiting, "targetCPU": m.Scaling.TargetCPU,
		"downSeconds": m.Scaling.DownSeconds, "idleSeconds": m.Scaling.Wake.IdleSeconds,
	} {
		if value != 0 {
			scaling[key] = value
		}
	}
	// By default it is as many as there always are, which is to change with them.
	if n := m.Scaling.FallbackReplicas; n != 0 && n != m.Replicas.Least() {
		scaling["fallbackReplicas"] = n
	}
	if m.Scaling.TargetKVUsage != 0 {
		scaling["targetKVUsage"] = m.Scaling.TargetKVUsage
	}
	if len(scaling) > 0 {
		p["scaling"] = scaling
	}
	return p
}
