package policy

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

var service = Service{Namespace: "bench", Name: "chat", Min: 1, Max: 7, PrometheusURL: "http://prometheus:9090"}

// Read returns the policy that rendered an object.
func TestReadReturnsTheRenderedPolicy(t *testing.T) {
	for _, p := range Others() {
		if len(p.Triggers) == 0 {
			continue
		}
		read, err := Read(p.ScaledObject(service), service)
		if err != nil {
			t.Fatalf("%s: %v", p.Name, err)
		}
		read.Name = p.Name
		if !reflect.DeepEqual(read, p) {
			t.Errorf("got %+v\nwant %+v", read, p)
		}
	}
}

func TestNamesAreNamesOfServices(t *testing.T) {
	seen := map[string]bool{Default: true}
	for _, p := range Others() {
		if seen[p.Name] || strings.ContainsAny(p.Name, "._ ") || len(p.Name) > 54 {
			t.Errorf("%+v: want a unique name that a Service can have", p)
		}
		if (len(p.Triggers) == 0) != (p.Static != "") {
			t.Errorf("%s: %d triggers and the fixed number %q, want one of the two", p.Name, len(p.Triggers), p.Static)
		}
		seen[p.Name] = true
	}
}

// Read refuses what the model does not know.
func TestReadRefuses(t *testing.T) {
	set := func(value any, path ...string) func(*unstructured.Unstructured) {
		return func(o *unstructured.Unstructured) {
			triggers, _, _ := unstructured.NestedSlice(o.Object, "spec", "triggers")
			if err := unstructured.SetNestedField(triggers[0].(map[string]any), value, path...); err != nil {
				t.Fatal(err)
			}
			if err := unstructured.SetNestedSlice(o.Object, triggers, "spec", "triggers"); err != nil {
				t.Fatal(err)
			}
		}
	}
	for want, change := range map[string]func(*unstructured.Unstructured){
		"triggers[0]: query":      set("avg(up)", "metadata", "query"),
		"triggers[0]: threshold":  set("many", "metadata", "threshold"),
		"triggers[0]: metricType": set("Value", "metricType"),
		"scaleUp": func(o *unstructured.Unstructured) {
			unstructured.RemoveNestedField(o.Object, "spec", "advanced", "horizontalPodAutoscalerConfig", "behavior", "scaleUp")
		},
	} {
		o := Others()[0].ScaledObject(service)
		change(o)
		if _, err := Read(o, service); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestFasterDividesIntervals(t *testing.T) {
	p := Others()[0].Faster(3)
	if p.Up.Period != 5*time.Second || p.Down.Window != 100*time.Second || p.Down.Period != 5*time.Second || p.Down.Percent != 100 {
		t.Errorf("got %+v and %+v", p.Up, p.Down)
	}
}
