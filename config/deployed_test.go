package config

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems/problemstest"
	"github.com/vllm-eks/vllm-eks/internal/stacktest"
	"github.com/vllm-eks/vllm-eks/spec/cluster"
)

// update loads a configuration after an update that left the output deployed.
func update(t *testing.T, deployed, yaml string) (*Config, error) {
	t.Helper()
	c, err := stacktest.ParseConfig("config:\n" + yaml)
	if err != nil {
		t.Fatal(err)
	}
	source := Source{Deployed: parseDeployed(deployed), Locate: func(e cluster.Existing, _ *field.Path) (cluster.Location, error) {
		return map[string]cluster.Location{
			"old":       {Server: "https://one", CA: "1"},
			"renamed":   {Server: "https://one", CA: "1"},
			"moved":     {Server: "https://one.internal", CA: "1"},
			"other":     {Server: "https://two", CA: "2"},
			"away":      {Server: "https://one", CA: "1", Unreachable: "connection refused"},
			"recreated": {Server: "https://one", CA: "3"},
		}[e.Context], nil
	}}
	source.Capture(&pulumi.RunInfo{Config: c.Values, ConfigSecretKeys: c.Secret})
	return Load(&source, nil)
}

func existing(context string) string {
	return "  vllm-eks:cluster: {existing: {context: " + context + "}}\n"
}

// TestAnotherClusterIsNotTakenForTheOld names contexts after an update by one.
func TestAnotherClusterIsNotTakenForTheOld(t *testing.T) {
	const old = `{"cluster": {"context": "old", "server": "https://one", "ca": "1"}}`
	for name, test := range map[string]struct {
		deployed, context string
		refused           string   // the key and the kind of the one problem
		says              []string // in it, or in a warning
	}{
		"first update":                  {"", "other", "", nil},
		"the same context":              {old, "old", "", nil},
		"the context renamed":           {old, "renamed", "", nil},
		"renamed, at another address":   {old, "moved", "", nil},
		"another cluster":               {old, "other", "cluster.existing.context: invalid", []string{`"other"`, `"old"`, "https://two", "https://one", "stack init", "rename-context other old"}},
		"the same context of a new one": {strings.ReplaceAll(old, `"old"`, `"recreated"`), "recreated", "", []string{"cluster.existing.context: ", "pulumi refresh"}},
		"a server that is away":         {old, "away", "", []string{"cluster.existing.context: ", "connection refused"}},
		"a cluster that was created":    {`{"eks": "vllm-eks-dev"}`, "old", "cluster.existing: forbidden", []string{`"vllm-eks-dev"`, "stack init"}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, err := update(t, test.deployed, existing(test.context))
			if got := strings.Join(problemstest.Kinds(err), ", "); got != test.refused {
				t.Fatalf("got %v, want %q", err, test.refused)
			}
			message := fmt.Sprint(err)
			if err == nil {
				message = strings.Join(cfg.locationWarnings(), "\n")
			}
			if len(test.says) == 0 && message != "" {
				t.Errorf("warns: %s", message)
			}
			for _, want := range test.says {
				if !strings.Contains(message, want) {
					t.Errorf("%q does not say %s", message, want)
				}
			}
		})
	}
}

// TestAChangeThatEndsReplicasIsRefused follows a model that was renamed.
func TestAChangeThatEndsReplicasIsRefused(t *testing.T) {
	const (
		once   = `{"models": {"chat": {"namespace": "inference", "objects": "mistral-7b"}}}`
		both   = `{"models": {"a": {"namespace": "inference", "objects": "a"}, "b": {"namespace": "inference", "objects": "b"}}}`
		model  = "model: org/m}"
		cached = `{"models": {"chat": {"namespace": "inference", "objects": "mistral-7b", "cache": "efs"}}}`
	)
	for name, test := range map[string]struct {
		deployed, models string
		want             string // the key and the kind of the problem; "": accepted
		says             string // in its message
	}{
		"kept":                          {once, "{name: chat, previousNames: [mistral-7b], " + model, "", ""},
		"renamed again":                 {once, "{name: talk, previousNames: [chat, mistral-7b], " + model, "", ""},
		"named back":                    {once, "{name: mistral-7b, " + model, "", ""},
		"named back with its name":      {once, "{name: mistral-7b, previousNames: [chat, mistral-7b], " + model, "", ""},
		"removed":                       {once, "{name: other, " + model, "", ""},
		"dropped":                       {once, "{name: chat, " + model, "models[0].previousNames: invalid", "previousNames: [mistral-7b]"},
		"another name in its place":     {once, "{name: chat, previousNames: [talk], " + model, "models[0].previousNames: invalid", "previousNames: [talk, mistral-7b]"},
		"in another namespace":          {strings.ReplaceAll(once, "inference", "elsewhere"), "{name: chat, " + model, "", ""},
		"the name of one that was left": {both, "{name: a, previousNames: [b], " + model, "", ""},
		"a first update":                {"", "{name: chat, " + model, "", ""},
		"the same class of its claim":   {cached, "{name: chat, storage: {cache: {storageClass: efs}}, previousNames: [mistral-7b], " + model, "", ""},
		"no claim any more":             {cached, "{name: chat, previousNames: [mistral-7b], " + model, "", ""},
		"a claim of its own":            {once, "{name: chat, storage: {cache: {storageClass: efs}}, previousNames: [mistral-7b], " + model, "", ""},
		"another class of its claim": {cached, "{name: talk, storage: {cache: {storageClass: fsx}}, previousNames: [chat, mistral-7b], " + model,
			"models[0].storage.cache.storageClass: invalid", `has the class "efs"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := update(t, test.deployed, existing("old")+"  vllm-eks:models: ["+test.models+"]\n")
			if got := strings.Join(problemstest.Kinds(err), ", "); got != test.want {
				t.Fatalf("got %v, want %q", err, test.want)
			}
			if err != nil && !strings.Contains(err.Error(), test.says) {
				t.Errorf("%q does not say %s", err, test.says)
			}
		})
	}
}

// TestDeployedIsWhatTheNextUpdateReads writes the output and reads it.
func TestDeployedIsWhatTheNextUpdateReads(t *testing.T) {
	cfg, err := update(t, "", existing("old")+"  vllm-eks:namespaces: [{name: mine}, {name: theirs, existing: true}]\n"+
		"  vllm-eks:models: [{name: chat, namespace: mine, model: org/m, previousNames: [talk]}]\n")
	if err != nil {
		t.Fatal(err)
	}
	text, err := cfg.Deployed()
	const want = `{cluster: {context: old, server: 'https://one', ca: "1"}, namespaces: {mine: false, theirs: true}, models: {chat: {namespace: mine, objects: talk}}}`
	if err != nil || text != want {
		t.Errorf("deployed is %s, %v, want %s", text, err, want)
	}
	for name, test := range map[string]struct {
		deployed   string
		recognized bool
	}{
		"after that update": {text, true}, "when it was the stack's own": {`{"namespaces":{"theirs":false}}`, false},
		"after no update": {"", false}, "after an output of another form": {`{"namespaces":[]}`, false},
	} {
		cfg, err := update(t, test.deployed, existing("old")+"  vllm-eks:namespaces: [{name: mine}, {name: theirs, existing: true}]\n")
		if err != nil || cfg.Namespaces[0].Known || cfg.Namespaces[1].Known != test.recognized {
			t.Errorf("%s: the namespaces are %+v, %v, want theirs known: %v", name, cfg.Namespaces, err, test.recognized)
		}
	}
}
