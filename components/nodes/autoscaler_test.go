package nodes

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/iampolicy/policytest"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/internal/problems/problemstest"
	"github.com/vllm-eks/vllm-eks/internal/release"
	"github.com/vllm-eks/vllm-eks/internal/stacktest"
	"github.com/vllm-eks/vllm-eks/internal/versions"
	nodespec "github.com/vllm-eks/vllm-eks/spec/nodes"
)

func recordAutoscaler(spec nodespec.AutoscalerSpec, check func(*release.Component)) (*stacktest.Recording, error) {
	return stacktest.Record("test", func(ctx *pulumi.Context) error {
		autoscaler, err := NewAutoscaler(ctx, "autoscaler", AutoscalerArgs{Spec: spec, ClusterName: pulumi.String("vllm-eks-test"), Region: "us-west-2"})
		if err != nil {
			return err
		}
		check(autoscaler)
		return nil
	})
}

func TestAutoscalerInstalled(t *testing.T) {
	if err := stacktest.Isolate(); err != nil {
		t.Fatal(err)
	}
	recording, err := recordAutoscaler(nodespec.AutoscalerSpec{Install: true, KubernetesMinor: "1.35", ServiceMonitor: true}, func(autoscaler *release.Component) {
		if len(autoscaler.Ready()) != 1 {
			t.Errorf("models wait for %d resources, want the release", len(autoscaler.Ready()))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	stacktest.Compare(t, "testdata/autoscaler.json", recording)
	for _, r := range recording.Resources() {
		if strings.HasSuffix(r.Type, ":Release") && !slices.Contains(r.DependsOn, "aws:eks/podIdentityAssociation:PodIdentityAssociation::autoscaler") {
			t.Errorf("the autoscaler waits for %q: it would start without its role", r.DependsOn)
		}
	}
}

func TestAutoscalerNotInstalled(t *testing.T) {
	recording, err := recordAutoscaler(nodespec.AutoscalerSpec{}, func(autoscaler *release.Component) {
		if autoscaler.Ready() != nil {
			t.Errorf("models wait for %v", autoscaler.Ready())
		}
	})
	if err != nil || len(recording.Resources()) != 0 {
		t.Errorf("%d resources are registered: %v", len(recording.Resources()), err)
	}
}

func TestAutoscalerValidate(t *testing.T) {
	installed := func(change func(*nodespec.AutoscalerSpec)) nodespec.AutoscalerSpec {
		s := nodespec.AutoscalerSpec{Install: true, KubernetesMinor: "1.35"}
		change(&s)
		return s
	}
	tests := []struct {
		name string
		spec nodespec.AutoscalerSpec
		want string
	}{
		{"default", nodespec.AutoscalerSpec{}, ""},
		{"installed", installed(func(*nodespec.AutoscalerSpec) {}), ""},
		{"expander", installed(func(s *nodespec.AutoscalerSpec) { s.Expander = "price" }),
			"autoscaler.expander: not supported"},
		{"long", installed(func(s *nodespec.AutoscalerSpec) { s.UnneededMinutes = 1441 }), "autoscaler.unneededMinutes: invalid"},
		{"negative", installed(func(s *nodespec.AutoscalerSpec) { s.UnneededMinutes = -1 }), "autoscaler.unneededMinutes: invalid"},
		{"minor", installed(func(s *nodespec.AutoscalerSpec) { s.KubernetesMinor = "1.20" }),
			"autoscaler.install: not supported"},
		{"values", installed(func(s *nodespec.AutoscalerSpec) { s.Values = map[string]any{"extraArgs": map[string]any{"v": 4}} }), ""},
		{"values of ours", installed(func(s *nodespec.AutoscalerSpec) {
			s.Values = map[string]any{"extraArgs": map[string]any{"expander": "random"}}
		}),
			"autoscaler.values.extraArgs.expander: forbidden"},
		{"values unused", nodespec.AutoscalerSpec{Values: map[string]any{"a": 1}}, "autoscaler.values: forbidden"},
		{"of no use", nodespec.AutoscalerSpec{Expander: "random"}, "autoscaler.expander: forbidden"},
		{"of no use either", nodespec.AutoscalerSpec{UnneededMinutes: 5}, "autoscaler.unneededMinutes: forbidden"},
	}
	for _, test := range tests {
		err := problems.Err(test.spec.WithDefaults().Validate(field.NewPath("autoscaler")))
		if got := strings.Join(problemstest.Kinds(err), ", "); got != test.want {
			t.Errorf("%s: the error is %v, want %q", test.name, err, test.want)
		}
	}
}

// TestAutoscalerFollowsKubernetes checks that the image of the autoscaler has the
// minor version of the cluster.
func TestAutoscalerFollowsKubernetes(t *testing.T) {
	for _, minor := range versions.KubernetesMinors() {
		image, _ := nodespec.AutoscalerValues(nodespec.AutoscalerSpec{KubernetesMinor: minor}, "us-west-2")["image"].(map[string]any)
		if tag, _ := image["tag"].(string); !strings.HasPrefix(tag, "v"+minor+".") {
			t.Errorf("on Kubernetes %s, the autoscaler is %q", minor, tag)
		}
	}
}

func TestAutoscalerChartKnowsItsKeys(t *testing.T) {
	values := nodespec.AutoscalerValues(nodespec.AutoscalerSpec{Install: true, KubernetesMinor: "1.35", Priorities: priorities, Labels: map[string]string{"release": "x"}}.WithDefaults(), "us-west-2")
	values["autoDiscovery"] = map[string]any{"clusterName": "c"}
	stacktest.ChartKeys(t, "testdata/cluster-autoscaler.keys", versions.ClusterAutoscaler, values)
}

var priorities = map[int][]string{10: {"^eks-g5-"}, 20: {"^eks-g5-spot-"}}

// TestPrioritiesComeBeforeTheExpander checks the values from which the chart renders
// the ConfigMap of the priority expander.
func TestPrioritiesComeBeforeTheExpander(t *testing.T) {
	for want, spec := range map[string]nodespec.AutoscalerSpec{
		"least-waste":          {Install: true},
		"priority,least-waste": {Install: true, Priorities: priorities},
		"priority,most-pods":   {Install: true, Priorities: priorities, Expander: "most-pods"},
	} {
		values := nodespec.AutoscalerValues(spec.WithDefaults(), "us-west-2")
		arguments, _ := values["extraArgs"].(map[string]any)
		if arguments["expander"] != want {
			t.Errorf("the expander is %v, want %s", arguments["expander"], want)
		}
		rendered, found := values["expanderPriorities"].(map[string]any)
		if found != (spec.Priorities != nil) {
			t.Errorf("%s: the priorities are %v", want, rendered)
		}
		if found && !reflect.DeepEqual(rendered, map[string]any{"10": []any{"^eks-g5-"}, "20": []any{"^eks-g5-spot-"}}) {
			t.Errorf("the priorities are %v", rendered)
		}
	}
}

// TestAutoscalerPolicy checks that the autoscaler can change only the node groups of
// its cluster.
func TestAutoscalerPolicy(t *testing.T) {
	text, err := nodespec.AutoscalerPolicy("us-west-2", "vllm-eks-test")
	if err != nil {
		t.Fatal(err)
	}
	changes := 0
	for _, s := range policytest.Check(t, text) {
		switch {
		case slices.Contains(s.Action, "eks:DescribeNodegroup"):
			if want := []string{"arn:aws:eks:us-west-2:*:nodegroup/vllm-eks-test/*/*"}; !slices.Equal(s.Resource, want) {
				t.Errorf("node groups are read on %q, want %q", s.Resource, want)
			}
		case slices.Contains(s.Action, "autoscaling:SetDesiredCapacity"):
			changes++
			if got := s.Condition["StringEquals"]["aws:ResourceTag/k8s.io/cluster-autoscaler/vllm-eks-test"]; !slices.Equal(got, []string{"owned"}) {
				t.Errorf("groups are resized on the condition %v, want the cluster's tag", s.Condition)
			}
		case s.Sid != "Read":
			t.Errorf("the policy also has %s: %q", s.Sid, s.Action)
		}
	}
	if changes != 1 || !strings.Contains(text, "eks:DescribeNodegroup") {
		t.Errorf("%d statements resize groups, in %s", changes, text)
	}
}
