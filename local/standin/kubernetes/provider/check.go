package provider

import (
	"context"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/vllm-eks/vllm-eks/local/standin/kubernetes/await"
	"github.com/vllm-eks/vllm-eks/local/standin/kubernetes/object"
)

// Check completes the inputs (name, namespace, Secret data) and refuses what
// cannot become an object. Fields are left to the API server, which knows them
// all and is asked by a dry run in the preview.
func (p *Provider) Check(ctx context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	urn := resource.URN(req.GetUrn())
	news, olds, err := p.learn(req.GetNews(), req.GetOlds(), "Check")
	if err != nil {
		return nil, err
	}
	gvk, err := p.kindOf(urn)
	if err != nil {
		return nil, err
	}
	if gvk == release {
		return checkRelease(req, news, olds)
	}
	c := p.settings()
	if c.client == nil && !c.simulated && c.skipUnreachable && len(olds) > 0 {
		p.log(ctx, diag.Warning, urn, "the cluster is unreachable; the resource is left as it is (skipUpdateUnreachable)")
		return &pulumirpc.CheckResponse{Inputs: req.GetOlds()}, nil
	}
	refused := func(failures ...*pulumirpc.CheckFailure) (*pulumirpc.CheckResponse, error) {
		return &pulumirpc.CheckResponse{Inputs: req.GetNews(), Failures: failures}, nil
	}
	if failure := typeFailure(gvk, news); failure != nil {
		return refused(failure)
	}
	p.noteDefinition(gvk, news)
	object.EncodeStringData(news)
	failures := metadataFailures(news)
	served, err := p.serving(ctx, urn, gvk)
	if err != nil {
		return nil, err
	}
	if served != nil {
		failures = append(failures, served)
	}
	if len(failures) > 0 {
		return refused(failures...)
	}
	if c.simulated {
		if failures := decodingFailures(gvk, news); len(failures) > 0 {
			return refused(failures...)
		}
	}
	failure, err := assignName(news, olds, req)
	if err != nil {
		return nil, err
	}
	if failure != nil {
		return refused(failure)
	}
	if failure := p.assignNamespace(gvk, news); failure != nil {
		return refused(failure)
	}
	checked, err := marshal(object.MarkSecrets(news, news), "Check.checked")
	if err != nil {
		return nil, err
	}
	return &pulumirpc.CheckResponse{Inputs: checked}, nil
}

// typeFailure compares the inputs with the type that they are registered as,
// and fills in what the type already says.
func typeFailure(gvk schema.GroupVersionKind, news resource.PropertyMap) *pulumirpc.CheckFailure {
	if strings.HasSuffix(gvk.Kind, "Patch") && object.GetString(news, "kind") == strings.TrimSuffix(gvk.Kind, "Patch") {
		return &pulumirpc.CheckFailure{Property: "kind", Reason: "Patch resources need the real Kubernetes plugin; this is the stand-in"}
	}
	if strings.HasSuffix(gvk.Kind, "List") {
		return &pulumirpc.CheckFailure{Property: "kind", Reason: "a List cannot be created; register its items"}
	}
	for _, fact := range []struct {
		key  resource.PropertyKey
		want string
	}{{"apiVersion", gvk.GroupVersion().String()}, {"kind", gvk.Kind}} {
		key, want := fact.key, fact.want
		value := object.Unwrap(news[key])
		switch {
		case value.IsNull():
			news[key] = resource.NewProperty(want)
		case !value.IsString() || value.StringValue() != want:
			return &pulumirpc.CheckFailure{
				Property: string(key), Reason: fmt.Sprintf("is %v, but the resource's type says %q", value, want),
			}
		}
	}
	return nil
}

func metadataFailures(news resource.PropertyMap) []*pulumirpc.CheckFailure {
	var failures []*pulumirpc.CheckFailure
	fail := func(property, format string, args ...any) {
		failures = append(failures, &pulumirpc.CheckFailure{Property: property, Reason: fmt.Sprintf(format, args...)})
	}
	metadata := object.Unwrap(news["metadata"])
	if !metadata.IsNull() && !metadata.IsObject() && !metadata.IsComputed() && !metadata.IsOutput() {
		fail("metadata", "must be an object")
		return failures
	}
	if name, ok := object.Get(news, "metadata", "generateName"); ok && !name.IsNull() {
		fail("metadata.generateName", "is not possible with server-side apply; leave the name out to get an automatic one")
	}
	annotations := knownAnnotations(news)
	if _, err := await.Timeout(0, annotations); err != nil {
		fail("metadata.annotations", "%v", err)
	}
	if _, err := await.For(schema.GroupVersionKind{}, annotations); err != nil {
		fail("metadata.annotations", "%v", err)
	}
	if _, err := propagation(annotations); err != nil {
		fail("metadata.annotations", "%v", err)
	}
	return failures
}

