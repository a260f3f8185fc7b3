//go:build cluster || faults

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"testing"
)

// askPrometheus returns the number of series of a query.
func askPrometheus(t *testing.T, query string) (int, error) {
	t.Helper()
	address := kubectl(t, "--namespace=monitoring", "get", "service", "kps-prometheus", "--output=jsonpath={.spec.clusterIP}")
	response, err := fresh.Get("http://" + address + ":9090/api/v1/query?query=" + url.QueryEscape(query))
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	var answer struct {
		Data struct{ Result []json.RawMessage }
	}
	if response.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("prometheus answers %s", response.Status)
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return 0, err
	}
	return len(answer.Data.Result), nil
}

// awaitScaledObject waits until KEDA has accepted an object and can read its metrics.
func awaitScaledObject(t *testing.T, namespace, name string) {
	t.Helper()
	kubectl(t, "--namespace="+namespace, "wait", "--for=condition=Ready", "--timeout=90s", "scaledobject/"+name)
	awaitAutoscaler(t, namespace, "keda-hpa-"+name)
}

// awaitAutoscaler waits until Kubernetes' autoscaler can compute a number from its metrics.
func awaitAutoscaler(t *testing.T, namespace, name string) {
	t.Helper()
	kubectl(t, "--namespace="+namespace, "wait", "--for=condition=ScalingActive", "--timeout=110s", "hpa/"+name)
}
