// Package manifest builds the Kubernetes objects of a model's service, one file
// for each kind, and checks the pod with the user's patch. It imports no Pulumi.
package manifest

import (
	"bytes"
	"encoding/json"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// Object holds one Kubernetes object of a service.
type Object struct {
	// Suffix follows the service's name in the name of the Pulumi resource. The resource
	// of a Service has such a name only in older states: see AddressName.
	Suffix string
	runtime.Object
}

// AddressName returns the name of a Service's Pulumi resource. The name depends on the
// Service and not on the model behind it, so that Pulumi updates an address that moves
// from one model to another. Under another name, Pulumi would create the Service over the
// existing object, and then delete that object by its name. The first character prevents
// that the name begins with the name of a component: Pulumi would derive aliases from it.
func AddressName(name, namespace string) string { return "@" + name + "." + namespace }

// Objects returns the objects of a service, in the order in which they depend on each
// other. The spec must be valid and have its defaults. The list has no Secrets, because
// only Pulumi knows their values.
func Objects(s serving.Spec, manager string) []Object {
	var list []Object
	add := func(enabled bool, suffix string, build func() runtime.Object) {
		if enabled {
			list = append(list, Object{Suffix: suffix, Object: build()})
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
	return list
}

// Tree returns an object as the tree that JSON decodes to, without the status, which
// Kubernetes writes, and without an empty spec. Numbers are of the type json.Number.
func Tree(o runtime.Object) (map[string]any, error) {
	text, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var tree map[string]any
	if err := decoder.Decode(&tree); err != nil {
		return nil, err
	}
	delete(tree, "status")
	if spec, ok := tree["spec"].(map[string]any); ok && len(spec) == 0 {
		delete(tree, "spec")
	}
	return tree, nil
}

// Plain returns an object without the annotations of Pulumi and without the label of the tool
// that manages it: kubectl, Argo CD and Flux record elsewhere what they manage, and Helm sets
// the label itself.
func Plain(tree map[string]any) map[string]any {
	metadata, ok := tree["metadata"].(map[string]any)
	if !ok {
		return tree
	}
	if annotations, ok := metadata["annotations"].(map[string]any); ok {
		for key := range annotations {
			if strings.HasPrefix(key, "pulumi.com/") {
				delete(annotations, key)
			}
		}
		if len(annotations) == 0 {
			delete(metadata, "annotations")
		}
	}
	if labels, ok := metadata["labels"].(map[string]any); ok {
		delete(labels, serving.ManagerLabel)
	}
	return tree
}
