package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
	kubejson "sigs.k8s.io/json"

	"github.com/vllm-eks/vllm-eks/local/standin/shape"
)

// release names the kind that installs a Helm chart. No chart is rendered here.
var release = schema.GroupVersionKind{Group: "helm.sh", Version: "v3", Kind: "Release"}

// customKinds holds the kinds that a chart of the platform defines, by group. Other tests
// compare their fields with the definitions.
var customKinds = map[string][]string{
	"keda.sh":               {"ScaledObject", "ScaledJob", "TriggerAuthentication", "ClusterTriggerAuthentication"},
	"monitoring.coreos.com": {"ServiceMonitor", "PodMonitor", "PrometheusRule", "Prometheus"},
	"apiextensions.k8s.io":  {"CustomResourceDefinition"},
}

// clusterWide holds the kinds outside of namespaces that this program registers.
var clusterWide = []string{"Namespace", "StorageClass", "PriorityClass", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "ClusterTriggerAuthentication"}

// kindOf returns group, version and kind of a type such as kubernetes:apps/v1:Deployment.
// The patch of an object has the object's kind.
func kindOf(urn resource.URN) (schema.GroupVersionKind, error) {
	token := urn.Type()
	group, version, ok := strings.Cut(string(token.Module().Name()), "/")
	if token.Package() != "kubernetes" || !ok || slices.Contains([]string{"yaml", "kustomize"}, group) {
		return schema.GroupVersionKind{}, fmt.Errorf("%s: the simulated Kubernetes provider has no such type", token)
	}
	if group == "core" {
		group = ""
	}
	return schema.GroupVersionKind{Group: group, Version: version, Kind: strings.TrimSuffix(string(token.Name()), "Patch")}, nil
}

// Check completes the inputs, and refuses an object that an API server's strict decoder
// refuses.
func (p *provider) Check(_ context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	gvk, err := kindOf(resource.URN(req.GetUrn()))
	if err != nil {
		return nil, err
	}
	news, err := shape.Unmarshal(req.GetNews())
	if err != nil {
		return nil, err
	}
	olds, err := shape.Unmarshal(req.GetOlds())
	if err != nil {
		return nil, err
	}
	metadata := news
	var problems shape.Problems
	if gvk == release {
		problems.Object("", shape.Plain(news), releaseType)
	} else {
		news["apiVersion"], news["kind"] = resource.NewProperty(gvk.GroupVersion().String()), resource.NewProperty(gvk.Kind)
		problems = p.objectProblems(gvk, news)
		metadata = child(news, "metadata")
		olds = child(olds, "metadata")
		if gvk.Kind == "Secret" {
			for _, key := range []resource.PropertyKey{"data", "stringData"} {
				if news.HasValue(key) {
					news[key] = resource.MakeSecret(news[key])
				}
			}
		}
	}
	if err := assignName(req, metadata, olds); err != nil {
		return nil, err
	}
	inputs, err := shape.Marshal(news)
	return &pulumirpc.CheckResponse{Inputs: inputs, Failures: problems.Failures()}, err
}

// objectProblems returns what is wrong with an object, and sets its namespace where it
// names none.
func (p *provider) objectProblems(gvk schema.GroupVersionKind, news resource.PropertyMap) shape.Problems {
	problems := decodingProblems(gvk, news)
	metadata := child(news, "metadata")
	switch {
	case metadata == nil:
	case !slices.Contains(clusterWide, gvk.Kind):
		if !metadata.HasValue("namespace") {
			metadata["namespace"] = resource.NewProperty(max(p.namespace, metav1.NamespaceDefault))
		}
	case metadata.HasValue("namespace"):
		problems.Addf("metadata.namespace", "a %s is not part of any namespace", gvk.Kind)
	}
	return problems
}

// decodingProblems returns what an API server's strict decoder says.
func decodingProblems(gvk schema.GroupVersionKind, news resource.PropertyMap) (problems shape.Problems) {
	if slices.Contains(customKinds[gvk.Group], gvk.Kind) || news.ContainsUnknowns() {
		return nil
	}
	into, err := scheme.Scheme.New(gvk)
	if err != nil {
		problems.Addf("kind", "the simulated cluster serves no kind %s in %s", gvk.Kind, gvk.GroupVersion())
		return problems
	}
	text, err := json.Marshal(shape.Plain(news))
	if err == nil {
		var strict []error
		strict, err = kubejson.UnmarshalStrict(text, into)
		for _, problem := range strict {
			problems.Addf("", "%v", problem)
		}
	}
	if err != nil {
		problems.Addf("", "%v", err)
	}
	return problems
}

// child returns the object under a key, or nil where that is something else, such as a
// value that is not known yet.
func child(parent resource.PropertyMap, key resource.PropertyKey) resource.PropertyMap {
	value, ok := parent[key]
	if !ok || value.IsNull() {
		value = resource.NewProperty(resource.PropertyMap{})
		if parent != nil {
			parent[key] = value
		}
	}
	for value.IsSecret() {
		value = value.SecretValue().Element
	}
	if !value.IsObject() {
		return nil
	}
	return value.ObjectValue()
}

// assignName sets the name of a resource that has none: the name that it had before, or a
// new one.
func assignName(req *pulumirpc.CheckRequest, named, before resource.PropertyMap) error {
	if named == nil || named.HasValue("name") {
		return nil
	}
	if before.HasValue("name") {
		named["name"] = before["name"]
		return nil
	}
	name := req.GetAutonaming().GetProposedName()
	if name == "" {
		var err error
		if name, err = resource.NewUniqueName(req.GetRandomSeed(), resource.URN(req.GetUrn()).Name()+"-", 8, 0, nil); err != nil {
			return err
		}
	}
	named["name"] = resource.NewProperty(name)
	return nil
}
