package provider

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"sort"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/vllm-eks/vllm-eks/local/standin/incluster"
	"github.com/vllm-eks/vllm-eks/local/standin/kubernetes/cluster"
	"github.com/vllm-eks/vllm-eks/local/standin/kubernetes/objdiff"
	"github.com/vllm-eks/vllm-eks/local/standin/kubernetes/object"
)

// config is what Configure decides for the life of the process.
type config struct {
	client *cluster.Client
	// unreachable says why client is nil.
	unreachable string
	// simulated is a cluster of the AWS stand-in, which has no API server.
	simulated bool
	// server is the address of a simulated cluster.
	server    string
	namespace string
	replace   objdiff.Options
	// deleteUnreachable drops resources from the state when their cluster is gone.
	deleteUnreachable bool
	// skipUnreachable leaves resources as they are when the cluster does not answer.
	skipUnreachable bool
}

// inputKind is how the value of a provider input is checked.
type inputKind int

const (
	anyInput inputKind = iota
	textInput
	boolInput
	// pluginInput works only with the real plugin.
	pluginInput
)

// inputs are the provider inputs of pulumi-kubernetes v4.28.0.
var inputs = map[string]inputKind{
	"alwaysRender": pluginInput, "renderYamlToDirectory": pluginInput,
	"cluster": textInput, "clusterIdentifier": textInput, "context": textInput,
	"kubeconfig": anyInput, "namespace": textInput,
	"deleteUnreachable": boolInput, "skipUpdateUnreachable": boolInput, "strictMode": boolInput,
	"enableConfigMapMutable": boolInput, "enableSecretMutable": boolInput, "enableServerSideApply": boolInput,
	"suppressDeprecationWarnings": boolInput, "suppressHelmHookWarnings": boolInput,
	"helmReleaseSettings": anyInput, "kubeClientSettings": anyInput,
	"version": anyInput, "pluginDownloadURL": anyInput,
}

// CheckConfig refuses inputs that the real provider does not have, and those
// that only it can serve.
func (p *Provider) CheckConfig(_ context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	news, _, err := p.learn(req.GetNews(), nil, "CheckConfig")
	if err != nil {
		return nil, err
	}
	return &pulumirpc.CheckResponse{Inputs: req.GetNews(), Failures: configFailures(resource.URN(req.GetUrn()), news)}, nil
}

func configFailures(urn resource.URN, news resource.PropertyMap) []*pulumirpc.CheckFailure {
	var failures []*pulumirpc.CheckFailure
	fail := func(key, format string, args ...any) {
		failures = append(failures, &pulumirpc.CheckFailure{Property: key, Reason: fmt.Sprintf(format, args...)})
	}
	keys := make([]string, 0, len(news))
	for key := range news {
		keys = append(keys, string(key))
	}
	sort.Strings(keys)
	for _, key := range keys {
		kind, known := inputs[key]
		value, isKnown := plainText(news[resource.PropertyKey(key)])
		switch {
		case !known:
			fail(key, "the Kubernetes provider has no input %q", key)
		case !isKnown:
		case kind == boolInput && value != "true" && value != "false":
			fail(key, "%q is not true or false", value)
		case kind == pluginInput && value != "" && value != "false":
			fail(key, "rendering YAML needs the real Kubernetes plugin; this is the stand-in")
		case key == "enableServerSideApply" && value == "false":
			fail(key, "the stand-in applies on the server only; client-side apply needs the real Kubernetes plugin")
		}
	}
	if strict, _ := plainText(news["strictMode"]); strict != "true" {
		return failures
	}
	if strings.HasPrefix(urn.Name(), "default") {
		fail("", "strict mode prohibits the default provider")
	}
	for _, key := range []resource.PropertyKey{"context", "kubeconfig"} {
		if value, isKnown := plainText(news[key]); isKnown && value == "" {
			fail(string(key), "strict mode requires it")
		}
	}
	return failures
}

// plainText is an input without secret marks: text as it is, nothing for null,
// all else as JSON. It reports false for a value that is not known yet.
func plainText(v resource.PropertyValue) (string, bool) {
	plain, err := object.FromProperties(resource.PropertyMap{"value": v})
	if err != nil {
		return "", false
	}
	switch value := plain["value"].(type) {
	case nil:
		return "", true
	case string:
		return value, true
	default:
		encoded, err := json.Marshal(value)
		return string(encoded), err == nil
	}
}

