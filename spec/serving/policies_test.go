package serving

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems/problemstest"
)

// TestEveryPolicyIsDocumented holds that the table of docs/serving.md has one row for
// each policy, as it is declared, and no other.
func TestEveryPolicyIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/serving.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(text), "\n| policy | what decides | needs |\n|---|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	if !found {
		t.Fatal("docs/serving.md has no table of policies")
	}
	var rows []string
	for _, p := range Policies() {
		needs := strings.Join(p.Needs(), ", ")
		if needs == "" {
			needs = "–"
		}
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s |", p.Name, p.Doc, needs))
	}
	if want := strings.Join(rows, "\n"); table != want {
		t.Errorf("the table of docs/serving.md is\n%s\nwant\n%s", table, want)
	}
}

// scalingKeys returns the keys of scaling that are set, of those that policies
// differ by.
func scalingKeys(sc Scaling) []string {
	var keys []string
	for key, value := range map[string]float64{
		"targetLoad": float64(sc.TargetLoad), "targetKVUsage": sc.TargetKVUsage, "targetWaiting": float64(sc.TargetWaiting),
		"targetCPU": float64(sc.TargetCPU), "fallbackReplicas": float64(sc.FallbackReplicas), "downSeconds": float64(sc.DownSeconds),
	} {
		if value != 0 {
			keys = append(keys, "chat.scaling."+key)
		}
	}
	slices.Sort(keys)
	return keys
}

// TestPolicies checks each policy in a range of replicas: without settings it is
// valid and has its defaults, and it refuses exactly the settings that it does not use.
func TestPolicies(t *testing.T) {
	every := Scaling{TargetLoad: 3, TargetKVUsage: 0.5, TargetWaiting: 3, TargetCPU: 50, FallbackReplicas: 2, DownSeconds: 60}
	for _, p := range Policies() {
		if p.Name == Fixed {
			continue // its bounds are the same
		}
		t.Run(string(p.Name), func(t *testing.T) {
			spec := func(min int, sc Scaling) Spec {
				sc.Policy = p.Name
				return Spec{Name: "chat", Namespace: "inference", Model: Model{ID: "org/m"}, Replicas: Replicas{Min: &min, Max: 3}, Scaling: sc,
					Monitoring: Monitoring{PrometheusURL: "http://prometheus:9090"}}.WithDefaults()
			}
			used := Scaling{}
			if p.Settings != nil {
				used = p.Settings(Replicas{Min: new(1), Max: 3})
			}
			plain := spec(1, Scaling{})
			if found := plain.Validate(field.NewPath("chat")); len(found) > 0 || !slices.Equal(scalingKeys(plain.Scaling), scalingKeys(used)) {
				t.Errorf("without settings it has %q, and the problems are %v", scalingKeys(plain.Scaling), found)
			}
			var want []string
			for _, key := range scalingKeys(every) {
				if p.Settings != nil && !slices.Contains(scalingKeys(used), key) {
					want = append(want, key+": forbidden")
				}
			}
			if got := problemstest.KindsOf(spec(1, every).Validate(field.NewPath("chat"))); !slices.Equal(got, want) {
				t.Errorf("the problems of settings that it does not use are %q, want %q", got, want)
			}
			want = nil
			if !p.FromZero && p.Scaler != OtherScaler {
				want = []string{"chat.replicas.min: invalid"}
			}
			if got := problemstest.KindsOf(spec(0, Scaling{Wake: Wake{Query: "up"}}).Validate(field.NewPath("chat"))); !slices.Equal(got, want) {
				t.Errorf("from zero, the problems are %q, want %q", got, want)
			}
		})
	}
}
