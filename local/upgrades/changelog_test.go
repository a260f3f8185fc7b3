package upgrades

import (
	"reflect"
	"strings"
	"testing"
)

const changelog = "# Changelog\n\nPods that restart: outside of a section.\n\n" +
	"## Unreleased\n\n- A change.\n\nPods that restart: the replicas of every model and the pods of `keda`, because of a label.\n\n" +
	"## 0.1.0 - 2026-11-29\n\nFirst release.\n\nPods that restart: none, because there is no earlier release.\n\n" +
	"## Compatibility\n\nBefore 1.0.\n"

func TestSections(t *testing.T) {
	got, err := Sections(changelog)
	want := []Section{
		{Version: Unreleased, Restarts: Restarts{{Kind: EveryModel}, {Kind: PodsOf, Name: "keda"}}},
		{Version: "v0.1.0"},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

func TestSectionsHaveEveryProblem(t *testing.T) {
	_, err := Sections(strings.NewReplacer("Pods that restart: none, because", "Pods that restart none", "`keda`", "keda").Replace(changelog))
	for _, want := range []string{
		`CHANGELOG.md: v0.1.0: has 0 lines that begin with "Pods that restart: ", want one`,
		`CHANGELOG.md: Unreleased: Pods that restart: has "the pods of keda", want none, or of: the replicas of every model; `,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	twice := strings.Replace(changelog, "First release.", "Pods that restart: none.", 1)
	if _, err := Sections(twice); err == nil || !strings.Contains(err.Error(), "v0.1.0: has 2 lines") {
		t.Errorf("two lists: %v", err)
	}
	if _, err := Sections("# Changelog\n\n## 0.2 - soon\n"); err == nil || !strings.Contains(err.Error(), "has no section of a release") {
		t.Errorf("no section: %v", err)
	}
}

func TestParseRestarts(t *testing.T) {
	every := Item{Kind: EveryModel}
	for text, want := range map[string]Restarts{
		"none.": nil,
		"none, because nothing of them changes, and so on.":                         nil,
		"the replicas of every model.":                                              {every},
		"the replicas of models with `storage.cache`, the pods of `kube-proxy`.":    {{ModelsWith, "storage.cache"}, {PodsOf, "kube-proxy"}},
		"the replicas of every model and every pod of created clusters, because a.": {every, {Kind: EveryPod}},
	} {
		got, err := ParseRestarts(text)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %v, %v, want %v", text, got, err, want)
		}
		for _, item := range got {
			if !strings.Contains(text, item.String()) {
				t.Errorf("%s: %s is not in it", text, item)
			}
		}
	}
	for text, want := range map[string]string{
		"none":                                 "want a list with a full stop",
		"none, because .":                      "want a list with a full stop",
		"":                                     "want a list with a full stop",
		".":                                    `has ""`,
		"all of them.":                         `has "all of them"`,
		"none, the replicas of every model.":   `has "none"`,
		"the replicas of every model `a`.":     "has \"the replicas of every model `a`\"",
		"the pods of.":                         `has "the pods of"`,
		"the pods of `a` and the pods of `a`.": "has \"the pods of `a`\" twice",
		"the replicas of models with `a` or `b`.": "has \"the replicas of models with `a` or `b`\"",
	} {
		if _, err := ParseRestarts(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}
