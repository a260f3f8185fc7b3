package main

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/stacktest"
)

// TestTheFirstUpDoesNotRaceTheAccessEntries holds that nothing calls the API
// server before the access entries and the early add-ons are active: EKS lets a
// principal in seconds after it created the entry, and a Kubernetes provider that
// is refused once fails every object.
func TestTheFirstUpDoesNotRaceTheAccessEntries(t *testing.T) {
	all := recordings(t)
	tested := 0
	for _, stack := range slices.Sorted(maps.Keys(all)) {
		resources := all[stack].Resources()
		first := firstResources(resources)
		if len(first) == 0 {
			continue // an existing cluster
		}
		for _, r := range resources {
			if !isKubernetes(r) && r.Type != "pulumi:providers:kubernetes" {
				continue
			}
			tested++
			before := waitsFor(resources, r)
			for _, want := range first {
				if !before[want] {
					t.Errorf("%s: %s %s does not wait for %s", stack, r.Type, r.Name, want)
				}
			}
		}
	}
	if tested == 0 {
		t.Error("no stack creates a cluster")
	}
}

// firstResources are those without which the API server refuses the caller, or
// pods get no address.
func firstResources(all []stacktest.Resource) []string {
	var first []string
	for _, r := range all {
		early := r.Type == addonKind && slices.Contains([]string{"vpc-cni", "kube-proxy", "eks-pod-identity-agent"}, r.Name)
		system := r.Type == nodeGroupKind && strings.HasPrefix(r.Name, "nodes-system")
		if early || system || r.Type == "aws:eks/accessPolicyAssociation:AccessPolicyAssociation" || r.Type == eksCluster {
			first = append(first, r.Type+"::"+r.Name)
		}
	}
	return first
}

// waitsFor are the resources that exist before one is registered: those that it
// depends on, its provider, and what these depend on.
func waitsFor(all []stacktest.Resource, of stacktest.Resource) map[string]bool {
	direct := map[string][]string{}
	for _, r := range all {
		key := r.Type + "::" + r.Name
		direct[key] = slices.Concat(direct[key], r.DependsOn, []string{r.Provider})
	}
	before := map[string]bool{}
	next := slices.Concat(of.DependsOn, []string{of.Provider})
	for len(next) > 0 {
		key := next[0]
		next = next[1:]
		if key != "" && !before[key] {
			before[key] = true
			next = append(next, direct[key]...)
		}
	}
	return before
}
