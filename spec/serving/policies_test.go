package serving

import (
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/keys"
)

// settingKeys returns the full keys of the settings that are given, sorted.
func settingKeys(s Settings) []string {
	var paths []string
	for _, name := range keys.Given(&s) {
		paths = append(paths, "chat.scaling."+name)
	}
	slices.Sort(paths)
	return paths
}

// TestPolicies checks each policy in a range of replicas: without settings it is
// valid and has its defaults, and it refuses exactly the settings that it does not use.
func TestPolicies(t *testing.T) {
	var every Settings
	for _, p := range Policies() {
		keys.Fill(&every, p.defaults(Replicas{Min: new(2), Max: 3}))
	}
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
			used := p.defaults(Replicas{Min: new(1), Max: 3})
			plain := spec(1, Scaling{})
			if found := plain.Validate(field.NewPath("chat")); len(found) > 0 || !slices.Equal(settingKeys(plain.Scaling.Settings), settingKeys(used)) {
				t.Errorf("without settings it has %q, and the problems are %v", settingKeys(plain.Scaling.Settings), found)
			}
			var refused []string
			for _, e := range spec(1, Scaling{Settings: every}).Validate(field.NewPath("chat")) {
				if e.Type != field.ErrorTypeForbidden {
					t.Errorf("the kind of %v is %s", e, e.Type)
				}
				refused = append(refused, e.Field)
			}
			slices.Sort(refused)
			want := slices.DeleteFunc(settingKeys(every), func(key string) bool { return p.Settings == nil || slices.Contains(settingKeys(used), key) })
			if !slices.Equal(refused, want) {
				t.Errorf("it refuses %q, want %q", refused, want)
			}
			found := spec(0, Scaling{Wake: Wake{Query: "up"}}).Validate(field.NewPath("chat"))
			if may := p.FromZero || p.Scaler == OtherScaler; may != (len(found) == 0) {
				t.Errorf("from zero, the problems are %v", found)
			}
		})
	}
}
