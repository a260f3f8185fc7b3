package await

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var sliceKind = schema.GroupVersionKind{Group: "discovery.k8s.io", Version: "v1", Kind: "EndpointSlice"}

func checkService(ctx context.Context, reader Reader, live *unstructured.Unstructured) Status {
	if !needsEndpoints(live) {
		return loadBalancerStatus(live)
	}
	found, err := reader.List(ctx, sliceKind, live.GetNamespace(), metav1.ListOptions{
		LabelSelector: labels.Set{"kubernetes.io/service-name": live.GetName()}.String(),
	})
	if err != nil {
		return pending("cannot read the endpoints: %v", err)
	}
	status := endpointStatus(found)
	if status.State != Ready {
		return withSelected(ctx, reader, live, status)
	}
	return loadBalancerStatus(live)
}

// withSelected adds the pods that a Service is meant for.
func withSelected(ctx context.Context, reader Reader, service *unstructured.Unstructured, status Status) Status {
	selector := selectorOf(service)
	if selector == "" {
		return status
	}
	pods, err := reader.List(ctx, podKind, service.GetNamespace(), metav1.ListOptions{LabelSelector: selector})
	if err == nil && len(pods) == 0 {
		status.Message = "no pod matches the selector"
	}
	status.Pods = pods
	return status
}

// needsEndpoints excludes the Services that the real provider does not wait
// for: headless, or a mere DNS alias. One without a selector is waited for,
// since its endpoints have to come from somewhere.
func needsEndpoints(service *unstructured.Unstructured) bool {
	return text(service, "spec", "type") != "ExternalName" && text(service, "spec", "clusterIP") != "None"
}

func endpointStatus(slices []unstructured.Unstructured) Status {
	total := 0
	for i := range slices {
		endpoints, _, _ := unstructured.NestedSlice(slices[i].Object, "endpoints")
		for _, item := range endpoints {
			endpoint, ok := item.(map[string]any)
			if !ok {
				continue
			}
			total++
			// An absent condition counts as ready, by the API's definition.
			if isReady, found, err := unstructured.NestedBool(endpoint, "conditions", "ready"); err == nil && (!found || isReady) {
				return ready()
			}
		}
	}
	if total == 0 {
		return pending("no pod behind it yet")
	}
	return pending("none of the %d pods behind it is ready", total)
}

func loadBalancerStatus(service *unstructured.Unstructured) Status {
	if text(service, "spec", "type") != "LoadBalancer" {
		return ready()
	}
	return balancerAddress(service)
}

// balancerAddress is also what makes an Ingress usable.
func balancerAddress(obj *unstructured.Unstructured) Status {
	addresses, _, _ := unstructured.NestedSlice(obj.Object, "status", "loadBalancer", "ingress")
	if len(addresses) == 0 {
		return pending("no load balancer has given it an address yet")
	}
	return ready()
}

func checkIngress(_ context.Context, _ Reader, live *unstructured.Unstructured) Status {
	return balancerAddress(live)
}
