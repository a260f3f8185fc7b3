package reference

import (
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/keys"
)

// toy is a small configuration.
type toy struct {
	// Region is the region.
	Region string `key:"aws:region" required:"true" page:"yard"`
	// Token is what opens the gate.
	Token string `key:"token" secret:"true" page:"yard"`
	// Yard is where engines stand. It has [Yard.Tracks].
	Yard Yard `key:"yard"`
	// Defaults hold keys that engines lack.
	Defaults struct{} `key:"defaults" scope:"defaults" of:"engines" page:"engines"`
	// Engines are pulled by nobody.
	Engines []engine `key:"engines"`
}

// Yard is one.
type Yard struct {
	// Tracks is the number of tracks; see also [Gauge].
	Tracks int `key:"tracks" range:"1..9" default:"2"`
	// Gauge is the distance of the rails, in mm. Default: that of the
	// region, 1435 where it is not known.
	Gauge float64 `key:"gauge" range:">0.."`
	// Crane lifts a|b things.
	Crane *crane `key:"crane"`
}

type crane struct {
	// Tons is what it lifts.
	Tons int `key:"tons" range:"1.." required:"true"`
}

type engine struct {
	Own `key:",inline"`
	// Pin holds keys that stay.
	Pin struct{} `key:"pin" scope:"pin"`
}

// Own is what an engine alone has.
type Own struct {
	// Name tells engines apart.
	Name string `key:"name" required:"true" example:"adler"`
	// Kind is what burns.
	Kind string `key:"kind" oneof:"coal oil" default:"coal" in:"defaults pin"`
	// Boiler makes steam.
	Boiler boiler `key:"boiler" in:"defaults"`
	// Crew are who drives it.
	Crew []string `key:"crew" list:"one"`
	// Plan is how it is built. Default: none.
	Plan string `key:"plan" as:"plan"`
	// Env is what else it is told.
	Env map[string]string `key:"env" in:"defaults"`
	// Limits are most of each.
	Limits map[string]int `key:"limits" range:"1..5"`
	// Heated warms the cabin.
	Heated bool `key:"heated"`
	// Wagons are what it pulls.
	Wagons []wagon `key:"wagons" in:"defaults"`
	// Paint is any mapping.
	Paint map[string]any `key:"paint"`
}

type wagon struct {
	// Load is what it carries.
	Load string `key:"load" required:"true"`
	// Brake is what stops it.
	Brake brake `key:"brake"`
}

type brake struct {
	// Force is in kN.
	Force int `key:"force" range:"1..9" required:"true"`
}

type boiler struct {
	// Bar is the pressure, in bar.
	Bar int `key:"bar" range:"1..25" default:"12" if:"steel"`
	// Steel holds more pressure.
	Steel bool `key:"steel"`
}

// options returns the options for toy.
func options(t *testing.T) Options {
	t.Helper()
	root, err := keys.Declare(reflect.TypeFor[toy]())
	if err != nil {
		t.Fatal(err)
	}
	return Options{
		Root: root, Namespace: "toy", Titles: map[string]string{"yard": "The yard", "engines": "Engines"},
		Forms:    map[string]keys.Form{"plan": {Kind: "path or mapping", Schema: map[string]any{"type": []any{"string", "object"}}}},
		Comments: &Comments{Module: "github.com/vllm-eks/vllm-eks", Folder: filepath.Join("..", "..", "..")},
	}
}

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares a text with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("testdata/%s differs; got\n%s", name, got)
	}
}
