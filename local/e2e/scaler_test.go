//go:build cluster || faults

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"testing"
)

// promSample is one series of a query's result.
type promSample struct {
	Metric map[string]string
	Value  []any // its time, and its value as a string
}

// askPrometheus returns the number of series of a query.
func askPrometheus(t *testing.T, query string) (int, error) {
	t.Helper()
	samples, err := samplesOf(t, query)
	return len(samples), err
}

// samplesOf returns the series of a query.
func samplesOf(t *testing.T, query string) ([]promSample, error) {
	t.Helper()
	var answer struct {
		Data struct{ Result []promSample }
	}
	err := getPrometheus(t, "query?query="+url.QueryEscape(query), &answer)
	return answer.Data.Result, err
}

// getPrometheus reads a path of Prometheus' API.
func getPrometheus(t *testing.T, path string, answer any) error {
	t.Helper()
	address := kubectl(t, "--namespace=monitoring", "get", "service", "kps-prometheus", "--output=jsonpath={.spec.clusterIP}")
	response, err := fresh.Get("http://" + address + ":9090/api/v1/" + path)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("prometheus answers %s", response.Status)
	}
	return json.NewDecoder(response.Body).Decode(answer)
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
