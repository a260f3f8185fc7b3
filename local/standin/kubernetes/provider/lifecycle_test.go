package provider

import (
	"errors"
	"slices"
	"strings"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clienttesting "k8s.io/client-go/testing"

	"github.com/vllm-eks/vllm-eks/local/standin/kubernetes/object"
)

const secretInputs = `{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s","namespace":"n"},"data":{"secret":{"token":"Y2FuYXJ5"}}}`

func create(t *testing.T, s *stack, kind, inputs string) *pulumirpc.CreateResponse {
	t.Helper()
	response, err := s.client.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn(kind), Properties: wire(t, inputs)})
	if err != nil {
		t.Fatal(err)
	}
	return response
}

func update(t *testing.T, s *stack, kind string, from *pulumirpc.CreateResponse, inputs string) *pulumirpc.UpdateResponse {
	t.Helper()
	response, err := s.client.Update(t.Context(), &pulumirpc.UpdateRequest{
		Urn: urn(kind), Id: from.GetId(), Olds: from.GetProperties(), News: wire(t, inputs),
	})
	if err != nil {
		t.Fatal(err)
	}
	return response
}

func diff(t *testing.T, s *stack, kind string, state *structpb.Struct, inputs string) *pulumirpc.DiffResponse {
	t.Helper()
	response, err := s.client.Diff(t.Context(), &pulumirpc.DiffRequest{Urn: urn(kind), Olds: state, News: wire(t, inputs)})
	if err != nil {
		t.Fatal(err)
	}
	return response
}

func TestLifecycle(t *testing.T) {
	s := start(t)
	created := create(t, s, "core/v1:Secret", secretInputs)
	state := read(t, created.GetProperties())
	if created.GetId() != "n/s" || !state["data"].IsSecret() {
		t.Errorf("id %q, data %v", created.GetId(), state["data"])
	}
	if inputs, _ := object.Get(state, keyInputs); !inputs.ObjectValue()["data"].IsSecret() {
		t.Error("the recorded inputs are in clear")
	}
	if manager := object.GetString(state, keyFieldManager); !strings.HasPrefix(manager, "pulumi-kubernetes-") {
		t.Errorf("the field manager is %q", manager)
	}
	if got := diff(t, s, "core/v1:Secret", created.GetProperties(), secretInputs); got.GetChanges() != pulumirpc.DiffResponse_DIFF_NONE {
		t.Errorf("unchanged inputs differ: %v", got.GetDetailedDiff())
	}

	changed := strings.Replace(secretInputs, "Y2FuYXJ5", "b3RoZXI=", 1)
	updated := update(t, s, "core/v1:Secret", created, changed)
	if got := object.GetString(read(t, updated.GetProperties()), "data", "token"); got != "b3RoZXI=" {
		t.Errorf("after the update the token is %q", got)
	}
	refreshed, err := s.client.Read(t.Context(), &pulumirpc.ReadRequest{Urn: urn("core/v1:Secret"), Id: "n/s", Properties: created.GetProperties(), Inputs: wire(t, secretInputs)})
	if err != nil {
		t.Fatal(err)
	}
	if got := object.GetString(read(t, refreshed.GetInputs()), "data", "token"); got != "b3RoZXI=" {
		t.Errorf("the refresh does not see the drift: %q", got)
	}

	remove := &pulumirpc.DeleteRequest{Urn: urn("core/v1:Secret"), Id: "n/s", Properties: updated.GetProperties()}
	for _, what := range []string{"the object", "nothing"} {
		if _, err := s.client.Delete(t.Context(), remove); err != nil {
			t.Errorf("deleting %s: %v", what, err)
		}
	}
	gone, err := s.client.Read(t.Context(), &pulumirpc.ReadRequest{Urn: urn("core/v1:Secret"), Id: "n/s", Inputs: wire(t, secretInputs)})
	if err != nil || gone.GetId() != "" {
		t.Errorf("reading nothing: %v, %v", gone, err)
	}
	if strings.Contains(s.said.All(), "canary") || strings.Contains(s.said.All(), "Y2FuYXJ5") {
		t.Errorf("the secret was logged: %s", s.said.All())
	}
}