// Configure connects to the cluster. A cluster that cannot be reached is not an
// error yet: a preview goes on without it, and an update fails at the first
// object with the reason.
func (p *Provider) Configure(ctx context.Context, req *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	urn := resource.URN(req.GetUrn())
	args, _, err := p.learn(req.GetArgs(), nil, "Configure")
	if err != nil {
		return nil, err
	}
	c, err := configure(ctx, settings(args))
	if err != nil {
		return nil, p.clean(err)
	}
	p.mu.Lock()
	p.config = c
	p.mu.Unlock()
	if c.simulated {
		p.log(ctx, diag.Info, urn, simulatedAnnouncement)
	} else {
		p.log(ctx, diag.Info, urn, announcement)
	}
	if c.client == nil && !c.simulated {
		p.log(ctx, diag.Warning, urn, "configured Kubernetes cluster is unreachable: "+c.unreachable)
	}
	return &pulumirpc.ConfigureResponse{
		AcceptSecrets:                   true,
		SupportsPreview:                 true,
		SupportsAutonamingConfiguration: true,
	}, nil
}

// settings are the inputs of a provider that is being configured.
type settings resource.PropertyMap

func (s settings) text(key resource.PropertyKey) string {
	value, _ := plainText(s[key])
	return value
}

// flag reads a switch, with the environment variable of the real provider
// behind it.
func (s settings) flag(key resource.PropertyKey, environment string) bool {
	if _, ok := s[key]; ok {
		return s.text(key) == "true"
	}
	return os.Getenv(environment) == "true"
}

func configure(ctx context.Context, vars settings) (config, error) {
	c := config{
		replace: objdiff.Options{
			SecretMutable:    vars.flag("enableSecretMutable", "PULUMI_K8S_ENABLE_SECRET_MUTABLE"),
			ConfigMapMutable: vars.flag("enableConfigMapMutable", "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE"),
		},
		deleteUnreachable: vars.flag("deleteUnreachable", "PULUMI_K8S_DELETE_UNREACHABLE"),
		skipUnreachable:   vars.flag("skipUpdateUnreachable", "PULUMI_K8S_SKIP_UPDATE_UNREACHABLE"),
		namespace:         vars.text("namespace"),
	}
	selected := cluster.Settings{
		Kubeconfig: vars.text("kubeconfig"), Context: vars.text("context"),
		Cluster: vars.text("cluster"), Namespace: c.namespace,
	}
	if raw := vars.text("kubeClientSettings"); raw != "" {
		var limits struct {
			Burst   int     `json:"burst"`
			QPS     float64 `json:"qps"`
			Timeout int     `json:"timeout"`
		}
		if err := json.Unmarshal([]byte(raw), &limits); err != nil {
			return config{}, fmt.Errorf("kubeClientSettings: %w", err)
		}
		selected.Burst, selected.QPS, selected.TimeoutSeconds = limits.Burst, limits.QPS, limits.Timeout
	}
	c.connect(ctx, selected)
	return c, nil
}

// connect leaves the reason where there is no connection.
func (c *config) connect(ctx context.Context, selected cluster.Settings) {
	rest, namespace, err := cluster.Load(selected)
	if err != nil {
		c.unreachable = err.Error()
		return
	}
	c.namespace = namespace
	if c.simulated = isSimulated(rest.Host); c.simulated {
		c.server = rest.Host
		if err := incluster.FromEnvironment().Reach(c.server); err != nil {
			c.unreachable = err.Error()
		}
		return
	}
	client, err := cluster.Connect(ctx, rest)
	if err != nil {
		c.unreachable = err.Error()
		return
	}
	c.client = client
}

// DiffConfig decides whether a change of the provider means another cluster, in
// which case everything in it is replaced. An unchanged clusterIdentifier says
// that it is the same cluster, whatever its kubeconfig looks like.
func (p *Provider) DiffConfig(_ context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	olds, news, err := p.learn(req.GetOlds(), req.GetNews(), "DiffConfig")
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
	sort.Strings(response.Diffs)
	response.Replaces = replacesCluster(olds, news, response.Diffs)
	return response, nil
}

func replacesCluster(olds, news resource.PropertyMap, changed []string) []string {
	oldID, _ := plainText(olds["clusterIdentifier"])
	newID, _ := plainText(news["clusterIdentifier"])
	hasBoth := olds.HasValue("clusterIdentifier") && news.HasValue("clusterIdentifier")
	switch {
	case hasBoth && oldID == newID:
		return nil
	case hasBoth:
		return []string{"clusterIdentifier"}
	}
	var selecting []string
	for _, key := range changed {
		if key == "kubeconfig" || key == "context" || key == "cluster" {
			selecting = append(selecting, key)
		}
	}
	for _, key := range selecting {
		if news[resource.PropertyKey(key)].ContainsUnknowns() {
			return []string{key}
		}
	}
	before, errBefore := endpoint(olds)
	after, errAfter := endpoint(news)
	// A kubeconfig that can no longer be read tells nothing about the cluster.
	if errBefore != nil || errAfter != nil || reflect.DeepEqual(before, after) {
		return nil
	}
	return selecting
}

func endpoint(props resource.PropertyMap) (any, error) {
	s := settings(props)
	return cluster.Endpoint(strings.TrimSpace(s.text("kubeconfig")), strings.TrimSpace(s.text("context")), strings.TrimSpace(s.text("cluster")))
}
