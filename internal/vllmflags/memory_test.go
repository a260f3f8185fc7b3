package vllmflags

import (
	"slices"
	"testing"
)

// TestEveryFlagIsClassed checks that every line of the table states the flag's effect
// on the memory of a GPU.
func TestEveryFlagIsClassed(t *testing.T) {
	for _, f := range Flags() {
		if !slices.Contains([]Memory{Sized, Unsized, Uncounted, Host, NoMemory}, f.Memory) {
			t.Errorf("%s: class %q", f.Name, f.Memory)
		}
		for _, value := range f.MemoryValues {
			if message := f.check(value); message != "" {
				t.Errorf("%s: refuses %q, for which its class holds: %s", f.Name, value, message)
			}
		}
	}
}

func TestGiven(t *testing.T) {
	cases := map[string]struct {
		args  []string
		class Memory
		want  []string
	}{
		"draft model":            {[]string{"--spec-method", "eagle3", "--spec-tokens", "2"}, Sized, []string{"--spec-method", "--spec-tokens"}},
		"draft model with a dot": {[]string{"--speculative-config.method=mtp"}, Sized, []string{"--speculative-config"}},
		"offload":                {[]string{"--cpu-offload-gb", "4"}, Unsized, []string{"--cpu-offload-gb"}},
		"offload of nothing":     {[]string{"--cpu-offload-gb", "0"}, Unsized, nil},
		"doubled batches":        {[]string{"--performance-mode", "throughput"}, Uncounted, []string{"--performance-mode"}},
		"balanced":               {[]string{"--performance-mode", "balanced"}, Uncounted, nil},
		"a draft runner":         {[]string{"--runner", "draft"}, Unsized, []string{"--runner"}},
		"generating":             {[]string{"--runner", "generate"}, Unsized, nil},
		"logging":                {[]string{"--enable-log-requests"}, Uncounted, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			parsed, err := Parse(append([]string{"m"}, c.args...))
			if err != nil {
				t.Fatal(err)
			}
			if got := parsed.Given(c.class); !slices.Equal(got, c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}
