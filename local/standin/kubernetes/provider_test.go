package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/vllm-eks/vllm-eks/local/standin/recorder"
	"github.com/vllm-eks/vllm-eks/local/standin/shape"
)

const simulatedKubeconfig = `{"apiVersion":"v1","kind":"Config","current-context":"aws",
	"clusters":[{"name":"kubernetes","cluster":{"server":"https://llm.us-west-2.eks.simulated.invalid"}},
		{"name":"other","cluster":{"server":"https://other.simulated.invalid"}},{"name":"real","cluster":{"server":"https://198.19.255.1:6443"}}],
	"contexts":[{"name":"aws","context":{"cluster":"kubernetes","user":"aws"}},{"name":"renamed","context":{"cluster":"kubernetes","user":"aws"}},
		{"name":"other","context":{"cluster":"other","user":"aws"}},{"name":"real","context":{"cluster":"real","user":"aws"}}],
	"users":[{"name":"aws","user":{"exec":{"apiVersion":"client.authentication.k8s.io/v1beta1","command":"aws"}}}]}`

// configured returns a provider for the cluster of a context.
func configured(t *testing.T, context string) (*provider, *recorder.Messages) {
	t.Helper()
	said := &recorder.Messages{}
	p := &provider{host: said}
	args, err := json.Marshal(map[string]string{"kubeconfig": simulatedKubeconfig, "context": context})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Configure(t.Context(), &pulumirpc.ConfigureRequest{Args: wire(t, string(args))}); err != nil {
		t.Fatal(err)
	}
	return p, said
}

func urn(kind string) string { return "urn:pulumi:dev::project::kubernetes:" + kind + "::thing" }