// knownAnnotations are the object's annotations as far as they are known.
func knownAnnotations(props resource.PropertyMap) map[string]string {
	out := map[string]string{}
	annotations, ok := object.Get(props, "metadata", "annotations")
	if !ok || !annotations.IsObject() {
		return out
	}
	for key, value := range annotations.ObjectValue() {
		if value = object.Unwrap(value); value.IsString() {
			out[string(key)] = value.StringValue()
		}
	}
	return out
}

// noteDefinition remembers the kind that a CustomResourceDefinition introduces.
func (p *Provider) noteDefinition(gvk schema.GroupVersionKind, news resource.PropertyMap) {
	if gvk.Kind != "CustomResourceDefinition" || gvk.Group != "apiextensions.k8s.io" {
		return
	}
	kind := schema.GroupKind{
		Group: object.GetString(news, "spec", "group"), Kind: object.GetString(news, "spec", "names", "kind"),
	}
	p.mu.Lock()
	p.definitions[kind] = object.GetString(news, "spec", "scope") != "Cluster"
	p.mu.Unlock()
}

// serving refuses a kind that the cluster does not have, unless it may still
// come: with a definition in this program, or in a group that nobody has
// installed yet (a chart of this same update may).
func (p *Provider) serving(ctx context.Context, urn resource.URN, gvk schema.GroupVersionKind) (*pulumirpc.CheckFailure, error) {
	client := p.settings().client
	if client == nil {
		return nil, nil
	}
	_, err := client.Mapping(gvk)
	if err == nil {
		return nil, nil
	}
	if !meta.IsNoMatchError(err) {
		return nil, fmt.Errorf("cannot read which kinds the cluster serves: %w", err)
	}
	p.mu.RLock()
	_, defined := p.definitions[gvk.GroupKind()]
	p.mu.RUnlock()
	if defined {
		return nil, nil
	}
	if !strings.Contains(gvk.Group, ".") || client.ServesGroup(gvk.GroupVersion()) {
		return &pulumirpc.CheckFailure{
			Property: "kind", Reason: fmt.Sprintf("the cluster serves no kind %s in %s", gvk.Kind, gvk.GroupVersion()),
		}, nil
	}
	p.log(ctx, diag.Warning, urn, fmt.Sprintf("the cluster does not serve %s yet; its definition has to be created before it", gvk.GroupVersion()))
	return nil, nil
}

// clusterWide are the built-in kinds outside of namespaces, for when there is
// no cluster to ask.
var clusterWide = map[string]bool{
	"Namespace": true, "Node": true, "PersistentVolume": true, "ClusterRole": true, "ClusterRoleBinding": true,
	"StorageClass": true, "PriorityClass": true, "RuntimeClass": true, "CustomResourceDefinition": true,
	"IngressClass": true, "APIService": true, "MutatingWebhookConfiguration": true,
	"ValidatingWebhookConfiguration": true, "ValidatingAdmissionPolicy": true, "ValidatingAdmissionPolicyBinding": true,
	"CSIDriver": true, "CSINode": true, "VolumeAttachment": true, "CertificateSigningRequest": true,
	"FlowSchema": true, "PriorityLevelConfiguration": true, "DeviceClass": true,
}

// namespaced reports whether objects of the kind live in a namespace.
func (p *Provider) namespaced(gvk schema.GroupVersionKind) bool {
	if client := p.settings().client; client != nil {
		if mapping, err := client.Mapping(gvk); err == nil {
			return mapping.Scope.Name() == meta.RESTScopeNameNamespace
		}
	}
	p.mu.RLock()
	inNamespace, defined := p.definitions[gvk.GroupKind()]
	p.mu.RUnlock()
	if defined {
		return inNamespace
	}
	return !clusterWide[gvk.Kind]
}

// assignNamespace sets the provider's namespace where the object names none.
func (p *Provider) assignNamespace(gvk schema.GroupVersionKind, news resource.PropertyMap) *pulumirpc.CheckFailure {
	given, ok := object.Get(news, "metadata", "namespace")
	empty := given.IsNull() || (given.IsString() && given.StringValue() == "")
	set := ok && !empty
	if !p.namespaced(gvk) {
		if set {
			return &pulumirpc.CheckFailure{
				Property: "metadata.namespace", Reason: fmt.Sprintf("a %s is not part of any namespace", gvk.Kind),
			}
		}
		return nil
	}
	metadata := childObject(news, "metadata")
	if metadata == nil || set {
		return nil
	}
	namespace := p.settings().namespace
	if namespace == "" {
		namespace = metav1.NamespaceDefault
	}
	metadata["namespace"] = resource.NewProperty(namespace)
	return nil
}
