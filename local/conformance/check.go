// Package conformance holds a service's rendered objects to what Kubernetes,
// KEDA and Prometheus' operator take, and to what the docs promise of them. It
// shares no code with the component: what one of them gets wrong, the other
// sees.
package conformance

import (
	"errors"
	"fmt"

	"github.com/vllm-eks/vllm-eks/components/serving/manifest"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// Check returns what is wrong with the objects of one service, from a spec that
// has its defaults and is valid.
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

// Collisions are the objects that several services claim, those included that
// KEDA makes of theirs.
func Collisions(services ...[]manifest.Object) []error {
	var found findings
	owners := map[string]int{}
	for i, objects := range services {
		r := decode(&found, objects)
		for _, name := range r.identities() {
			if owner, taken := owners[name]; taken {
				found.addf("%s is claimed by the services %d and %d", name, owner, i)
			}
			owners[name] = i
		}
	}
	return found
}

// findings is what is wrong so far.
type findings []error

func (f *findings) addf(format string, values ...any) {
	*f = append(*f, fmt.Errorf(format, values...))
}

func (f *findings) need(ok bool, format string, values ...any) {
	if !ok {
		f.addf(format, values...)
	}
}

// same needs two values to be the same.
func same[T comparable](f *findings, what string, got, want T) {
	f.need(got == want, "%s is %v, want %v", what, got, want)
}

// Join is all that was found as one error, or nil.
func Join(found []error) error { return errors.Join(found...) }
