package config

import "testing"

// TestModelsBehindALoadBalancerWaitForIt marks their namespaces, and no others.
func TestModelsBehindALoadBalancerWaitForIt(t *testing.T) {
	cfg := mustLoad(t, `
  vllm-eks:namespaces: [{name: x}, {name: y}]
  vllm-eks:models:
    - {name: a, model: org/m, namespace: x, ingress: {class: alb, host: a.example.com, alb: {subnetCidrs: [10.0.0.0/24]}}}
    - {name: b, model: org/m, namespace: y, ingress: {class: nginx, host: b.example.com, controllerNamespace: n, open: true}}`)
	if !cfg.Namespaces[0].ReadinessGates || cfg.Namespaces[1].ReadinessGates {
		t.Errorf("the namespaces are %v, want x marked alone", cfg.Namespaces)
	}
}
