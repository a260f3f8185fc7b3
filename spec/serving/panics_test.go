package serving

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/keys"
	"github.com/vllm-eks/vllm-eks/internal/panicstest"
)

// exported returns what the package exports.
func exported() panicstest.Package {
	return panicstest.Package{
		Types: []any{
			Spec{}, NamespaceSpec{}, Monitoring{}, Lifecycle{}, NodeGroup{}, Replicas{}, Model{}, Endpoint{}, S3{}, ScalingPolicy(""), Policy{},
		},
		Functions: map[string]any{
			"AlbAnnotations": AlbAnnotations, "VLLMArgs": VLLMArgs, "VLLMEnv": VLLMEnv, "Environment": Environment, "ProgressCommand": ProgressCommand,
			"IsLabelKey": IsLabelKey, "IsLabelValue": IsLabelValue, "Compose": Compose, "Policies": Policies, "Quantity": Quantity,
			"CheckedNamespaces": CheckedNamespaces, "RefusedVariable": RefusedVariable, "Mounts": Mounts,
			"Sorted": Sorted[string],
		},
	}
}

// TestNothingPanics calls everything that the package exports with nil, zero and odd
// values.
func TestNothingPanics(t *testing.T) { exported().Check(t, ".") }

// call calls a function with zero values after the arguments, and reports a panic.
func call(t *testing.T, name string, f reflect.Value, arguments ...reflect.Value) {
	t.Helper()
	if problem := panicstest.Problem(f, arguments...); problem != "" {
		t.Errorf("%s %s", name, problem)
	}
}

// callMethods calls every exported method of a value.
func callMethods(t *testing.T, name string, v reflect.Value) {
	t.Helper()
	for i := range v.NumMethod() {
		call(t, name+"."+v.Type().Method(i).Name, v.Method(i))
	}
}

// exercise calls every exported method and function with a spec, and every method of its
// parts.
func exercise(t *testing.T, name string, s Spec) {
	t.Helper()
	for _, part := range []any{s, s.Model, s.Lifecycle, s.Monitoring, s.Replicas, s.NodeGroup, s.Storage.S3, s.Scaling.Policy} {
		callMethods(t, fmt.Sprintf("%s: %T", name, part), reflect.ValueOf(part))
	}
	for called, f := range exported().Functions {
		v := reflect.ValueOf(f)
		if v.Type().NumIn() > 0 && v.Type().In(0) == reflect.TypeFor[Spec]() {
			call(t, name+": "+called, v, reflect.ValueOf(s))
		}
	}
}

// TestZeroSpecsDoNotPanic calls everything with specs that have nothing but defaults.
func TestZeroSpecsDoNotPanic(t *testing.T) {
	call(t, "Compose", reflect.ValueOf(Compose), reflect.ValueOf([]NodeGroup{{}, {}}))
	exercise(t, "zero", Spec{})
	exercise(t, "zero with defaults", Spec{}.WithDefaults())
}

// odd returns values of a key that are wrong or extreme.
func odd(k *keys.Key) []any {
	switch k.Kind {
	case keys.Integer:
		return []any{-1, 1, 1 << 40}
	case keys.Number:
		return []any{-1.5, 0.0, 1e300}
	case keys.Boolean:
		return []any{true}
	case keys.Strings, keys.OneOrMore:
		return []any{[]string{}, []string{""}, []string{"x", "--x", "--otlp-traces-endpoint", "://"}}
	case keys.Texts:
		return []any{map[string]string{"": "", "x y": "x y"}}
	case keys.Numbers:
		return []any{map[string]float64{"": 0, "g5.xlarge": -1}}
	case keys.Map, keys.Maps:
		return nil // their keys
	case keys.String, keys.JSON, keys.Formed:
		return append([]any{"x", "s3://b/m", "http://[", "{\"spec\": 1}", "9999999999Gi"}, oneOf(k)...)
	}
	return nil
}

func oneOf(k *keys.Key) []any {
	var values []any
	for _, text := range k.OneOf {
		values = append(values, text)
	}
	return values
}

// setField sets a spec's value of a key, by the fields that lead to it, and reports whether
// the field can have it. Lists get one item.
func setField(s *Spec, path []*keys.Key, mappings []*keys.Mapping, value any) bool {
	place := reflect.ValueOf(s).Elem()
	for i, k := range path {
		for field := range strings.SplitSeq(mappings[i].Selector(k), ".") {
			place = place.FieldByName(field)
		}
		if k.Kind == keys.Maps {
			place.Set(reflect.MakeSlice(place.Type(), 1, 1))
			place = place.Index(0)
		}
	}
	if place.Kind() == reflect.Pointer {
		place.Set(reflect.New(place.Type().Elem()))
		place = place.Elem()
	}
	v := reflect.ValueOf(value)
	if !v.CanConvert(place.Type()) {
		return false
	}
	place.Set(v.Convert(place.Type()))
	return true
}

// walk calls a function for every key of a mapping, with the keys that lead to it.
func walk(m *keys.Mapping, path []*keys.Key, mappings []*keys.Mapping, visit func([]*keys.Key, []*keys.Mapping)) {
	for _, k := range m.Keys {
		path, mappings := append(slices.Clip(path), k), append(slices.Clip(mappings), m)
		visit(path, mappings)
		if k.Mapping != nil && k.Kind != keys.Scoped {
			walk(k.Mapping, path, mappings, visit)
		}
	}
}

// TestOddValuesDoNotPanic calls everything with specs that have one odd value each: alone
// without defaults, and beside what makes a service with defaults.
func TestOddValuesDoNotPanic(t *testing.T) {
	m, err := keys.Declare(reflect.TypeFor[Spec]())
	if err != nil {
		t.Fatal(err)
	}
	minimum := 0
	service := Spec{
		Name: "chat", Namespace: "inference", Model: Model{ID: "Qwen/Qwen3-8B", MaxLen: 8192},
		Replicas: Replicas{Min: &minimum, Max: 3}, Monitoring: Monitoring{PrometheusURL: "http://kps.monitoring.svc:9090"},
		NodeGroups: []NodeGroup{{Name: "a", InstanceTypes: []string{"g5.xlarge"}}, {Name: "b", InstanceTypes: []string{"g5.2xlarge"}, Own: OwnTypes{"x": {}}}},
	}
	count := 0
	walk(m, nil, nil, func(path []*keys.Key, mappings []*keys.Mapping) {
		k := path[len(path)-1]
		for _, value := range odd(k) {
			bare, full := Spec{}, service
			full.NodeGroups = slices.Clone(full.NodeGroups)
			if !setField(&bare, path, mappings, value) || !setField(&full, path, mappings, value) {
				t.Fatalf("%s cannot be %v", k.Path, value)
			}
			exercise(t, fmt.Sprintf("%s: %v", k.Path, value), bare)
			exercise(t, fmt.Sprintf("a service with %s: %v", k.Path, value), full.WithDefaults())
			count++
		}
	})
	if count < 200 {
		t.Errorf("%d specs were tried, want at least 200", count)
	}
}