func TestImportTakesTheObjectWithoutWhatTheServerWrote(t *testing.T) {
	s := start(t)
	create(t, s, "core/v1:ConfigMap", `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","namespace":"n"},"data":{"k":"v"}}`)
	got, err := s.client.Read(t.Context(), &pulumirpc.ReadRequest{Urn: urn("core/v1:ConfigMap"), Id: "n/c"})
	if err != nil {
		t.Fatal(err)
	}
	inputs := read(t, got.GetInputs())
	if uid, ok := object.Get(inputs, "metadata", "uid"); ok || object.GetString(inputs, "data", "k") != "v" {
		t.Errorf("got %v (uid %v)", inputs, uid)
	}
}

func TestDiffDecidesAboutReplacement(t *testing.T) {
	const deployment = `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d","namespace":"n"},` +
		`"spec":{"selector":{"matchLabels":{"a":"b"}},"template":{"spec":{"containers":[{"name":"c","image":"i:1"}]}}}}`
	s := start(t)
	inputs := wire(t, deployment)
	state := &structpb.Struct{Fields: inputs.GetFields()}
	state.Fields[keyInputs] = structpb.NewStructValue(wire(t, deployment))

	image := diff(t, s, "apps/v1:Deployment", state, strings.Replace(deployment, "i:1", "i:2", 1))
	change := image.GetDetailedDiff()["spec.template.spec.containers[0].image"]
	if change.GetKind() != pulumirpc.PropertyDiff_UPDATE || !change.GetInputDiff() || len(image.GetDetailedDiff()) != 1 {
		t.Errorf("an image: %v", image.GetDetailedDiff())
	}
	if len(image.GetReplaces()) != 0 || image.GetDeleteBeforeReplace() || !slices.Equal(image.GetDiffs(), []string{"spec"}) {
		t.Errorf("an image: %v", image)
	}
	selector := diff(t, s, "apps/v1:Deployment", state, strings.Replace(deployment, `"a":"b"`, `"a":"c"`, 1))
	if !slices.Equal(selector.GetReplaces(), []string{"spec.selector.matchLabels.a"}) || !selector.GetDeleteBeforeReplace() {
		t.Errorf("a selector under a fixed name: %v", selector)
	}
	automatic := strings.Replace(deployment, `"name":"d"`, `"name":"d","annotations":{"pulumi.com/autonamed":"true"}`, 1)
	beside := diff(t, s, "apps/v1:Deployment", state, strings.Replace(automatic, `"a":"b"`, `"a":"c"`, 1))
	if len(beside.GetReplaces()) == 0 || beside.GetDeleteBeforeReplace() {
		t.Errorf("a selector under an automatic name: %v", beside)
	}
	moved := diff(t, s, "apps/v1:Deployment", state, strings.Replace(deployment, `"namespace":"n"`, `"namespace":"m"`, 1))
	if !slices.Equal(moved.GetReplaces(), []string{"metadata.namespace"}) || moved.GetDeleteBeforeReplace() {
		t.Errorf("another namespace: %v", moved)
	}
}

func TestPreviewCreatesNothing(t *testing.T) {
	s := start(t)
	for _, inputs := range []string{secretInputs, strings.Replace(secretInputs, `"n"`, `{"unknown":true}`, 1)} {
		response, err := s.client.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn("core/v1:Secret"), Properties: wire(t, inputs), Preview: true})
		if err != nil || response.GetId() != "" {
			t.Fatalf("got %v, %v", response, err)
		}
		if !read(t, response.GetProperties())["data"].IsSecret() {
			t.Error("the previewed contents are in clear")
		}
	}
	for _, action := range s.cluster.Actions() {
		patch, ok := action.(clienttesting.PatchActionImpl)
		if action.GetVerb() != "patch" || !ok || !slices.Equal(patch.PatchOptions.DryRun, []string{"All"}) {
			t.Errorf("the preview did %s on %s", action.GetVerb(), action.GetResource().Resource)
		}
		if ok && patch.PatchOptions.FieldValidation != "Strict" {
			t.Errorf("field validation is %q", patch.PatchOptions.FieldValidation)
		}
	}
}

