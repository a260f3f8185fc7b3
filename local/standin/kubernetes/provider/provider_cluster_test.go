//go:build cluster

package provider

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/vllm-eks/vllm-eks/local/standin/kubernetes/object"
)

// live is a provider on the cluster of KUBECONFIG, with a namespace of its own.
func live(t *testing.T) (client pulumirpc.ResourceProviderClient, namespace string) {
	t.Helper()
	kubeconfig := os.Getenv("KUBECONFIG")
	if kubeconfig == "" {
		t.Fatal("KUBECONFIG must name the cluster to test on")
	}
	client = serve(t, New(&messages{}))
	if _, err := client.Configure(t.Context(), &pulumirpc.ConfigureRequest{
		Variables: map[string]string{"kubernetes:config:kubeconfig": kubeconfig},
	}); err != nil {
		t.Fatal(err)
	}
	namespace = fmt.Sprintf("test-c-%x", time.Now().UnixNano())
	s := &stack{client: client}
	create(t, s, "core/v1:Namespace", fmt.Sprintf(`{"apiVersion":"v1","kind":"Namespace","metadata":{"name":%q}}`, namespace))
	t.Cleanup(func() {
		// The test's own context is over by now.
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		if _, err := client.Delete(ctx, &pulumirpc.DeleteRequest{Urn: urn("core/v1:Namespace"), Id: namespace}); err != nil {
			t.Errorf("remove the namespace: %v", err)
		}
	})
	return client, namespace
}

// Every built-in kind goes through the same steps; a ConfigMap stands for them.
func TestClusterLifecycle(t *testing.T) {
	t.Parallel()
	client, namespace := live(t)
	s := &stack{client: client}
	inputs := func(value string) string {
		return fmt.Sprintf(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","namespace":%q},"data":{"k":%q,"other":"x"}}`, namespace, value)
	}
	created := create(t, s, "core/v1:ConfigMap", inputs("one"))
	shorter := strings.Replace(inputs("two"), `,"other":"x"`, "", 1)
	updated, err := client.Update(t.Context(), &pulumirpc.UpdateRequest{
		Urn: urn("core/v1:ConfigMap"), Id: created.GetId(), Olds: created.GetProperties(), News: wire(t, shorter),
	})
	if err != nil {
		t.Fatal(err)
	}
	state := read(t, updated.GetProperties())
	if _, left := object.Get(state, "data", "other"); left || object.GetString(state, "data", "k") != "two" {
		t.Errorf("after the update: %v", state["data"])
	}
	if got := diff(t, s, "core/v1:ConfigMap", updated.GetProperties(), shorter); got.GetChanges() != pulumirpc.DiffResponse_DIFF_NONE {
		t.Errorf("unchanged inputs differ: %v", got.GetDetailedDiff())
	}
	remove := &pulumirpc.DeleteRequest{Urn: urn("core/v1:ConfigMap"), Id: created.GetId(), Properties: updated.GetProperties()}
	if _, err := client.Delete(t.Context(), remove); err != nil {
		t.Fatal(err)
	}
	gone, err := client.Read(t.Context(), &pulumirpc.ReadRequest{Urn: urn("core/v1:ConfigMap"), Id: created.GetId()})
	if err != nil || gone.GetId() != "" {
		t.Errorf("after the deletion: %v, %v", gone, err)
	}
}

// The API server's strict validation reaches the preview.
func TestClusterPreviewIsStrict(t *testing.T) {
	t.Parallel()
	client, namespace := live(t)
	for spec, want := range map[string]string{
		`{"ports":[{"port":80}],"selektor":{}}`: "selektor",
		`{"ports":[{"port":"eighty"}]}`:         "port",
		`{"ports":[{"port":123456}]}`:           "65535",
	} {
		_, err := client.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn("core/v1:Service"), Preview: true, Properties: wire(t,
			fmt.Sprintf(`{"apiVersion":"v1","kind":"Service","metadata":{"name":"s","namespace":%q},"spec":%s}`, namespace, spec))})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", spec, err, want)
		}
	}
}

