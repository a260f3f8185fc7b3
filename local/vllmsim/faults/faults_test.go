package faults

import (
	"strings"
	"testing"
	"time"
)

func TestForModel(t *testing.T) {
	const perModel = "org/broken=load-crash; org/hangs=hang:requests=3;org/slow=slow-load:after=90s"
	cases := map[string]struct {
		general, model string
		want           Fault
	}{
		"none":            {"", "org/good", Fault{Kind: None}},
		"general":         {"crash:after=30s", "org/good", Fault{Kind: Crash, After: 30 * time.Second}},
		"by model":        {"", "org/broken", Fault{Kind: LoadCrash}},
		"model wins":      {"oom", "org/hangs", Fault{Kind: Hang, Requests: 3}},
		"slow":            {"", "org/slow", Fault{Kind: SlowLoad, After: 90 * time.Second}},
		"part of an id":   {"", "org/broken-not", Fault{Kind: None}},
		"general remains": {"oom", "broken", Fault{Kind: OOM}},
	}
	for name, c := range cases {
		got, err := ForModel(c.general, perModel, c.model)
		if err != nil || got != c.want {
			t.Errorf("%s: %+v, %v; want %+v", name, got, err, c.want)
		}
	}
}

func TestWrongFaultsAreRefused(t *testing.T) {
	for general, want := range map[string]string{
		"explode":          `unknown fault "explode"; known: crash, hang`,
		"slow-load":        "needs a time",
		"hang:after=soon":  "is not a time",
		"crash:requests=0": "is not a number above 0",
		"oom:after=3s":     "has no parameter",
	} {
		if _, err := ForModel(general, "", "m"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", general, err)
		}
	}
	for _, perModel := range []string{"org/a", "org/a=explode"} {
		if _, err := ForModel("", perModel, "other"); err == nil {
			t.Errorf("%q passes because it names another model", perModel)
		}
	}
}