// wire encodes inputs written as JSON; {"secret": …} and {"unknown": true} stand for
// values that are secret and not known.
func wire(t *testing.T, text string) *structpb.Struct {
	t.Helper()
	var plain map[string]any
	if err := json.Unmarshal([]byte(text), &plain); err != nil {
		t.Fatal(err)
	}
	encoded, err := shape.Marshal(marked(shape.Properties(plain)))
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

func marked(props resource.PropertyMap) resource.PropertyMap {
	for key, value := range props {
		switch {
		case !value.IsObject():
		case value.ObjectValue().HasValue("secret"):
			props[key] = resource.MakeSecret(value.ObjectValue()["secret"])
		case value.ObjectValue().HasValue("unknown"):
			props[key] = resource.MakeComputed(resource.NewProperty(""))
		default:
			marked(value.ObjectValue())
		}
	}
	return props
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

func TestObjectsAreDecodedStrictly(t *testing.T) {
	p, said := configured(t, "aws")
	if !strings.Contains(said.All(), "nothing is sent anywhere") {
		t.Errorf("said %q", said.All())
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
		response, err := p.Check(t.Context(), &pulumirpc.CheckRequest{Urn: urn(test.token), News: wire(t, test.inputs)})
		if err != nil {
			t.Fatalf("%s: %v", test.token, err)
		}
		var problems []string
		for _, failure := range response.GetFailures() {
			problems = append(problems, failure.GetProperty()+": "+failure.GetReason())
		}
		if got := strings.Join(problems, "\n"); !strings.Contains(got, test.want) || test.want == "" && got != "" {
			t.Errorf("%s %s: got %q, want %q", test.token, test.inputs, got, test.want)
		}
	}
	for _, token := range []string{"yaml/v2:ConfigFile", "helm.sh:Chart"} {
		if _, err := p.Check(t.Context(), &pulumirpc.CheckRequest{Urn: urn(token)}); err == nil {
			t.Errorf("%s is accepted", token)
		}
	}
}

func TestCheckCompletesTheInputs(t *testing.T) {
	p, _ := configured(t, "aws")
	for _, test := range []struct{ token, olds, news, want string }{
		{"core/v1:Service", `{}`, `{"metadata":{"name":"a"}}`, `{"apiVersion":"v1","kind":"Service","metadata":{"name":"a","namespace":"default"}}`},
		{"core/v1:Service", `{"metadata":{"name":"a-1"}}`, `{}`, `{"apiVersion":"v1","kind":"Service","metadata":{"name":"a-1","namespace":"default"}}`},
		{"helm.sh/v3:Release", `{"name":"a-1"}`, `{"chart":"keda"}`, `{"chart":"keda","name":"a-1"}`},
		{"core/v1:Secret", `{}`, `{"metadata":{"name":"a"},"stringData":{"k":"v"}}`, `{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a","namespace":"default"},"stringData":{"secret":{"k":"v"}}}`},
	} {
		response, err := p.Check(t.Context(), &pulumirpc.CheckRequest{Urn: urn(test.token), Olds: wire(t, test.olds), News: wire(t, test.news)})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := response.GetInputs().AsMap(), wire(t, test.want).AsMap(); !sameJSON(t, got, want) {
			t.Errorf("%s %s: got %v, want %v", test.token, test.news, got, want)
		}
	}
	response, err := p.Check(t.Context(), &pulumirpc.CheckRequest{
		Urn: urn("core/v1:Service"), News: wire(t, `{}`),
		Autonaming: &pulumirpc.CheckRequest_AutonamingOptions{ProposedName: "proposed"},
	})
	if err != nil || response.GetInputs().GetFields()["metadata"].GetStructValue().GetFields()["name"].GetStringValue() != "proposed" {
		t.Errorf("got %v, %v", response, err)
	}
}

func sameJSON(t *testing.T, a, b any) bool {
	t.Helper()
	first, errFirst := json.Marshal(a)
	second, errSecond := json.Marshal(b)
	if errFirst != nil || errSecond != nil {
		t.Fatal(errFirst, errSecond)
	}
	return string(first) == string(second)
}

func TestLifeOfAnObject(t *testing.T) {
	p, _ := configured(t, "aws")
	for token, inputs := range map[string]string{
		"core/v1:ConfigMap":  `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"b"},"data":{"k":"v"}}`,
		"helm.sh/v3:Release": `{"name":"a","namespace":"b","chart":"keda"}`,
	} {
		preview, err := p.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn(token), Properties: wire(t, inputs), Preview: true})
		if err != nil || preview.GetProperties() == nil || preview.GetId() != "" {
			t.Errorf("%s: preview: %v, %v", token, preview, err)
		}
		created, err := p.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn(token), Properties: wire(t, inputs)})
		if err != nil || created.GetId() != "b/a" {
			t.Fatalf("%s: create: %v, %v", token, created, err)
		}
		read, err := p.Read(t.Context(), &pulumirpc.ReadRequest{Urn: urn(token), Id: created.GetId(), Properties: created.GetProperties(), Inputs: wire(t, inputs)})
		if err != nil || read.GetId() != created.GetId() || read.GetProperties().String() != created.GetProperties().String() {
			t.Errorf("%s: read: %v, %v", token, read, err)
		}
		if _, err := p.Update(t.Context(), &pulumirpc.UpdateRequest{Urn: urn(token), Id: created.GetId(), Olds: created.GetProperties(), News: wire(t, inputs)}); err != nil {
			t.Errorf("%s: update: %v", token, err)
		}
		if _, err := p.Delete(t.Context(), &pulumirpc.DeleteRequest{Urn: urn(token), Id: created.GetId()}); err != nil {
			t.Errorf("%s: delete: %v", token, err)
		}
	}
}

func TestDiffDecidesAboutReplacement(t *testing.T) {
	p, _ := configured(t, "aws")
	for _, test := range []struct {
		token, olds, news string
		diffs, replaces   []string
		deleteFirst       bool
	}{
		{"apps/v1:Deployment", `{"metadata":{"name":"a"},"spec":{"replicas":1}}`, `{"metadata":{"name":"a"},"spec":{"replicas":1}}`, nil, nil, false},
		{"apps/v1:Deployment", `{"metadata":{"name":"a"},"spec":{"replicas":1}}`, `{"metadata":{"name":"a"},"spec":{"replicas":2}}`, []string{"spec"}, nil, false},
		{"apps/v1:Deployment", `{"metadata":{"name":"a"},"spec":{"selector":{"matchLabels":{"a":"b"}}}}`, `{"metadata":{"name":"a"},"spec":{"selector":{"matchLabels":{"a":"c"}}}}`, []string{"spec"}, []string{"spec.selector.matchLabels.a"}, true},
		{"core/v1:Service", `{"metadata":{"name":"a"}}`, `{"metadata":{"name":"b"}}`, []string{"metadata"}, []string{"metadata.name"}, false},
		{"core/v1:Secret", `{"metadata":{"name":"a"},"data":{"k":{"secret":"dg=="}}}`, `{"metadata":{"name":"a"},"data":{"k":"dg=="}}`, nil, nil, false},
		{"core/v1:PersistentVolumeClaim", `{"metadata":{"name":"a"},"spec":{"accessModes":["ReadWriteOnce"]}}`, `{"metadata":{"name":"a"},"spec":{"accessModes":["ReadWriteMany"]}}`, []string{"spec"}, []string{"spec.accessModes[0]"}, true},
		{"core/v1:Service", `{"metadata":{"name":"a"},"spec":{"type":"A"}}`, `{"metadata":{"name":"a"},"spec":{"type":{"unknown":true}}}`, []string{"spec"}, nil, false},
	} {
		diff, err := p.Diff(t.Context(), &pulumirpc.DiffRequest{Urn: urn(test.token), OldInputs: wire(t, test.olds), News: wire(t, test.news)})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(diff.GetDiffs(), test.diffs) || !slices.Equal(diff.GetReplaces(), test.replaces) || diff.GetDeleteBeforeReplace() != test.deleteFirst {
			t.Errorf("%s → %s: got %v", test.olds, test.news, diff)
		}
	}
}