func TestClusterPreviewInANamespaceToCome(t *testing.T) {
	t.Parallel()
	client, _ := live(t)
	inputs := `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","namespace":"test-c-does-not-exist"}}`
	if _, err := client.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn("core/v1:ConfigMap"), Preview: true, Properties: wire(t, inputs)}); err != nil {
		t.Errorf("got %v", err)
	}
}

// A definition and an object of its kind in one update.
func TestClusterKindDefinedOnTheWay(t *testing.T) {
	t.Parallel()
	client, namespace := live(t)
	s := &stack{client: client}
	group := namespace + ".example.com"
	definition := fmt.Sprintf(`{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"things.%[1]s"},
		"spec":{"group":%[1]q,"scope":"Namespaced","names":{"kind":"Thing","plural":"things","singular":"thing"},
		"versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object","x_kubernetes_preserve_unknown_fields":true}}}]}}`, group)
	created := create(t, s, "apiextensions.k8s.io/v1:CustomResourceDefinition", definition)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if _, err := client.Delete(ctx, &pulumirpc.DeleteRequest{Urn: urn("apiextensions.k8s.io/v1:CustomResourceDefinition"), Id: created.GetId()}); err != nil {
			t.Errorf("remove the definition: %v", err)
		}
	})
	create(t, s, group+"/v1:Thing", fmt.Sprintf(`{"apiVersion":"%s/v1","kind":"Thing","metadata":{"name":"t","namespace":%q}}`, group, namespace))
}

// A Deployment that cannot start fails at its own deadline, with the pod's reason.
func TestClusterRolloutFailsAtItsDeadline(t *testing.T) {
	t.Parallel()
	client, namespace := live(t)
	started := time.Now()
	_, err := client.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn("apps/v1:Deployment"), Timeout: 60, Properties: wire(t, fmt.Sprintf(
		`{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d","namespace":%q},
		"spec":{"progressDeadlineSeconds":5,"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},
		"spec":{"containers":[{"name":"c","image":"localhost/does-not-exist:1","imagePullPolicy":"Never"}]}}}}`, namespace))})
	var failed *pulumirpc.ErrorResourceInitFailed
	for _, detail := range rpcerror.Convert(err).Details() {
		if detail, ok := detail.(*pulumirpc.ErrorResourceInitFailed); ok {
			failed = detail
		}
	}
	if failed == nil {
		t.Fatalf("got %v", err)
	}
	reasons := strings.Join(failed.GetReasons(), "\n")
	if !strings.Contains(reasons, "no progress within 5s") || !strings.Contains(reasons, "ErrImageNeverPull") {
		t.Errorf("the reasons are:\n%s", reasons)
	}
	if elapsed := time.Since(started); elapsed > 30*time.Second {
		t.Errorf("it took %s", elapsed)
	}
}

// Fields of another owner are not taken without being asked to.
func TestClusterConflict(t *testing.T) {
	t.Parallel()
	client, namespace := live(t)
	s := &stack{client: client}
	inputs := func(value, annotations string) string {
		return fmt.Sprintf(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","namespace":%q,"annotations":{%s}},"data":{"k":%q}}`, namespace, annotations, value)
	}
	create(t, s, "core/v1:ConfigMap", inputs("one", `"pulumi.com/patchFieldManager":"somebody"`))
	_, err := client.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn("core/v1:ConfigMap"), Properties: wire(t, inputs("two", ""))})
	if err == nil || !strings.Contains(err.Error(), "somebody") || !strings.Contains(err.Error(), "pulumi.com/patchForce") {
		t.Errorf("got %v", err)
	}
	create(t, s, "core/v1:ConfigMap", inputs("two", `"pulumi.com/patchForce":"true"`))
}
