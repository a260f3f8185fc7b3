package await

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var storageClassKind = schema.GroupVersionKind{Group: "storage.k8s.io", Version: "v1", Kind: "StorageClass"}

func checkClaim(ctx context.Context, reader Reader, live *unstructured.Unstructured) Status {
	late := false
	if name := text(live, "spec", "storageClassName"); name != "" {
		if class, err := reader.Get(ctx, storageClassKind, "", name); err == nil {
			late = text(class, "volumeBindingMode") == "WaitForFirstConsumer"
		}
	}
	return claimStatus(live, late)
}

// claimStatus takes an unbound claim as ready when its class binds late: the
// pod that will use it comes after it.
func claimStatus(claim *unstructured.Unstructured, bindsLate bool) Status {
	switch phase := text(claim, "status", "phase"); {
	case phase == "Bound", phase == "Pending" && bindsLate:
		return ready()
	case phase == "Lost":
		return failed("the volume behind the claim is lost")
	default:
		return pending("the claim is %s", orDefault(phase, "Pending"))
	}
}

func checkVolume(_ context.Context, _ Reader, live *unstructured.Unstructured) Status {
	switch phase := text(live, "status", "phase"); phase {
	case "Available", "Bound":
		return ready()
	case "Failed":
		return failed("the volume failed: %s", text(live, "status", "message"))
	default:
		return pending("the volume is %s", orDefault(phase, "Pending"))
	}
}

func checkNamespace(_ context.Context, _ Reader, live *unstructured.Unstructured) Status {
	switch phase := text(live, "status", "phase"); phase {
	case "Active":
		return ready()
	case "Terminating":
		return failed("the namespace is being deleted")
	default:
		return pending("the namespace is not active yet")
	}
}

func checkDefinition(_ context.Context, _ Reader, live *unstructured.Unstructured) Status {
	if names, ok := findCondition(live, "NamesAccepted"); ok && names.Status == "False" {
		return failed("the API server refuses the names of the kind: %s", names)
	}
	if hasCondition(live, "Established") {
		return ready()
	}
	return pending("the kind is not served yet")
}

// checkSecret waits for the token of a service account, which a controller
// fills in; any other Secret is complete as it is.
func checkSecret(_ context.Context, _ Reader, live *unstructured.Unstructured) Status {
	data, _, _ := unstructured.NestedMap(live.Object, "data")
	if text(live, "type") == "kubernetes.io/service-account-token" && len(data) == 0 {
		return pending("no controller has filled in the token yet")
	}
	return ready()
}

func checkQuota(_ context.Context, _ Reader, live *unstructured.Unstructured) Status {
	wanted, _, _ := unstructured.NestedMap(live.Object, "spec", "hard")
	seen, _, _ := unstructured.NestedMap(live.Object, "status", "hard")
	for key, value := range wanted {
		if !sameAmount(value, seen[key]) {
			return pending("the quota for %s is not in force yet", key)
		}
	}
	return ready()
}

func sameAmount(a, b any) bool {
	if b == nil {
		return false
	}
	first, err := resource.ParseQuantity(fmt.Sprint(a))
	if err != nil {
		return false
	}
	second, err := resource.ParseQuantity(fmt.Sprint(b))
	return err == nil && first.Cmp(second) == 0
}