// What the server refuses fails the preview, without the value that it quotes.
func TestPreviewShowsARefusal(t *testing.T) {
	s := start(t)
	s.cluster.PrependReactor("patch", "secrets", func(clienttesting.Action) (bool, runtime.Object, error) {
		return true, nil, apierrors.NewBadRequest(`.data.token: expected map, got "Y2FuYXJ5" which is canary`)
	})
	_, err := s.client.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn("core/v1:Secret"), Properties: wire(t, secretInputs), Preview: true})
	if err == nil || !strings.Contains(err.Error(), "would refuse Secret s") || strings.Contains(err.Error(), "Y2FuYXJ5") || strings.Contains(err.Error(), "canary") {
		t.Errorf("got %v", err)
	}
}

// An admission controller's refusal is one; a user who may not ask is not.
func TestPreviewWithoutPermission(t *testing.T) {
	s := start(t)
	secrets := schema.GroupResource{Resource: "secrets"}
	refusal := apierrors.NewForbidden(secrets, "s", errors.New("exceeded quota"))
	s.cluster.PrependReactor("patch", "secrets", func(clienttesting.Action) (bool, runtime.Object, error) { return true, nil, refusal })
	preview := func() error {
		_, err := s.client.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn("core/v1:Secret"), Properties: wire(t, secretInputs), Preview: true})
		return err
	}
	if err := preview(); err == nil || !strings.Contains(err.Error(), "exceeded quota") {
		t.Errorf("admission: got %v", err)
	}
	refusal = apierrors.NewForbidden(secrets, "s", errors.New(`User "u" cannot patch resource "secrets" in API group ""`))
	if err := preview(); err != nil {
		t.Errorf("authorization: got %v", err)
	}
}

// An object that exists but is not ready goes into the state with the reasons.
func TestNotReadyKeepsTheState(t *testing.T) {
	s := start(t)
	_, err := s.client.Create(t.Context(), &pulumirpc.CreateRequest{
		Urn: urn("core/v1:PersistentVolumeClaim"), Timeout: 0.05,
		Properties: wire(t, `{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"c","namespace":"n"}}`),
	})
	failed := initFailure(t, err)
	if failed.GetId() != "n/c" || read(t, failed.GetProperties())["kind"].StringValue() != "PersistentVolumeClaim" {
		t.Errorf("the state is %v", failed)
	}
	if len(failed.GetReasons()) == 0 || !strings.Contains(failed.GetReasons()[0], "the claim is Pending") {
		t.Errorf("the reasons are %q", failed.GetReasons())
	}
}

func TestCancelEndsAWait(t *testing.T) {
	s := start(t)
	done := make(chan error, 1)
	s.cluster.PrependReactor("get", "persistentvolumeclaims", func(clienttesting.Action) (bool, runtime.Object, error) {
		go func() { _, _ = s.client.Cancel(t.Context(), nil) }()
		return false, nil, nil
	})
	go func() {
		_, err := s.client.Create(t.Context(), &pulumirpc.CreateRequest{
			Urn: urn("core/v1:PersistentVolumeClaim"), Timeout: 60,
			Properties: wire(t, `{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"c","namespace":"n"}}`),
		})
		done <- err
	}()
	if err := <-done; err == nil {
		t.Error("the wait ended without an error")
	}
}

func TestTakingOverIsSaid(t *testing.T) {
	s := start(t)
	create(t, s, "core/v1:Secret", secretInputs)
	create(t, s, "core/v1:Secret", secretInputs)
	if !strings.Contains(s.said.All(), "Secret n/s existed already; this stack takes it over") {
		t.Errorf("said %q", s.said.All())
	}
}

func TestUpdateOfALostObject(t *testing.T) {
	s := start(t)
	_, err := s.client.Update(t.Context(), &pulumirpc.UpdateRequest{Urn: urn("core/v1:Secret"), Id: "n/s", News: wire(t, secretInputs)})
	if err == nil || !strings.Contains(err.Error(), "--refresh") {
		t.Errorf("got %v", err)
	}
}
