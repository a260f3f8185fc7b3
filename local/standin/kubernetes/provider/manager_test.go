package provider

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	clienttesting "k8s.io/client-go/testing"

	"github.com/vllm-eks/vllm-eks/local/standin/kubernetes/object"
)

const (
	plainInputs     = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","namespace":"n"},"data":{"k":"v"}}`
	annotatedInputs = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","namespace":"n","annotations":{"pulumi.com/patchFieldManager":"ours"}},"data":{"k":"v"}}`
)

var randomManager = regexp.MustCompile(`^pulumi-kubernetes-[0-9a-f]{8}$`)

// patches are the server-side applies that a cluster in memory has got.
func patches(s *stack) []clienttesting.PatchActionImpl {
	var out []clienttesting.PatchActionImpl
	for _, action := range s.cluster.Actions() {
		if patch, ok := action.(clienttesting.PatchActionImpl); ok {
			out = append(out, patch)
		}
	}
	return out
}

func TestTheAnnotationNamesTheFieldManager(t *testing.T) {
	s := start(t)
	created := create(t, s, "core/v1:ConfigMap", annotatedInputs)
	updated := update(t, s, "core/v1:ConfigMap", created, strings.Replace(annotatedInputs, `"v"`, `"w"`, 1))
	refreshed, err := s.client.Read(t.Context(), &pulumirpc.ReadRequest{
		Urn: urn("core/v1:ConfigMap"), Id: "n/c", Properties: updated.GetProperties(), Inputs: wire(t, annotatedInputs),
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.client.Delete(t.Context(), &pulumirpc.DeleteRequest{
		Urn: urn("core/v1:ConfigMap"), Id: "n/c", Properties: refreshed.GetProperties(),
	}); err != nil {
		t.Fatal(err)
	}
	again := create(t, s, "core/v1:ConfigMap", annotatedInputs)
	for _, state := range []*pulumirpc.CreateResponse{created, {Properties: updated.GetProperties()}, {Properties: refreshed.GetProperties()}, again} {
		if got := object.GetString(read(t, state.GetProperties()), keyFieldManager); got != "ours" {
			t.Errorf("the state names the manager %q", got)
		}
	}
	all := patches(s)
	if len(all) != 3 || slices.ContainsFunc(all, func(p clienttesting.PatchActionImpl) bool { return p.PatchOptions.FieldManager != "ours" }) {
		t.Errorf("applied as %v", all)
	}
}

func TestARandomFieldManagerLivesInTheState(t *testing.T) {
	s := start(t)
	created := create(t, s, "core/v1:ConfigMap", plainInputs)
	name := object.GetString(read(t, created.GetProperties()), keyFieldManager)
	other := object.GetString(read(t, create(t, s, "core/v1:ConfigMap", plainInputs).GetProperties()), keyFieldManager)
	if !randomManager.MatchString(name) || !randomManager.MatchString(other) || name == other {
		t.Errorf("the managers of two creations are %q and %q", name, other)
	}
	updated := update(t, s, "core/v1:ConfigMap", created, strings.Replace(plainInputs, `"v"`, `"w"`, 1))
	refreshed, err := s.client.Read(t.Context(), &pulumirpc.ReadRequest{
		Urn: urn("core/v1:ConfigMap"), Id: "n/c", Properties: updated.GetProperties(), Inputs: wire(t, plainInputs),
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := object.GetString(read(t, refreshed.GetProperties()), keyFieldManager); got != name {
		t.Errorf("after an update and a refresh the manager is %q, not %q", got, name)
	}
	if last := patches(s)[2]; last.PatchOptions.FieldManager != name {
		t.Errorf("updated as %q, not %q", last.PatchOptions.FieldManager, name)
	}
}

// Once the annotation comes, the former manager gives its fields up.
func TestTheFormerFieldManagerGivesUp(t *testing.T) {
	s := start(t)
	created := create(t, s, "core/v1:ConfigMap", plainInputs)
	former := object.GetString(read(t, created.GetProperties()), keyFieldManager)
	update(t, s, "core/v1:ConfigMap", created, annotatedInputs)
	all := patches(s)
	if len(all) != 3 || all[1].PatchOptions.FieldManager != "ours" || all[2].PatchOptions.FieldManager != former {
		t.Fatalf("applied %v", all)
	}
	const identity = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","namespace":"n"}}`
	if got := string(all[2].GetPatch()); got != identity {
		t.Errorf("the former manager keeps %s", got)
	}
}

// The preview of a replacement meets the object to be replaced, which belongs
// to another random manager; a real creation asks for the annotation.
func TestOnlyThePreviewOfACreationForces(t *testing.T) {
	s := start(t)
	for _, preview := range []bool{true, false} {
		if _, err := s.client.Create(t.Context(), &pulumirpc.CreateRequest{
			Urn: urn("core/v1:ConfigMap"), Properties: wire(t, plainInputs), Preview: preview,
		}); err != nil {
			t.Fatal(err)
		}
	}
	all := patches(s)
	if len(all) != 2 || !*all[0].PatchOptions.Force || *all[1].PatchOptions.Force {
		t.Errorf("applied %v", all)
	}
}

func TestAnObjectThatIsBeingDeletedIsNotTakenOver(t *testing.T) {
	s := start(t)
	s.cluster.PrependReactor("get", "configmaps", func(clienttesting.Action) (bool, runtime.Object, error) {
		leaving := &unstructured.Unstructured{}
		leaving.SetNamespace("n")
		leaving.SetName("c")
		now := metav1.Now()
		leaving.SetDeletionTimestamp(&now)
		return true, leaving, nil
	})
	_, err := s.client.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn("core/v1:ConfigMap"), Properties: wire(t, plainInputs)})
	if err == nil || !strings.Contains(err.Error(), "ConfigMap n/c is still being deleted") || len(patches(s)) != 0 {
		t.Errorf("got %v after %v", err, patches(s))
	}
}
