package cluster

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/local/bench/policy"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

var settings = Settings{
	Model: "meta-llama/Llama-3.1-8B-Instruct", GPU: "A10G", MaxModelLen: 16384, Min: 1, Max: 7,
	ColdStart: 90 * time.Second, Scrape: 15 * time.Second, TimeScale: 1,
}

// The services that are compared differ in their names and their scalers, and
// in nothing else.
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
		var all bytes.Buffer
		for _, o := range objects {
			fields, err := unstructuredOf(o.Object)
			if err != nil {
				t.Fatal(err)
			}
			if fields["kind"] == "ScaledObject" || fields["kind"] == "HorizontalPodAutoscaler" {
				t.Errorf("%s brings a scaler of its own", name)
			}
			if err := json.NewEncoder(&all).Encode(fields); err != nil {
				t.Fatal(err)
			}
		}
		return strings.ReplaceAll(all.String(), `"`+name+`"`, `"the-service"`)
	}
	first := anonymous(policies[0].Name)
	for _, p := range policies[1:] {
		if got := anonymous(p.Name); got != first {
			t.Errorf("the objects of %s differ from those of %s: %s", p.Name, policies[0].Name, difference(got, first))
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
			t.Errorf("%s: its scaler reads as %+v, %v", p.Name, read, err)
		}
	}
}

// In quicker time a service differs in its times only, all of which are
// shorter, and in none that the default policy is derived from.
func TestQuickerTime(t *testing.T) {
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
	// Ready after a third of the time, with what a pod takes beside its load.
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

// Ours is what VLLMService renders by default: three triggers with the targets
// that sizing derives.
func TestOursIsTheDefault(t *testing.T) {
	policies, err := settings.Policies()
	if err != nil {
		t.Fatal(err)
	}
	estimate, err := settings.Estimate()
	if err != nil {
		t.Fatal(err)
	}
	ours := policies[0]
	if ours.Name != policy.Ours || len(ours.Triggers) != 3 || ours.Triggers[0].Signal != policy.Requests || ours.Triggers[0].Target != float64(estimate.Serving.Target) {
		t.Errorf("got %+v, want three triggers, the first on requests with target %d", ours, estimate.Serving.Target)
	}
}

func TestMeanEngines(t *testing.T) {
	each, err := settings.RequestsPerEngine(1155, 211)
	if err != nil {
		t.Fatal(err)
	}
	for rate, want := range map[float64]int{0: 1, 0.99 * each: 1, 1.01 * each: 2, 3.5 * each: 4, 100 * each: 7} {
		if got := settings.MeanEngines(rate, each); got != want {
			t.Errorf("%.2f requests/s: %d engines, want %d", rate, got, want)
		}
	}
	if longer, err := settings.RequestsPerEngine(3*1155, 211); err != nil || longer >= each/2 {
		t.Errorf("with prompts three times as long an engine takes %.2f requests/s, %v; want less than half of %.2f", longer, err, each)
	}
}

// difference is where two texts part.
func difference(got, want string) string {
	i := 0
	for i < min(len(got), len(want)) && got[i] == want[i] {
		i++
	}
	from := max(0, i-60)
	return got[from:min(len(got), i+60)] + " instead of " + want[from:min(len(want), i+60)]
}
