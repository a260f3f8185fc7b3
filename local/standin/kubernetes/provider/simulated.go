package provider

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	helm "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/helm/v3"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
	kubejson "sigs.k8s.io/json"

	"github.com/vllm-eks/vllm-eks/local/standin/incluster"
	"github.com/vllm-eks/vllm-eks/local/standin/kubernetes/object"
	"github.com/vllm-eks/vllm-eks/local/standin/shape"
)

// simulatedDomain ends the name of the API server of a cluster of the AWS
// stand-in. Such a name cannot exist (RFC 2606), so no real cluster is ever taken
// for a simulated one. Nothing is sent to these: their objects are decoded as
// strictly as an API server would, and live in the engine's state alone.
const simulatedDomain = ".simulated.invalid"

const simulatedAnnouncement = "SIMULATED: this is the Kubernetes provider's stand-in, and the cluster is simulated as well; nothing is sent anywhere"

func isSimulated(server string) bool {
	address, err := url.Parse(server)
	return err == nil && strings.HasSuffix(address.Hostname(), simulatedDomain)
}

// release is what the real provider installs a Helm chart with. No chart is
// rendered here.
var release = schema.GroupVersionKind{Group: "helm.sh", Version: "v3", Kind: "Release"}

// kindOf is a resource's kind: a Release is one on a simulated cluster only, and
// so is the patch of an object, which exists there by the time that it is patched.
func (p *Provider) kindOf(urn resource.URN) (schema.GroupVersionKind, error) {
	if urn.Type() == "kubernetes:helm.sh/v3:Release" && p.settings().simulated {
		return release, nil
	}
	gvk, err := kindOf(urn)
	if p.settings().simulated {
		gvk.Kind = strings.TrimSuffix(gvk.Kind, "Patch")
	}
	return gvk, err
}

// customKinds are those that a chart of the platform brings, by group. What they
// may contain is held against their definitions by other tests.
var customKinds = map[string][]string{
	"keda.sh":               {"ScaledObject", "ScaledJob", "TriggerAuthentication", "ClusterTriggerAuthentication"},
	"monitoring.coreos.com": {"ServiceMonitor", "PodMonitor", "PrometheusRule", "Prometheus"},
	"apiextensions.k8s.io":  {"CustomResourceDefinition"},
}

// decodingFailures are what an API server's strict decoder would say.
func decodingFailures(gvk schema.GroupVersionKind, news resource.PropertyMap) []*pulumirpc.CheckFailure {
	if slices.Contains(customKinds[gvk.Group], gvk.Kind) || news.ContainsUnknowns() {
		return nil
	}
	fail := func(err error) *pulumirpc.CheckFailure { return &pulumirpc.CheckFailure{Reason: err.Error()} }
	into, err := scheme.Scheme.New(gvk)
	if err != nil {
		return []*pulumirpc.CheckFailure{{Property: "kind", Reason: fmt.Sprintf("the simulated cluster serves no kind %s in %s", gvk.Kind, gvk.GroupVersion())}}
	}
	plain, err := object.FromProperties(news)
	if err != nil {
		return []*pulumirpc.CheckFailure{fail(err)}
	}
	text, err := json.Marshal(plain)
	if err != nil {
		return []*pulumirpc.CheckFailure{fail(err)}
	}
	strict, err := kubejson.UnmarshalStrict(text, into)
	if err != nil {
		return []*pulumirpc.CheckFailure{fail(err)}
	}
	var failures []*pulumirpc.CheckFailure
	for _, problem := range strict {
		failures = append(failures, fail(problem))
	}
	return failures
}

// checkRelease holds a Release to the SDK's type, and names it.
func checkRelease(req *pulumirpc.CheckRequest, news, olds resource.PropertyMap) (*pulumirpc.CheckResponse, error) {
	var problems shape.Problems
	problems.Object("", shape.Plain(news), helm.ReleaseArgs{}.ElementType())
	response := &pulumirpc.CheckResponse{}
	for _, problem := range problems {
		response.Failures = append(response.Failures, &pulumirpc.CheckFailure{Property: problem.Place, Reason: problem.Text})
	}
	if !news.HasValue("name") {
		name := object.GetString(olds, "name")
		if name == "" {
			var err error
			if name, err = newName(req); err != nil {
				return nil, err
			}
		}
		news["name"] = resource.NewProperty(name)
	}
	var err error
	response.Inputs, err = marshal(news, "Check.release")
	return response, err
}

// simulate is what Create and Update make of an object.
func simulate(gvk schema.GroupVersionKind, inputs, state resource.PropertyMap, preview bool) (id string, properties *structpb.Struct, err error) {
	if inputs.ContainsUnknowns() {
		if !preview {
			return "", nil, fmt.Errorf("%s: a value is not known at the time of the update", gvk.Kind)
		}
		properties, err = marshal(inputs, "simulated")
		return "", properties, err
	}
	if gvk == release {
		return simulateRelease(inputs, preview)
	}
	plain, err := object.FromProperties(inputs)
	if err != nil {
		return "", nil, err
	}
	manager, err := fieldManager(state, inputs)
	if err != nil {
		return "", nil, err
	}
	properties, err = marshal(checkpoint(plain, inputs, manager, initialVersion(state, inputs)), "simulated")
	return identifier(object.GetString(inputs, "metadata", "namespace"), object.GetString(inputs, "metadata", "name")), properties, err
}

func simulateRelease(inputs resource.PropertyMap, preview bool) (string, *structpb.Struct, error) {
	name, namespace := object.GetString(inputs, "name"), object.GetString(inputs, "namespace")
	outputs := inputs.Copy()
	status := resource.PropertyMap{
		"name": resource.NewProperty(name), "namespace": resource.NewProperty(namespace), "status": resource.NewProperty("deployed"),
		"chart": inputs["chart"], "revision": resource.NewProperty(1.0),
	}
	outputs["status"] = resource.NewProperty(status)
	if preview {
		outputs["status"] = resource.MakeComputed(resource.NewProperty(""))
	}
	properties, err := marshal(outputs, "simulated")
	return identifier(namespace, name), properties, err
}

// reachSimulated refuses to change objects of a cluster that could not be reached
// when the provider was configured: as the real one, it does not try again.
// https://github.com/pulumi/pulumi-kubernetes v4.28.0, provider/pkg/provider/provider.go, Configure
func (p *Provider) reachSimulated() error {
	if c := p.settings(); c.unreachable != "" {
		return fmt.Errorf("configured Kubernetes cluster is unreachable: unable to load schema information from the API server: %s", c.unreachable)
	}
	return nil
}

// noteCreated tells the simulated account of an object that a controller may
// create something for.
func (p *Provider) noteCreated(gvk schema.GroupVersionKind, id string, inputs resource.PropertyMap) error {
	namespace, name := parseIdentifier(id)
	return incluster.FromEnvironment().Created(p.settings().server, gvk.Kind, namespace, name, shape.Plain(inputs))
}

// deleteSimulated removes an object, and lets the controllers that run clean up.
func (p *Provider) deleteSimulated(gvk schema.GroupVersionKind, id string) error {
	if err := p.reachSimulated(); err != nil {
		return err
	}
	namespace, name := parseIdentifier(id)
	return incluster.FromEnvironment().Deleted(p.settings().server, gvk.Kind, namespace, name)
}
