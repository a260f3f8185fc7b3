package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/vllm-eks/vllm-eks/local/standin/incluster"
	"github.com/vllm-eks/vllm-eks/local/standin/shape"
)

// version holds the version that the engine gets: the release that the SDK requests, with
// build metadata, which version comparison ignores.
const version = "4.28.0+simulated"

// simulatedDomain ends the name of the API server of every simulated cluster. Such a name
// cannot exist (RFC 2606), so no real cluster is ever taken for a simulated one.
const simulatedDomain = ".simulated.invalid"

const announcement = "SIMULATED: this is a simulation of the Kubernetes provider and of the cluster; nothing is sent anywhere"

// host receives messages for the user.
type host interface {
	Log(ctx context.Context, severity diag.Severity, urn resource.URN, message string) error
}

// provider holds the configuration of one provider.
type provider struct {
	pulumirpc.UnimplementedResourceProviderServer

	host host
	// server is the address of the cluster.
	server string
	// namespace is the default namespace of objects.
	namespace string
	// unreachable says why objects cannot be changed.
	unreachable string
}

// GetPluginInfo returns the version.
func (p *provider) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: version}, nil
}

// Cancel does nothing: no operation waits.
func (p *provider) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// inputs holds the names of the provider's own inputs: those that select a cluster, and
// those that components set.
var inputs = []string{"cluster", "clusterIdentifier", "context", "kubeconfig", "namespace", "deleteUnreachable", "skipUpdateUnreachable", "enableServerSideApply", "enableConfigMapMutable", "enableSecretMutable"}

// GetSchema returns the inputs of the provider, which programs in YAML are checked
// against. They create objects by components, so there is no list of kinds.
func (p *provider) GetSchema(context.Context, *pulumirpc.GetSchemaRequest) (*pulumirpc.GetSchemaResponse, error) {
	var properties []string
	for _, name := range inputs {
		typ := "string"
		if strings.HasPrefix(name, "enable") || strings.HasSuffix(name, "Unreachable") {
			typ = "boolean"
		}
		properties = append(properties, fmt.Sprintf(`%q: {"type": %q}`, name, typ))
	}
	return &pulumirpc.GetSchemaResponse{Schema: fmt.Sprintf(
		`{"name": "kubernetes", "description": "SIMULATED", "provider": {"inputProperties": {%s}}}`, strings.Join(properties, ", "))}, nil
}

// CheckConfig refuses unknown inputs.
func (p *provider) CheckConfig(_ context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	response := &pulumirpc.CheckResponse{Inputs: req.GetNews()}
	for name := range req.GetNews().GetFields() {
		if !slices.Contains(inputs, name) && name != "version" && name != "pluginDownloadURL" {
			response.Failures = append(response.Failures, &pulumirpc.CheckFailure{Property: name, Reason: "the simulated Kubernetes provider has no such input"})
		}
	}
	return response, nil
}

// Configure finds the cluster. One that cannot be reached is not an error yet: a preview
// goes on without it, and an update fails at the first object with the reason.
func (p *provider) Configure(ctx context.Context, req *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	args, err := shape.Unmarshal(req.GetArgs())
	if err != nil {
		return nil, err
	}
	p.server, p.namespace, err = endpoint(args)
	if err == nil && !isSimulated(p.server) {
		err = fmt.Errorf("%s is no simulated cluster, and this is a simulation of the provider", p.server)
	}
	if err == nil {
		err = incluster.FromEnvironment().Reach(p.server)
	}
	if err != nil {
		p.unreachable = err.Error()
	}
	if p.host != nil { // a lost message is no reason to fail
		_ = p.host.Log(ctx, diag.Info, "", announcement)
	}
	return &pulumirpc.ConfigureResponse{AcceptSecrets: true, SupportsPreview: true, SupportsAutonamingConfiguration: true}, nil
}

func isSimulated(server string) bool {
	address, err := url.Parse(server)
	return err == nil && strings.HasSuffix(address.Hostname(), simulatedDomain)
}

// endpoint returns the address of the cluster that inputs select, and their namespace.
func endpoint(args resource.PropertyMap) (server, namespace string, err error) {
	plain := shape.Plain(args)
	text := func(name string) string { value, _ := plain[name].(string); return value }
	overrides := &clientcmd.ConfigOverrides{
		CurrentContext: text("context"), Context: clientcmdapi.Context{Cluster: text("cluster"), Namespace: text("namespace")},
	}
	config := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(clientcmd.NewDefaultClientConfigLoadingRules(), overrides)
	if kubeconfig := text("kubeconfig"); kubeconfig != "" {
		if contents, err := os.ReadFile(kubeconfig); err == nil {
			kubeconfig = string(contents)
		}
		loaded, err := clientcmd.Load([]byte(kubeconfig))
		if err != nil {
			return "", "", fmt.Errorf("kubeconfig: %w", err)
		}
		config = clientcmd.NewDefaultClientConfig(*loaded, overrides)
	}
	if namespace, _, err = config.Namespace(); err != nil {
		return "", "", fmt.Errorf("kubeconfig: %w", err)
	}
	client, err := config.ClientConfig()
	if err != nil {
		return "", "", fmt.Errorf("kubeconfig: %w", err)
	}
	return client.Host, namespace, nil
}

// DiffConfig decides whether a change of the provider means another cluster, in which
// case everything in it is replaced. An unchanged clusterIdentifier says that it is the
// same one, whatever its kubeconfig looks like.
// https://www.pulumi.com/registry/packages/kubernetes/api-docs/provider/ (read 2026-11-29)
func (p *provider) DiffConfig(_ context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	olds, err := shape.Unmarshal(req.GetOlds())
	if err != nil {
		return nil, err
	}
	news, err := shape.Unmarshal(req.GetNews())
	if err != nil {
		return nil, err
	}
	diff := olds.Diff(news)
	if diff == nil {
		return &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE}, nil
	}
	response := &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_SOME}
	for _, key := range diff.ChangedKeys() {
		response.Diffs = append(response.Diffs, string(key))
	}
	slices.Sort(response.Diffs)
	response.Replaces = replacesCluster(olds, news, response.Diffs)
	return response, nil
}

// replacesCluster returns the changed inputs that mean another cluster.
func replacesCluster(olds, news resource.PropertyMap, changed []string) []string {
	if olds.HasValue("clusterIdentifier") && news.HasValue("clusterIdentifier") {
		if slices.Contains(changed, "clusterIdentifier") {
			return []string{"clusterIdentifier"}
		}
		return nil
	}
	var selecting []string
	for _, key := range changed {
		if key != "kubeconfig" && key != "context" && key != "cluster" {
			continue
		}
		if news[resource.PropertyKey(key)].ContainsUnknowns() {
			return []string{key}
		}
		selecting = append(selecting, key)
	}
	before, _, errBefore := endpoint(olds)
	after, _, errAfter := endpoint(news)
	// A kubeconfig that can no longer be read tells nothing about the cluster.
	if errBefore != nil || errAfter != nil || before == after {
		return nil
	}
	return selecting
}
