package grafana

import (
	"bytes"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"github.com/vllm-eks/vllm-eks/components/monitoring/dashboards"
	"github.com/vllm-eks/vllm-eks/internal/stacktest"
)

// folder has the files that users import.
const folder = "../../../../docs/dashboards/"

func rendered(t *testing.T, d dashboards.Dashboard) []byte {
	t.Helper()
	text, err := JSON(d)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestFiles(t *testing.T) {
	want := map[string]bool{}
	for _, d := range dashboards.List() {
		file := folder + d.Name + ".json"
		want[filepath.Clean(file)] = true
		stacktest.CompareText(t, file, rendered(t, d))
	}
	files, err := filepath.Glob(folder + "*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !want[filepath.Clean(file)] {
			t.Errorf("%s is no dashboard; remove it", file)
		}
	}
}

func TestJSONIsDeterministic(t *testing.T) {
	for _, d := range dashboards.List() {
		if !bytes.Equal(rendered(t, d), rendered(t, d)) {
			t.Errorf("%s differs from one call to the next", d.Name)
		}
	}
}

// TestJSONIsOfTheSchema reads the dashboards as Grafana's library does, which refuses unknown
// and missing fields.
func TestJSONIsOfTheSchema(t *testing.T) {
	plugins.RegisterDefaultPlugins()
	for _, d := range dashboards.List() {
		var read dashboard.Dashboard //nolint:staticcheck // as JSON
		// The library returns an empty list, which is not nil, if there is no problem.
		var found cog.BuildErrors
		if err := read.UnmarshalJSONStrict(rendered(t, d)); !errors.As(err, &found) || len(found) > 0 {
			t.Errorf("%s: %v", d.Name, err)
		}
		if err := read.Validate(); err != nil {
			t.Errorf("%s: %v", d.Name, err)
		}
		if read.SchemaVersion != 42 {
			t.Errorf("%s: the schema version is %d, want 42", d.Name, read.SchemaVersion)
		}
	}
}

// page holds the fields of a dashboard that the tests check.
type page struct {
	UID   string   `json:"uid"`
	Title string   `json:"title"`
	Tags  []string `json:"tags"`
	Links []struct {
		Type        string   `json:"type"`
		Tags        []string `json:"tags"`
		IncludeVars bool     `json:"includeVars"`
		KeepTime    bool     `json:"keepTime"`
	} `json:"links"`
	Templating  struct{ List []struct{ Name, Type string } } `json:"templating"`
	Annotations struct{ List []struct{ Name, Expr string } } `json:"annotations"`
	Panels      []struct {
		ID          int    `json:"id"`
		Type        string `json:"type"`
		Title       string `json:"title"`
		Description string `json:"description"`
		Targets     []struct {
			RefID      string               `json:"refId"`
			Expr       string               `json:"expr"`
			Range      bool                 `json:"range"`
			Instant    bool                 `json:"instant"`
			Datasource struct{ UID string } `json:"datasource"`
		} `json:"targets"`
		FieldConfig struct{ Defaults struct{ Unit string } } `json:"fieldConfig"`
		GridPos     struct{ X, Y, W, H int }                 `json:"gridPos"`
	} `json:"panels"`
}

func pageOf(t *testing.T, d dashboards.Dashboard) page {
	t.Helper()
	var p page
	if err := json.Unmarshal(rendered(t, d), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPanels(t *testing.T) {
	types := map[string]int{}
	for _, d := range dashboards.List() {
		ids := map[int]bool{}
		for _, p := range pageOf(t, d).Panels {
			types[p.Type]++
			if p.ID == 0 || ids[p.ID] {
				t.Errorf("%s, %s: the panel has the identifier %d, want one of its own", d.Name, p.Title, p.ID)
			}
			ids[p.ID] = true
			if p.GridPos.X+p.GridPos.W > 24 || p.GridPos.H == 0 {
				t.Errorf("%s, %s: the panel is outside of the page: %+v", d.Name, p.Title, p.GridPos)
			}
			if p.Type == "row" {
				continue
			}
			if p.Description == "" || p.FieldConfig.Defaults.Unit == "" || len(p.Targets) == 0 {
				t.Errorf("%s, %s: the panel lacks a description, a unit or a query", d.Name, p.Title)
			}
			refs := map[string]bool{}
			for _, target := range p.Targets {
				if target.RefID == "" || refs[target.RefID] {
					t.Errorf("%s, %s: the query has the identifier %q, want one of its own", d.Name, p.Title, target.RefID)
				}
				refs[target.RefID] = true
				if target.Instant == (p.Type == "timeseries") || target.Range == target.Instant {
					t.Errorf("%s, %s: the query of a %s is instant: %t, of a range: %t", d.Name, p.Title, p.Type, target.Instant, target.Range)
				}
				if target.Datasource.UID != "${datasource}" {
					t.Errorf("%s, %s: the query is for %q, want the variable of the data source", d.Name, p.Title, target.Datasource.UID)
				}
			}
		}
	}
	if types["timeseries"] < 30 || types["stat"] < 10 || types["table"] != 1 || types["row"] < 10 {
		t.Errorf("the panels are %v", types)
	}
}

// TestPanelsDoNotOverlap compares the places of the panels of each dashboard.
func TestPanelsDoNotOverlap(t *testing.T) {
	for _, d := range dashboards.List() {
		taken := map[[2]int]string{}
		for _, p := range pageOf(t, d).Panels {
			for x := range p.GridPos.W {
				for y := range p.GridPos.H {
					place := [2]int{p.GridPos.X + x, p.GridPos.Y + y}
					if other, found := taken[place]; found {
						t.Fatalf("%s: %q covers %q", d.Name, p.Title, other)
					}
					taken[place] = p.Title
				}
			}
		}
	}
}

func TestLinksVariablesAndAnnotations(t *testing.T) {
	for _, d := range dashboards.List() {
		p := pageOf(t, d)
		if p.UID != "vllm-eks-"+d.Name || p.Title != d.Title || len(p.UID) > 40 {
			t.Errorf("%s: the identifier is %q and the title %q", d.Name, p.UID, p.Title)
		}
		if len(p.Links) != 1 || p.Links[0].Type != "dashboards" || !p.Links[0].IncludeVars || !p.Links[0].KeepTime || strings.Join(p.Links[0].Tags, " ") != Tag || strings.Join(p.Tags, " ") != Tag {
			t.Errorf("%s: the links are %+v, want one to all dashboards with the tag of this one, %q", d.Name, p.Links, p.Tags)
		}
		var names []string
		for _, v := range p.Templating.List {
			names = append(names, v.Name+" "+v.Type)
		}
		if got := strings.Join(names, ", "); got != "datasource datasource, namespace query, service query" {
			t.Errorf("%s: the variables are %s", d.Name, got)
		}
		names = nil
		for _, a := range p.Annotations.List {
			names = append(names, a.Name)
		}
		if got := strings.Join(names, ", "); got != "Deployments, Scaling" {
			t.Errorf("%s: the annotations are %s", d.Name, got)
		}
	}
}
