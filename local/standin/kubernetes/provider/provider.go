// Package provider is the gRPC face of the Kubernetes stand-in: it answers the
// Pulumi engine as pulumi-kubernetes v4.28.0 would, for the part of that
// provider which plain Kubernetes objects need.
package provider

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	sdk "github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/vllm-eks/vllm-eks/local/standin/kubernetes/cluster"
	"github.com/vllm-eks/vllm-eks/local/standin/kubernetes/object"
)

// Version is what the engine is told: the release that the SDK asks for, marked
// by its build metadata, which version comparison ignores.
const Version = "4.28.0+standin"

// Provider is one configured Kubernetes provider.
type Provider struct {
	pulumirpc.UnimplementedResourceProviderServer

	redactor *object.Redactor
	// cancelled ends every wait once the engine asks to stop.
	cancelled context.Context
	cancel    context.CancelFunc

	mu   sync.RWMutex
	host Host
	// definitions are the kinds that this program defines itself, noted in
	// Check, so that their objects can be previewed before the kinds exist.
	definitions map[schema.GroupKind]bool
	config      config
}

// New returns a provider that logs to the host; nil until the engine attaches.
func New(host Host) *Provider {
	ctx, cancel := context.WithCancel(context.Background())
	return &Provider{
		redactor:    object.NewRedactor(),
		cancelled:   ctx,
		cancel:      cancel,
		host:        host,
		definitions: map[schema.GroupKind]bool{},
	}
}

// settings returns what Configure left.
func (p *Provider) settings() config {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.config
}

// goneForGood is what to do about resources in a cluster that is no more.
const goneForGood = "If the cluster is gone for good, run again with PULUMI_K8S_DELETE_UNREACHABLE=true"

// reachable returns the cluster, or why there is none.
func (p *Provider) reachable() (*cluster.Client, error) {
	c := p.settings()
	if c.client == nil {
		return nil, fmt.Errorf("configured Kubernetes cluster is unreachable: %s", c.unreachable)
	}
	return c.client, nil
}

// operation ends with the call or when the engine cancels, whichever is first.
func (p *Provider) operation(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(p.cancelled, cancel)
	return ctx, func() { stop(); cancel() }
}

// GetPluginInfo reports the version.
func (p *Provider) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: Version}, nil
}

// Attach connects to an engine that found a provider already running.
func (p *Provider) Attach(_ context.Context, req *pulumirpc.PluginAttach) (*emptypb.Empty, error) {
	host, err := sdk.NewHostClient(req.GetAddress())
	if err != nil {
		return nil, fmt.Errorf("attach to the engine at %s: %w", req.GetAddress(), err)
	}
	p.mu.Lock()
	p.host = host
	p.mu.Unlock()
	return &emptypb.Empty{}, nil
}

// Cancel ends the waits; what was applied stays and is recorded as not ready.
func (p *Provider) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	p.cancel()
	return &emptypb.Empty{}, nil
}

// GetMapping has none.
func (p *Provider) GetMapping(context.Context, *pulumirpc.GetMappingRequest) (*pulumirpc.GetMappingResponse, error) {
	return &pulumirpc.GetMappingResponse{}, nil
}

// GetMappings has none.
func (p *Provider) GetMappings(context.Context, *pulumirpc.GetMappingsRequest) (*pulumirpc.GetMappingsResponse, error) {
	return &pulumirpc.GetMappingsResponse{}, nil
}

// Invoke refuses the provider's functions.
func (p *Provider) Invoke(_ context.Context, req *pulumirpc.InvokeRequest) (*pulumirpc.InvokeResponse, error) {
	return nil, needsRealPlugin("the function " + req.GetTok())
}

// Call refuses methods of component resources.
func (p *Provider) Call(_ context.Context, req *pulumirpc.CallRequest) (*pulumirpc.CallResponse, error) {
	return nil, needsRealPlugin("the method " + req.GetTok())
}

// Construct refuses component resources: Helm charts, YAML and Kustomize.
func (p *Provider) Construct(_ context.Context, req *pulumirpc.ConstructRequest) (*pulumirpc.ConstructResponse, error) {
	return nil, needsRealPlugin("the component " + req.GetType())
}

// Parameterize refuses packages generated from custom definitions.
func (p *Provider) Parameterize(context.Context, *pulumirpc.ParameterizeRequest) (*pulumirpc.ParameterizeResponse, error) {
	return nil, needsRealPlugin("a parameterized package")
}

func needsRealPlugin(what string) error {
	return status.Errorf(codes.Unimplemented,
		"%s needs the real Kubernetes plugin; this is the stand-in for plain objects. "+
			"Install it with: pulumi plugin install resource kubernetes 4.28.0", what)
}

// kindOf reads group, version and kind from a type token such as
// kubernetes:apps/v1:Deployment. Types that are no plain objects are refused.
func kindOf(urn resource.URN) (schema.GroupVersionKind, error) {
	token := urn.Type()
	if token.Package() != "kubernetes" {
		return schema.GroupVersionKind{}, fmt.Errorf("type %s is not one of the kubernetes package", token)
	}
	group, version, ok := strings.Cut(string(token.Module().Name()), "/")
	kind := string(token.Name())
	switch {
	case !ok, group == "helm.sh", group == "yaml", group == "kustomize":
		return schema.GroupVersionKind{}, needsRealPlugin("the type " + string(token))
	case group == "core":
		group = ""
	}
	return schema.GroupVersionKind{Group: group, Version: version, Kind: kind}, nil
}

// unmarshal reads properties as the engine marks them up.
func unmarshal(props *structpb.Struct, label string) (resource.PropertyMap, error) {
	return plugin.UnmarshalProperties(props, plugin.MarshalOptions{
		Label: label, KeepUnknowns: true, KeepSecrets: true, SkipNulls: true, RejectAssets: true,
	})
}

// learn reads the two sets of properties of a request, old and new or inputs and
// state, and remembers what is secret in them.
func (p *Provider) learn(first, second *structpb.Struct, label string) (a, b resource.PropertyMap, err error) {
	if a, err = unmarshal(first, label); err != nil {
		return nil, nil, err
	}
	if b, err = unmarshal(second, label); err != nil {
		return nil, nil, err
	}
	p.redactor.Learn(a)
	p.redactor.Learn(b)
	return a, b, nil
}

func marshal(props resource.PropertyMap, label string) (*structpb.Struct, error) {
	return plugin.MarshalProperties(props, plugin.MarshalOptions{
		Label: label, KeepUnknowns: true, KeepSecrets: true, SkipNulls: true,
	})
}
