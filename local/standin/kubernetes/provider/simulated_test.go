package provider

import (
	"encoding/json"
	"strings"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

const simulatedKubeconfig = `{"apiVersion":"v1","kind":"Config","current-context":"aws",
	"clusters":[{"name":"kubernetes","cluster":{"server":"https://llm.us-west-2.eks.simulated.invalid"}}],
	"contexts":[{"name":"aws","context":{"cluster":"kubernetes","user":"aws"}}],
	"users":[{"name":"aws","user":{"exec":{"apiVersion":"client.authentication.k8s.io/v1beta1","command":"aws"}}}]}`

// startSimulated serves a provider that is configured for a simulated cluster.
func startSimulated(t *testing.T) *stack {
	t.Helper()
	s := start(t)
	args, err := json.Marshal(map[string]string{"kubeconfig": simulatedKubeconfig})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.client.Configure(t.Context(), &pulumirpc.ConfigureRequest{Args: wire(t, string(args))}); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestOnlySimulatedClustersAreSimulated(t *testing.T) {
	for server, want := range map[string]bool{
		"https://llm.us-west-2.eks.simulated.invalid": true, "https://llm.us-west-2.eks.simulated.invalid:443": true,
		"https://ABC.gr7.us-west-2.eks.amazonaws.com": false, "https://simulated.invalid.example.com": false,
		"https://example.com/.simulated.invalid": false, "https://198.19.255.1:6443": false, "": false,
	} {
		if got := isSimulated(server); got != want {
			t.Errorf("%q: %t, want %t", server, got, want)
		}
	}
}

func TestSimulatedObjectsAreDecodedStrictly(t *testing.T) {
	s := startSimulated(t)
	if said := s.said.All(); !strings.Contains(said, "nothing is sent anywhere") {
		t.Errorf("said %q", said)
	}
	for _, test := range []struct{ token, inputs, want string }{
		{"core/v1:Service", `{"metadata":{"name":"a","namespace":"b"},"spec":{"ports":[{"port":80}]}}`, ""},
		{"core/v1:Service", `{"metadata":{"name":"a","namespace":"b"},"spec":{"prots":[]}}`, `unknown field "spec.prots"`},
		{"core/v1:Service", `{"metadata":{"name":"a"},"spec":{"ports":[{"port":"80"}]}}`, "cannot unmarshal"},
		{"core/v1:Sevrice", `{"metadata":{"name":"a"}}`, "serves no kind Sevrice"},
		{"storage.k8s.io/v1:StorageClass", `{"metadata":{"name":"gp3","namespace":"a"},"provisioner":"ebs.csi.aws.com"}`, "not part of any namespace"},
		{"keda.sh/v1alpha1:ScaledObject", `{"metadata":{"name":"a","namespace":"b"},"spec":{}}`, ""},
		{"monitoring.coreos.com/v1:PrometheusPatch", `{"apiVersion":"monitoring.coreos.com/v1","kind":"Prometheus","metadata":{"name":"a","namespace":"b","annotations":{"pulumi.com/waitFor":"condition=Available"}}}`, ""},
		{"example.com/v1:Thing", `{"metadata":{"name":"a"}}`, "serves no kind Thing"},
		{"helm.sh/v3:Release", `{"name":"keda","chart":"keda","values":{"any":1}}`, ""},
		{"helm.sh/v3:Release", `{"name":"keda","chart":"keda","vlaues":{}}`, "there is no such property"},
		{"helm.sh/v3:Release", `{"name":"keda"}`, "missing, and required"},
		{"helm.sh/v3:Release", `{"name":"keda","chart":"keda","timeout":"600"}`, "want a value of the type int"},
	} {
		response, err := s.client.Check(t.Context(), &pulumirpc.CheckRequest{Urn: urn(test.token), News: wire(t, test.inputs)})
		if err != nil {
			t.Fatalf("%s: %v", test.token, err)
		}
		var said []string
		for _, failure := range response.GetFailures() {
			said = append(said, failure.GetProperty()+": "+failure.GetReason())
		}
		if got := strings.Join(said, "\n"); !strings.Contains(got, test.want) || test.want == "" && got != "" {
			t.Errorf("%s %s: got %q, want %q", test.token, test.inputs, got, test.want)
		}
	}
}

// A release is one on a simulated cluster only.
func TestReleasesOfARealClusterNeedTheRealPlugin(t *testing.T) {
	s := start(t)
	_, err := s.client.Check(t.Context(), &pulumirpc.CheckRequest{Urn: urn("helm.sh/v3:Release"), News: wire(t, `{"chart":"keda"}`)})
	if err == nil || !strings.Contains(err.Error(), "needs the real Kubernetes plugin") {
		t.Errorf("got %v", err)
	}
}

// The whole life of an object, none of which reaches a cluster.
func TestSimulatedLife(t *testing.T) {
	s := startSimulated(t)
	for token, inputs := range map[string]string{
		"core/v1:ConfigMap":  `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"b"},"data":{"k":"v"}}`,
		"helm.sh/v3:Release": `{"name":"a","namespace":"b","chart":"keda"}`,
	} {
		preview, err := s.client.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn(token), Properties: wire(t, inputs), Preview: true})
		if err != nil || preview.GetProperties() == nil {
			t.Errorf("%s: preview: %v, %v", token, preview, err)
		}
		made, err := s.client.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn(token), Properties: wire(t, inputs)})
		if err != nil || made.GetId() != "b/a" {
			t.Fatalf("%s: create: %v, %v", token, made, err)
		}
		read, err := s.client.Read(t.Context(), &pulumirpc.ReadRequest{Urn: urn(token), Id: made.GetId(), Properties: made.GetProperties(), Inputs: wire(t, inputs)})
		if err != nil || read.GetId() != made.GetId() || read.GetProperties().String() != made.GetProperties().String() {
			t.Errorf("%s: read: %v, %v", token, read, err)
		}
		diff, err := s.client.Diff(t.Context(), &pulumirpc.DiffRequest{Urn: urn(token), Id: made.GetId(), Olds: made.GetProperties(), OldInputs: wire(t, inputs), News: wire(t, inputs)})
		if err != nil || diff.GetChanges() != pulumirpc.DiffResponse_DIFF_NONE {
			t.Errorf("%s: diff: %v, %v", token, diff, err)
		}
		if _, err := s.client.Update(t.Context(), &pulumirpc.UpdateRequest{Urn: urn(token), Id: made.GetId(), Olds: made.GetProperties(), OldInputs: wire(t, inputs), News: wire(t, inputs)}); err != nil {
			t.Errorf("%s: update: %v", token, err)
		}
		if _, err := s.client.Delete(t.Context(), &pulumirpc.DeleteRequest{Urn: urn(token), Id: made.GetId(), Properties: made.GetProperties()}); err != nil {
			t.Errorf("%s: delete: %v", token, err)
		}
	}
	if actions := s.cluster.Actions(); len(actions) > 0 {
		t.Errorf("the cluster was asked: %v", actions)
	}
}

// An update fails at the first object where the provider was configured before
// the cluster let it in; a preview goes on.
func TestAProviderConfiguredTooEarlyFails(t *testing.T) {
	t.Setenv("VLLM_EKS_SIMULATED_ACCOUNT", t.TempDir()) // without the cluster
	s := startSimulated(t)
	inputs := `{"metadata":{"name":"inference"}}`
	for preview, want := range map[bool]string{true: "", false: "configured Kubernetes cluster is unreachable"} {
		_, err := s.client.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn("core/v1:Namespace"), Properties: wire(t, inputs), Preview: preview})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("preview %t: %v, want %q", preview, err, want)
		}
	}
}