func TestDiffConfigFindsAnotherCluster(t *testing.T) {
	for _, test := range []struct {
		olds, news map[string]string
		want       []string
	}{
		{map[string]string{"context": "aws"}, map[string]string{"context": "renamed"}, nil},
		{map[string]string{"context": "aws"}, map[string]string{"context": "other"}, []string{"context"}},
		{map[string]string{"context": "aws", "clusterIdentifier": "1"}, map[string]string{"context": "other", "clusterIdentifier": "1"}, nil},
		{map[string]string{"context": "aws", "clusterIdentifier": "1"}, map[string]string{"context": "aws", "clusterIdentifier": "2"}, []string{"clusterIdentifier"}},
	} {
		encode := func(config map[string]string) *structpb.Struct {
			config["kubeconfig"] = simulatedKubeconfig
			text, err := json.Marshal(config)
			if err != nil {
				t.Fatal(err)
			}
			return wire(t, string(text))
		}
		diff, err := (&provider{}).DiffConfig(t.Context(), &pulumirpc.DiffRequest{Olds: encode(test.olds), News: encode(test.news)})
		if err != nil || !slices.Equal(diff.GetReplaces(), test.want) {
			t.Errorf("%v → %v: %v, %v, want %v", test.olds, test.news, diff.GetReplaces(), err, test.want)
		}
	}
}

// An update fails at the first object where the cluster is a real one, or did not let the
// provider in when it was configured; a preview goes on.
func TestUpdatesNeedASimulatedCluster(t *testing.T) {
	for context, want := range map[string]string{"aws": "no such host", "real": "is no simulated cluster"} {
		t.Setenv("VLLM_EKS_SIMULATED_ACCOUNT", t.TempDir()) // without the cluster
		p, _ := configured(t, context)
		inputs := wire(t, `{"metadata":{"name":"inference"}}`)
		if _, err := p.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn("core/v1:Namespace"), Properties: inputs, Preview: true}); err != nil {
			t.Errorf("%s: preview: %v", context, err)
		}
		_, err := p.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn("core/v1:Namespace"), Properties: inputs})
		if err == nil || !strings.Contains(err.Error(), "configured Kubernetes cluster is unreachable") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", context, err, want)
		}
		if _, err := p.Delete(t.Context(), &pulumirpc.DeleteRequest{Urn: urn("core/v1:Namespace"), Id: "inference"}); err == nil {
			t.Errorf("%s: an object is deleted", context)
		}
	}
}

// TestSchemaHasTheProvider holds what programs in YAML are told of the provider.
func TestSchemaHasTheProvider(t *testing.T) {
	response, err := (&provider{}).GetSchema(t.Context(), &pulumirpc.GetSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Name     string
		Provider struct {
			InputProperties map[string]struct{ Type string }
		}
	}
	if err := json.Unmarshal([]byte(response.GetSchema()), &schema); err != nil {
		t.Fatal(err)
	}
	properties := schema.Provider.InputProperties
	if schema.Name != "kubernetes" || properties["context"].Type != "string" || properties["deleteUnreachable"].Type != "boolean" {
		t.Errorf("the schema is %+v", schema)
	}
}
