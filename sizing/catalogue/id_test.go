package catalogue

import "testing"

func TestIDOfAddressesAndPaths(t *testing.T) {
	for model, want := range map[string]string{
		"Qwen/Qwen3-8B":                       "Qwen/Qwen3-8B",
		"gpt2":                                "gpt2",
		"s3://bucket/Qwen/Qwen3-8B":           "Qwen/Qwen3-8B",
		"s3://bucket/models/Qwen/Qwen3-8B/":   "Qwen/Qwen3-8B",
		"gs://bucket/Qwen/Qwen3-8B":           "Qwen/Qwen3-8B",
		"s3://bucket/Qwen3-8B":                "bucket/Qwen3-8B",
		"s3://bucket":                         "bucket",
		"/models/Qwen/Qwen3-8B":               "Qwen/Qwen3-8B",
		"/models":                             "models",
		"/mnt/volume/models/Qwen/Qwen3-8B///": "Qwen/Qwen3-8B",
	} {
		if got := IDOf(model); got != want {
			t.Errorf("%s: %q, want %q", model, got, want)
		}
	}
}
