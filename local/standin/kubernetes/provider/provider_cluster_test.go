//go:build cluster

package provider

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/vllm-eks/vllm-eks/local/standin/kubernetes/object"
	"github.com/vllm-eks/vllm-eks/local/standin/recorder"
)

// live is a provider on the cluster of KUBECONFIG, with a namespace of its own.
func live(t *testing.T) (s *stack, namespace string) {
	t.Helper()
	kubeconfig := os.Getenv("KUBECONFIG")
	if kubeconfig == "" {
		t.Fatal("KUBECONFIG must name the cluster to test on")
	}
	said := &recorder.Messages{}
	s = &stack{client: serve(t, New(said)), said: said}
	if _, err := s.client.Configure(t.Context(), &pulumirpc.ConfigureRequest{Args: wire(t, fmt.Sprintf(`{"kubeconfig":%q}`, kubeconfig))}); err != nil {
		t.Fatal(err)
	}
	namespace = fmt.Sprintf("test-c-%x", time.Now().UnixNano())
	create(t, s, "core/v1:Namespace", fmt.Sprintf(`{"apiVersion":"v1","kind":"Namespace","metadata":{"name":%q}}`, namespace))
	t.Cleanup(func() {
		// The test's own context is over by now.
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		if _, err := s.client.Delete(ctx, &pulumirpc.DeleteRequest{Urn: urn("core/v1:Namespace"), Id: namespace}); err != nil {
			t.Errorf("remove the namespace: %v", err)
		}
	})
	return s, namespace
}

// Every built-in kind goes through the same steps; a ConfigMap stands for them.
func TestClusterLifecycle(t *testing.T) {
	t.Parallel()
	s, namespace := live(t)
	inputs := func(value string) string {
		return fmt.Sprintf(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","namespace":%q},"data":{"k":%q,"other":"x"}}`, namespace, value)
	}
	created := create(t, s, "core/v1:ConfigMap", inputs("one"))
	shorter := strings.Replace(inputs("two"), `,"other":"x"`, "", 1)
	updated := update(t, s, "core/v1:ConfigMap", created, shorter)
	state := read(t, updated.GetProperties())
	if _, left := object.Get(state, "data", "other"); left || object.GetString(state, "data", "k") != "two" {
		t.Errorf("after the update: %v", state["data"])
	}
	if got := diff(t, s, "core/v1:ConfigMap", updated.GetProperties(), shorter); got.GetChanges() != pulumirpc.DiffResponse_DIFF_NONE {
		t.Errorf("unchanged inputs differ: %v", got.GetDetailedDiff())
	}
	remove := &pulumirpc.DeleteRequest{Urn: urn("core/v1:ConfigMap"), Id: created.GetId(), Properties: updated.GetProperties()}
	if _, err := s.client.Delete(t.Context(), remove); err != nil {
		t.Fatal(err)
	}
	gone, err := s.client.Read(t.Context(), &pulumirpc.ReadRequest{Urn: urn("core/v1:ConfigMap"), Id: created.GetId()})
	if err != nil || gone.GetId() != "" {
		t.Errorf("after the deletion: %v, %v", gone, err)
	}
}

// The API server's strict validation reaches the preview.
func TestClusterPreviewIsStrict(t *testing.T) {
	t.Parallel()
	s, namespace := live(t)
	for spec, want := range map[string]string{
		`{"ports":[{"port":80}],"selektor":{}}`: "selektor",
		`{"ports":[{"port":"eighty"}]}`:         "port",
		`{"ports":[{"port":123456}]}`:           "65535",
	} {
		_, err := s.client.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn("core/v1:Service"), Preview: true, Properties: wire(t,
			fmt.Sprintf(`{"apiVersion":"v1","kind":"Service","metadata":{"name":"s","namespace":%q},"spec":%s}`, namespace, spec))})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", spec, err, want)
		}
	}
}

func TestClusterPreviewInANamespaceToCome(t *testing.T) {
	t.Parallel()
	s, _ := live(t)
	inputs := `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","namespace":"test-c-does-not-exist"}}`
	if _, err := s.client.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn("core/v1:ConfigMap"), Preview: true, Properties: wire(t, inputs)}); err != nil {
		t.Errorf("got %v", err)
	}
}

