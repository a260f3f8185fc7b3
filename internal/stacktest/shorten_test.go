package stacktest

import (
	"strings"
	"testing"
)

func TestLongStringsAreShortened(t *testing.T) {
	long := strings.Repeat("x", textLimit+1)
	original := []Resource{
		{Type: "kubernetes:core/v1:ConfigMap", Name: "a", Inputs: map[string]any{"data": map[string]any{"a": long, "b": "short"}, "list": []any{long, "short", 1.0}, "empty": []any{}}},
		{Type: "kubernetes:core/v1:ConfigMap", Name: "b"},
	}
	text, err := resourcesJSON(original)
	if err != nil {
		t.Fatal(err)
	}
	const digest = "[10001 bytes, SHA-256 "
	if strings.Contains(string(text), "xx") || strings.Count(string(text), digest) != 2 || strings.Count(string(text), `"short"`) != 2 || !strings.Contains(string(text), `"empty": []`) {
		t.Errorf("the golden file is %s", text)
	}
	if original[0].Inputs["list"].([]any)[0] != long {
		t.Error("the recording itself is changed")
	}
	other, err := resourcesJSON([]Resource{{Inputs: map[string]any{"a": strings.Repeat("y", textLimit+1)}}})
	if err != nil || strings.Contains(string(text), strings.Split(string(other), digest)[1][:64]) {
		t.Errorf("two strings have one digest: %s, %v", other, err)
	}
}
