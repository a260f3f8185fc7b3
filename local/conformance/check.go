// Package conformance checks a service's rendered objects against Kubernetes, KEDA and Prometheus'
// operator, and against the promises of the docs. It shares no code with the component, so that it
// finds the component's mistakes.
package conformance

import (
	"fmt"

	"github.com/vllm-eks/vllm-eks/components/serving/manifest"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// Check returns the problems of the objects of one service. The spec has its defaults and is valid.
func Check(spec serving.Spec, objects []manifest.Object) []error {
	var found findings
	r := decode(&found, objects)
	if !r.complete(&found, spec) {
		return found
	}
	checkMetadata(&found, spec, r)
	checkNames(&found, r)
	checkSecrets(&found, r)
	checkPodSecurity(&found, r.pod())
	checkHardening(&found, spec, r.pod())
	checkScheduling(&found, spec, r.pod())
	checkVolumes(&found, spec, r)
	checkResources(&found, spec, r.engine())
	checkProbes(&found, spec, r)
	checkRollout(&found, spec, r)
	checkConnections(&found, r)
	checkDrain(&found, spec, r)
	checkSelectors(&found, spec, r)
	checkReplicas(&found, spec, r)
	checkTriggers(&found, spec, r)
	checkIngress(&found, spec, r)
	checkNetwork(&found, spec, r)
	return found
}

// Collisions returns a problem for each object that several services have, also for the objects that
// KEDA creates.
func Collisions(services ...[]manifest.Object) []error {
	var found findings
	owners := map[string]int{}
	for i, objects := range services {
		r := decode(&found, objects)
		for _, name := range r.identities() {
			if owner, exists := owners[name]; exists {
				found.addf("the services %[2]d and %[3]d both have %[1]s", name, owner, i)
			}
			owners[name] = i
		}
	}
	return found
}

// findings holds the problems so far.
type findings []error

func (f *findings) addf(format string, values ...any) {
	*f = append(*f, fmt.Errorf(format, values...))
}

// need adds a problem unless a condition holds.
func (f *findings) need(ok bool, format string, values ...any) {
	if !ok {
		f.addf(format, values...)
	}
}

// same adds a problem unless two values are the same.
func same[T comparable](f *findings, subject string, got, want T) {
	f.need(got == want, "%s is %v, want %v", subject, got, want)
}
