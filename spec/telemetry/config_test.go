package telemetry

import (
	"maps"
	"slices"
	"testing"
)

// TestConfigIsComplete holds that each pipeline of the collector uses components that the
// configuration defines, and that it defines no others: the collector refuses the first, and
// the second does nothing.
func TestConfigIsComplete(t *testing.T) {
	for name, s := range map[string]Spec{
		"logs": {Install: true, Namespaces: []string{"a"}}, "logs and traces": {Install: true, Traces: "http://a"},
		"traces": {Install: true, Logs: None, Traces: "http://a"}, "CloudWatch": {Install: true, Logs: CloudWatch, Region: "cn-north-1"},
	} {
		t.Run(name, func(t *testing.T) {
			config := CollectorConfig(s.WithDefaults(), true)
			service := config["service"].(map[string]any)
			used := map[string][]string{"extensions": texts(service["extensions"])}
			for _, pipeline := range service["pipelines"].(map[string]any) {
				for kind, components := range pipeline.(map[string]any) {
					used[kind] = append(used[kind], texts(components)...)
				}
			}
			for _, kind := range []string{"extensions", "receivers", "processors", "exporters"} {
				defined := slices.Sorted(maps.Keys(config[kind].(map[string]any)))
				slices.Sort(used[kind])
				if got := slices.Compact(used[kind]); !slices.Equal(got, defined) {
					t.Errorf("%s are used: %q, and defined: %q", kind, got, defined)
				}
			}
		})
	}
}

func texts(list any) []string {
	var found []string
	for _, item := range list.([]any) {
		found = append(found, item.(string))
	}
	return found
}

func TestModelsURL(t *testing.T) {
	for want, s := range map[string]Spec{
		"": {Install: true}, "http://otel-collector.telemetry.svc:4318": {Install: true, Traces: "https://a"}, "http://mine:4318": {CollectorURL: "http://mine:4318"},
	} {
		if got := s.WithDefaults().ModelsURL(); got != want {
			t.Errorf("models of %+v send traces to %q, want %q", s, got, want)
		}
	}
}
