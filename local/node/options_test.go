package node

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestValidate(t *testing.T) {
	for _, c := range []struct {
		o    Options
		want string // the option at fault, or nothing
	}{
		{Default, ""},
		{Options{GPUs: 0, MaxPods: 110}, "GPUS: "},
		{Options{GPUs: -1, MaxPods: 5}, "MAX_PODS: "},
		{Options{GPUs: 8, MaxPods: 100000}, "MAX_PODS: "},
	} {
		err := c.o.Validate()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%+v: got %v, want %q", c.o, err, c.want)
		}
	}
}

func TestSavedOptions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "options.json")
	if _, found, err := Saved(path); found || err != nil {
		t.Errorf("no file: %v, %v", found, err)
	}
	for content, want := range map[string]bool{`{"gpus":3,"maxPods":50}`: true, `{"gpus":3,`: false} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if o, found, err := Saved(path); found != want || err != nil || want && o != (Options{GPUs: 3, MaxPods: 50}) {
			t.Errorf("%s: %+v, %v, %v", content, o, found, err)
		}
	}
}
