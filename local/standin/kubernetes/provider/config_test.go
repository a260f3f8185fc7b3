package provider

import (
	"slices"
	"strings"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/vllm-eks/vllm-eks/local/standin/recorder"
)

func TestCheckConfigRefuses(t *testing.T) {
	s := start(t)
	response, err := s.client.CheckConfig(t.Context(), &pulumirpc.CheckRequest{News: wire(t, `{
		"kubeConfig": "x", "enableServerSideApply": "false", "deleteUnreachable": "maybe",
		"renderYamlToDirectory": "out", "context": "fine", "namespace": {"unknown": true}}`)})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, failure := range response.GetFailures() {
		got[failure.GetProperty()] = failure.GetReason()
	}
	want := map[string]string{
		"kubeConfig": "has no input", "enableServerSideApply": "client-side apply",
		"deleteUnreachable": "true or false", "renderYamlToDirectory": "real Kubernetes plugin",
	}
	if len(got) != len(want) {
		t.Errorf("got %v", got)
	}
	for property, reason := range want {
		if !strings.Contains(got[property], reason) {
			t.Errorf("%s: got %q", property, got[property])
		}
	}
}

func TestCheckConfigAcceptsWhatTheSDKSends(t *testing.T) {
	s := start(t)
	response, err := s.client.CheckConfig(t.Context(), &pulumirpc.CheckRequest{News: wire(t, `{
		"enableServerSideApply": true, "enableSecretMutable": "true", "kubeClientSettings": "{\"burst\":5}", "version": "4.28.0"}`)})
	if err != nil || len(response.GetFailures()) != 0 {
		t.Errorf("got %v, %v", response.GetFailures(), err)
	}
}

func TestStrictMode(t *testing.T) {
	s := start(t)
	for inputs, want := range map[string][]string{
		`{"strictMode":"true","kubeconfig":"x","context":"y"}`:               nil,
		`{"strictMode":"true","context":"y"}`:                                {"kubeconfig"},
		`{"strictMode":"true","kubeconfig":{"unknown":true},"context":null}`: {"context"},
		`{"strictMode":"false"}`:                                             nil,
	} {
		response, err := s.client.CheckConfig(t.Context(), &pulumirpc.CheckRequest{Urn: urn("provider"), News: wire(t, inputs)})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, failure := range response.GetFailures() {
			got = append(got, failure.GetProperty())
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", inputs, got, want)
		}
	}
	byDefault, err := s.client.CheckConfig(t.Context(), &pulumirpc.CheckRequest{
		Urn:  "urn:pulumi:dev::project::pulumi:providers:kubernetes::default_4_28_0",
		News: wire(t, `{"strictMode":"true","kubeconfig":"x","context":"y"}`),
	})
	if err != nil || len(byDefault.GetFailures()) != 1 {
		t.Errorf("the default provider: %v, %v", byDefault.GetFailures(), err)
	}
}

const kubeconfig = `{"apiVersion":"v1","kind":"Config","current-context":"a",` +
	`"clusters":[{"name":"c","cluster":{"server":"SERVER"}}],` +
	`"contexts":[{"name":"a","context":{"cluster":"c","user":"u"}}],"users":[{"name":"u","user":{"token":"TOKEN"}}]}`

func config4(server, token string) string {
	contents := strings.NewReplacer("SERVER", server, "TOKEN", token, `"`, `\"`).Replace(kubeconfig)
	return `"kubeconfig":"` + contents + `"`
}

func TestDiffConfig(t *testing.T) {
	tests := []struct {
		name, old, new string
		replaces       []string
	}{
		{"a renewed token", config4("https://one", "t1"), config4("https://one", "t2"), nil},
		{"another cluster", config4("https://one", "t"), config4("https://two", "t"), []string{"kubeconfig"}},
		{"not known yet", config4("https://one", "t"), `"kubeconfig":{"unknown":true}`, []string{"kubeconfig"}},
		{"not known yet, same identifier", config4("https://one", "t") + `,"clusterIdentifier":"x"`,
			`"kubeconfig":{"unknown":true},"clusterIdentifier":"x"`, nil},
		{"another identifier", `"clusterIdentifier":"x"`, `"clusterIdentifier":"y"`, []string{"clusterIdentifier"}},
		{"another namespace", `"namespace":"x"`, `"namespace":"y"`, nil},
	}
	s := start(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			response, err := s.client.DiffConfig(t.Context(), &pulumirpc.DiffRequest{
				Olds: wire(t, "{"+test.old+"}"), News: wire(t, "{"+test.new+"}"),
			})
			if err != nil {
				t.Fatal(err)
			}
			if response.GetChanges() != pulumirpc.DiffResponse_DIFF_SOME || !slices.Equal(response.GetReplaces(), test.replaces) {
				t.Errorf("got %v, replaces %v", response.GetChanges(), response.GetReplaces())
			}
		})
	}
}

// Without a cluster a preview goes on, and an update says why it cannot.
func TestUnreachableCluster(t *testing.T) {
	said := &recorder.Messages{}
	client := serve(t, New(said))
	_, err := client.Configure(t.Context(), &pulumirpc.ConfigureRequest{
		Args: wire(t, "{"+config4("http://127.0.0.1:1", "do-not-print")+"}"),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"SIMULATED", "unreachable", "127.0.0.1:1"} {
		if !strings.Contains(said.All(), want) {
			t.Errorf("%q is missing in %q", want, said.All())
		}
	}
	inputs := wire(t, `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"n"}}`)
	if _, err := client.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn("core/v1:Namespace"), Properties: inputs, Preview: true}); err != nil {
		t.Errorf("preview: %v", err)
	}
	_, err = client.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn("core/v1:Namespace"), Properties: inputs})
	if err == nil || !strings.Contains(err.Error(), "unreachable") || strings.Contains(err.Error(), "do-not-print") {
		t.Errorf("update: %v", err)
	}
}
