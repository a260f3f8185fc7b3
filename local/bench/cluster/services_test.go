package cluster

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/diff"

	"github.com/vllm-eks/vllm-eks/local/bench/policy"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

var settings = Settings{
	Model: "meta-llama/Llama-3.1-8B-Instruct", GPU: "A10G", MaxModelLen: 16384, Min: 1, Max: 7,
	ColdStart: 90 * time.Second, Scrape: 15 * time.Second, TimeScale: 1,
}

// The compared services differ in their names and their scalers only.
func TestServicesDifferOnlyInTheirScaler(t *testing.T) {
	policies, err := settings.Policies()
	if err != nil {
		t.Fatal(err)
	}
	if len(policies) < 8 {
		t.Fatalf("%d policies, want eight", len(policies))
	}
	anonymous := func(name string) string {
		objects, err := settings.objects(name)
		if err != nil {
			t.Fatal(err)
		}
		var text bytes.Buffer
		for _, o := range objects {
			fields, err := unstructuredOf(o.Object)
			if err != nil {
				t.Fatal(err)
			}
			if fields["kind"] == "ScaledObject" || fields["kind"] == "HorizontalPodAutoscaler" {
				t.Errorf("%s has a scaler of its own", name)
			}
			encoder := json.NewEncoder(&text)
			encoder.SetIndent("", " ")
			if err := encoder.Encode(fields); err != nil {
				t.Fatal(err)
			}
		}
		return strings.ReplaceAll(text.String(), `"`+name+`"`, `"the-service"`)
	}
	want := anonymous(policies[0].Name)
	for _, p := range policies[1:] {
		if got := anonymous(p.Name); got != want {
			t.Errorf("the objects of %s differ from those of %s: %s", p.Name, policies[0].Name, diff.Diff(want, got))
		}
	}
	for _, p := range policies {
		o := settings.scaler(p)
		if (o == nil) != (p.Static != "") {
			t.Errorf("%s: scaler %v", p.Name, o)
		}
		if o == nil {
			continue
		}
		read, err := policy.Read(o, settings.service(p.Name))
		if err != nil || len(read.Triggers) != len(p.Triggers) {
			t.Errorf("%s: read its scaler as %+v, %v", p.Name, read, err)
		}
	}
}

// In scaled time the intervals of a service are shorter, and the policies stay the same.
func TestScaledTime(t *testing.T) {
	quick := settings
	quick.TimeScale = 3
	slow := settings.faster(settings.spec("one", serving.Scaling{}))
	fast := quick.faster(quick.spec("one", serving.Scaling{}))
	if got, want := fast.Lifecycle.DrainSeconds, slow.Lifecycle.DrainSeconds/3; got != want {
		t.Errorf("drains for %d s, want %d", got, want)
	}
	if got, want := fast.Monitoring.IntervalSeconds, slow.Monitoring.IntervalSeconds/3; got != want {
		t.Errorf("scraped every %d s, want %d", got, want)
	}
	// Ready after a third of the time, with the rest of a pod's start.
	if got, want := float64(quick.loadSeconds())/3+podStart.Seconds(), (settings.ColdStart+podStart).Seconds()/3; math.Abs(got-want) > 0.5 {
		t.Errorf("ready after %.1f s, want %.1f", got, want)
	}
	ours, err := settings.Policies()
	if err != nil {
		t.Fatal(err)
	}
	same, err := quick.Policies()
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(ours, same) {
		t.Errorf("the policies are %+v, want %+v", same, ours)
	}
}

// The first policy is the default of VLLMService: three triggers with the targets of sizing.
func TestTheFirstPolicyIsTheDefault(t *testing.T) {
	policies, err := settings.Policies()
	if err != nil {
		t.Fatal(err)
	}
	estimate, err := settings.Estimate()
	if err != nil {
		t.Fatal(err)
	}
	ours := policies[0]
	if ours.Name != policy.Default || len(ours.Triggers) != 3 || ours.Triggers[0].Signal != policy.Requests || ours.Triggers[0].Target != float64(estimate.Serving.Target) {
		t.Errorf("got %+v, want three triggers, the first on requests with target %d", ours, estimate.Serving.Target)
	}
}

func TestMeanReplicas(t *testing.T) {
	each, err := settings.RequestsPerReplica(1155, 211)
	if err != nil {
		t.Fatal(err)
	}
	for rate, want := range map[float64]int{0: 1, 0.99 * each: 1, 1.01 * each: 2, 3.5 * each: 4, 100 * each: 7} {
		if got := settings.MeanReplicas(rate, each); got != want {
			t.Errorf("%.2f requests/s: %d replicas, want %d", rate, got, want)
		}
	}
	if longer, err := settings.RequestsPerReplica(3*1155, 211); err != nil || longer >= each/2 {
		t.Errorf("with prompts three times as long a replica serves %.2f requests/s, %v; want less than half of %.2f", longer, err, each)
	}
}
