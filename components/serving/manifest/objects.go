// Package manifest builds the Kubernetes objects of a model's service, one file
// for each kind, and checks the pod with the user's patch. It imports no Pulumi.
package manifest

import (
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// Object is one of a service's Kubernetes objects.
type Object struct {
	// Suffix follows the service's name in the name of the Pulumi resource, which
	// for a Service is only its name in older states: see addressName.
	Suffix string
	runtime.Object
}

// AddressName is the name of a Service's Pulumi resource. It follows from the
// Service alone and not from the model behind it: an address that passes from one
// model to another is updated. Under two names it would be created, which takes
// over the object that exists, and then deleted by its name. The character in
// front keeps it from beginning with the name of a component, of which Pulumi
// would derive aliases.
func AddressName(name, namespace string) string { return "@" + name + "." + namespace }

// Objects are all objects of a service, in the order in which they depend on
// each other, from a spec that has its defaults and is valid. Secrets are not
// among them: their values are known to Pulumi alone.
func Objects(s serving.Spec, manager string) []Object {
	var all []Object
	add := func(on bool, suffix string, build func() runtime.Object) {
		if on {
			all = append(all, Object{Suffix: suffix, Object: build()})
		}
	}
	add(s.Access.ServiceAccountName == "", "", func() runtime.Object { return serviceAccount(s, manager) })
	add(s.Storage.Cache.StorageClass != "", "-cache", func() runtime.Object { return cacheVolumeClaim(s, manager) })
	add(true, "", func() runtime.Object { return networkPolicy(s, manager) })
	add(true, "", func() runtime.Object { return deployment(s, manager) })
	add(true, "", func() runtime.Object { return disruptionBudget(s, manager) })
	add(true, "", func() runtime.Object { return service(s, s.ObjectName(), manager) })
	for _, name := range s.Aliases() {
		add(true, "."+name, func() runtime.Object { return service(s, name, manager) })
	}
	add(s.Ingress.Class != "", "", func() runtime.Object { return ingress(s, manager) })
	add(s.Monitored(), "", func() runtime.Object { return serviceMonitor(s, manager) })
	if o := scaler(s, manager); o != nil {
		add(true, "", func() runtime.Object { return o })
	}
	return all
}