// A definition and an object of its kind in one update.
func TestClusterKindDefinedOnTheWay(t *testing.T) {
	t.Parallel()
	s, namespace := live(t)
	group := namespace + ".example.com"
	definition := fmt.Sprintf(`{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"things.%[1]s"},
		"spec":{"group":%[1]q,"scope":"Namespaced","names":{"kind":"Thing","plural":"things","singular":"thing"},
		"versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object","x_kubernetes_preserve_unknown_fields":true}}}]}}`, group)
	created := create(t, s, "apiextensions.k8s.io/v1:CustomResourceDefinition", definition)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if _, err := s.client.Delete(ctx, &pulumirpc.DeleteRequest{Urn: urn("apiextensions.k8s.io/v1:CustomResourceDefinition"), Id: created.GetId()}); err != nil {
			t.Errorf("remove the definition: %v", err)
		}
	})
	create(t, s, group+"/v1:Thing", fmt.Sprintf(`{"apiVersion":"%s/v1","kind":"Thing","metadata":{"name":"t","namespace":%q}}`, group, namespace))
}

// A Deployment that cannot start is warned about at its progress deadline, and
// fails at the resource's own timeout, with the pod's reason.
func TestClusterRolloutFailsAtItsTimeout(t *testing.T) {
	t.Parallel()
	const timeout = 20 * time.Second
	s, namespace := live(t)
	started := time.Now()
	_, err := s.client.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn("apps/v1:Deployment"), Timeout: timeout.Seconds(), Properties: wire(t, fmt.Sprintf(
		`{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d","namespace":%q},
		"spec":{"progressDeadlineSeconds":5,"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},
		"spec":{"containers":[{"name":"c","image":"localhost/does-not-exist:1","imagePullPolicy":"Never"}]}}}}`, namespace))})
	elapsed := time.Since(started)
	reasons := strings.Join(initFailure(t, err).GetReasons(), "\n")
	warnings := strings.Join(s.said.Warnings(), "\n")
	for _, want := range []string{"ProgressDeadlineExceeded", "ErrImageNeverPull"} {
		if !strings.Contains(reasons, want) || !strings.Contains(warnings, want) {
			t.Errorf("%s: the reasons are:\n%s\nthe warnings:\n%s", want, reasons, warnings)
		}
	}
	if elapsed < timeout || elapsed > timeout+15*time.Second {
		t.Errorf("it took %s", elapsed)
	}
}

// A resource that gets the annotation later changes its field manager, and what
// leaves the program afterwards leaves the object.
func TestClusterChangeOfTheFieldManager(t *testing.T) {
	t.Parallel()
	s, namespace := live(t)
	inputs := func(annotations, data string) string {
		return fmt.Sprintf(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","namespace":%q%s},"data":{%s}}`, namespace, annotations, data)
	}
	const note = `,"annotations":{"pulumi.com/patchFieldManager":"ours"}`
	state := create(t, s, "core/v1:ConfigMap", inputs("", `"k":"v","other":"x"`))
	for _, next := range []string{inputs(note, `"k":"v","other":"x"`), inputs(note, `"k":"v"`)} {
		state.Properties = update(t, s, "core/v1:ConfigMap", state, next).GetProperties()
	}
	after := read(t, state.GetProperties())
	if _, left := object.Get(after, "data", "other"); left || object.GetString(after, keyFieldManager) != "ours" {
		t.Errorf("got %v, managed by %q", after["data"], object.GetString(after, keyFieldManager))
	}
}

// Fields of another owner are not taken without being asked to.
func TestClusterConflict(t *testing.T) {
	t.Parallel()
	s, namespace := live(t)
	inputs := func(value, annotations string) string {
		return fmt.Sprintf(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","namespace":%q,"annotations":{%s}},"data":{"k":%q}}`, namespace, annotations, value)
	}
	create(t, s, "core/v1:ConfigMap", inputs("one", `"pulumi.com/patchFieldManager":"somebody"`))
	_, err := s.client.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn("core/v1:ConfigMap"), Properties: wire(t, inputs("two", ""))})
	if err == nil || !strings.Contains(err.Error(), "somebody") || !strings.Contains(err.Error(), "pulumi.com/patchForce") {
		t.Errorf("got %v", err)
	}
	create(t, s, "core/v1:ConfigMap", inputs("two", `"pulumi.com/patchForce":"true"`))
}
