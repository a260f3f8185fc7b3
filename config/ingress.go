package config

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// checkIngresses refuses two models at one address, and members of one load
// balancer that want it otherwise.
func (c *Config) checkIngresses(d *decoding) {
	hosts := map[string]string{}
	groups := map[string]int{}
	for i, m := range c.Models {
		in := m.Ingress
		key := fmt.Sprintf("models[%d].ingress", i)
		if in.Host != "" {
			if first, taken := hosts[in.Host]; taken {
				d.add(field.ErrorTypeDuplicate, d.typedAt(key+".host"), "is %q, which is the host of %s already; each model has its own", in.Host, first)
			} else {
				hosts[in.Host] = fmt.Sprintf("models[%d]", i)
			}
		}
		if in.ALB.Group != "" {
			first, known := groups[in.ALB.Group]
			if !known {
				groups[in.ALB.Group] = i
			} else if differ(c.Models[first].Ingress.ALB, in.ALB) {
				d.add(field.ErrorTypeInvalid, d.typedAt(key+".alb"), "differs from that of models[%d], with which it shares the load balancer %s; make internetFacing, allowedCidrs and idleSeconds the same",
					first, in.ALB.Group)
			}
		}
	}
}

// differ tells whether two settings of one load balancer contradict each other.
func differ(a, b serving.ALB) bool {
	sorted := func(cidrs []string) []string { return slices.Sorted(slices.Values(cidrs)) }
	return a.InternetFacing != b.InternetFacing || a.IdleSeconds != b.IdleSeconds || !slices.Equal(sorted(a.AllowedCIDRs), sorted(b.AllowedCIDRs))
}

// gate has the namespaces of models behind a load balancer of AWS hold their
// pods back until that has them.
func (c *Config) gate() {
	for _, m := range c.Models {
		for i := range c.Namespaces {
			if c.Namespaces[i].Name == m.Namespace && m.Ingress.Class == serving.ALBClass {
				c.Namespaces[i].ReadinessGates = true
			}
		}
	}
}
