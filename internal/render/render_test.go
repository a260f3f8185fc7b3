package render_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/vllm-eks/vllm-eks/internal/render"
)

// load writes a stack file and loads it.
func load(t *testing.T, text string) (*render.Stack, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "Pulumi.test.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return render.Load(path)
}

// mustLoad loads a valid stack file.
func mustLoad(t *testing.T, text string) *render.Stack {
	t.Helper()
	s, err := load(t, text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// objects returns the rendered objects.
func objects(t *testing.T, s *render.Stack, o render.Options) []render.Object {
	t.Helper()
	list, err := s.Objects(o)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// files returns the files of the objects.
func files(list []render.Object) []string {
	var names []string
	for _, o := range list {
		names = append(names, o.File)
	}
	return names
}

const (
	cluster = "config:\n  vllm-eks:cluster: {existing: {context: any}}\n"
	scaled  = cluster + `  vllm-eks:monitoring: {prometheusUrl: "http://prometheus.monitoring.svc:9090"}
  vllm-eks:huggingFaceToken: {secure: "v1:canary-of-the-token"}
  vllm-eks:apiKey: {secure: "v1:canary-of-the-key"}
  vllm-eks:models:
    - {name: chat, model: Qwen/Qwen3-8B, gpu: {type: L40S}, replicas: {min: 1, max: 3}, previousNames: [talk]}
`
	second = "    - {name: code, model: Qwen/Qwen3-8B, gpu: {type: L40S}, apiKey: {existingSecret: own, key: k}, huggingFaceToken: {existingSecret: own}}\n"
)

// TestFiles checks the names of files and the objects of options.
func TestFiles(t *testing.T) {
	namespaces := []string{"namespace.yaml", "networkpolicy-default-deny.yaml"}
	model := []string{"serviceaccount.yaml", "networkpolicy.yaml", "deployment.yaml", "pdb.yaml", "service.yaml", "service-chat.yaml", "servicemonitor.yaml", "keda-scaledobject.yaml"}
	shared := []string{"prometheusrule.yaml", "dashboard-stack.yaml", "dashboard-model.yaml", "dashboard-scaling.yaml", "dashboard-gpus-and-nodes.yaml"}
	of := func(prefix string, names []string) []string {
		var list []string
		for _, name := range names {
			list = append(list, prefix+name)
		}
		return list
	}
	other := []string{"code-serviceaccount.yaml", "code-networkpolicy.yaml", "code-deployment.yaml", "code-pdb.yaml", "code-service.yaml", "code-servicemonitor.yaml"}
	for name, test := range map[string]struct {
		text    string
		options render.Options
		want    []string
	}{
		"one model":               {scaled, render.Options{}, slices.Concat(namespaces, model, shared)},
		"the object without KEDA": {scaled, render.Options{Alternatives: true}, slices.Concat(namespaces, model, []string{"alternatives/hpa.yaml"}, shared)},
		"several models":          {scaled + second, render.Options{}, slices.Concat(namespaces, of("talk-", model), other, shared)},
		"one of several models":   {scaled + second, render.Options{Model: "chat"}, model},
		"external secrets of one": {scaled + second, render.Options{Model: "chat", Secrets: render.Secrets{From: render.External, Store: "aws"}},
			slices.Concat([]string{"externalsecret-huggingface.yaml", "externalsecret-api-key.yaml"}, model)},
		"external secrets of a model with its own": {scaled + second, render.Options{Model: "code", Secrets: render.Secrets{From: render.External, Store: "aws"}},
			[]string{"serviceaccount.yaml", "networkpolicy.yaml", "deployment.yaml", "pdb.yaml", "service.yaml", "servicemonitor.yaml"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := files(objects(t, mustLoad(t, test.text), test.options)); !slices.Equal(got, test.want) {
				t.Errorf("the files are\n%q\nwant\n%q", got, test.want)
			}
		})
	}
	text := strings.ReplaceAll(scaled+second, "- {name", "- {namespace: b, name") + "  vllm-eks:namespaces: [{name: a}, {name: b}, {name: c, existing: true}]\n"
	want := []string{"a-namespace.yaml", "a-networkpolicy-default-deny.yaml", "b-namespace.yaml", "b-networkpolicy-default-deny.yaml", "talk-serviceaccount.yaml"}
	if got := files(objects(t, mustLoad(t, text), render.Options{})); !slices.Equal(got[:5], want) {
		t.Errorf("the files of several namespaces begin with\n%q\nwant\n%q", got[:5], want)
	}
}

// TestSecretsAreReferences checks that models refer to Secrets by name, that External Secrets
// gets the names of values, and that no encrypted text is rendered.
func TestSecretsAreReferences(t *testing.T) {
	s := mustLoad(t, scaled+second)
	var all strings.Builder
	byFile := map[string]map[string]any{}
	for _, o := range objects(t, s, render.Options{Secrets: render.Secrets{From: render.External, Store: "aws", Kind: render.ClusterSecretStore}, Alternatives: true}) {
		text, err := o.YAML()
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
		byFile[o.File] = o.Tree
		if o.Tree["kind"] == "Secret" {
			t.Errorf("%s is a Secret", o.File)
		}
	}
	values, err := s.HelmValues(render.Options{})
	if err != nil || len(values) != 2 {
		t.Fatalf("%d values: %v", len(values), err)
	}
	for _, o := range values {
		text, err := o.YAML()
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	for _, refused := range []string{"canary", "v1:", "encrypted", "pulumi.com/", "managed-by", "creationTimestamp", "status:"} {
		if strings.Contains(all.String(), refused) {
			t.Errorf("an object contains %q", refused)
		}
	}
	for _, want := range []string{
		"- name: HF_TOKEN\n          valueFrom:\n            secretKeyRef:\n              key: token\n              name: talk-huggingface\n",
		"- name: VLLM_API_KEY\n          valueFrom:\n            secretKeyRef:\n              key: api-key\n              name: talk-api-key\n",
		"- name: VLLM_API_KEY\n          valueFrom:\n            secretKeyRef:\n              key: k\n              name: own\n",
	} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("no object contains\n%s", want)
		}
	}
	if want := "secretEnv:\n  HF_TOKEN:\n    key: token\n    secret: talk-huggingface\n  VLLM_API_KEY:\n    key: api-key\n    secret: talk-api-key\n"; !strings.Contains(all.String(), want) {
		t.Errorf("no values contain\n%s", want)
	}
	got, err := yaml.Marshal(byFile["talk-externalsecret-api-key.yaml"])
	if want := `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  labels:
    app.kubernetes.io/instance: talk
    app.kubernetes.io/name: vllm
    app.kubernetes.io/part-of: vllm-eks
  name: talk-api-key
  namespace: inference
spec:
  data:
  - remoteRef:
      key: vllm-eks/test/apiKey
    secretKey: api-key
  refreshInterval: 1h
  secretStoreRef:
    kind: ClusterSecretStore
    name: aws
  target:
    creationPolicy: Owner
    name: talk-api-key
`; err != nil || string(got) != want {
		t.Errorf("%v, the ExternalSecret is\n%s\nwant\n%s", err, got, want)
	}
}

// TestEveryEncryptedKeyHasAPlaceholder checks that values whose form the program checks are
// accepted without a decryption.
func TestEveryEncryptedKeyHasAPlaceholder(t *testing.T) {
	s, err := render.Load("testdata/Pulumi.sealed.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range objects(t, s, render.Options{}) {
		if text, err := o.YAML(); err != nil || strings.Contains(string(text), "canary") || strings.Contains(string(text), "encrypted") {
			t.Errorf("%v: %s contains an encrypted value or its placeholder", err, o.File)
		}
	}
}

// TestTheAlternativeIsRefusedBesideKEDA checks the object for clusters without KEDA: it lacks
// the annotation with which KEDA accepts both.
func TestTheAlternativeIsRefusedBesideKEDA(t *testing.T) {
	for _, o := range objects(t, mustLoad(t, scaled), render.Options{Alternatives: true}) {
		if o.File != "alternatives/hpa.yaml" {
			continue
		}
		text, err := o.YAML()
		if err != nil || strings.Contains(string(text), "annotations") || !strings.Contains(string(text), "averageUtilization: 70") || !strings.Contains(string(text), "name: talk\n") {
			t.Errorf("%v\n%s", err, text)
		}
		return
	}
	t.Error("there is no alternative")
}

// TestErrors checks the beginning of every problem.
func TestErrors(t *testing.T) {
	valid := cluster + "  vllm-eks:models: [{name: a, model: org/m}]\n"
	other := filepath.Join(t.TempDir(), "stack.yaml")
	for name, test := range map[string]struct {
		load func() error
		want []string
	}{
		"a file with another name": {func() error { _, err := render.Load(other); return err }, []string{"STACK-FILE: is "}},
		"a missing file":           {func() error { _, err := render.Load("Pulumi.none.yaml"); return err }, []string{"STACK-FILE: open Pulumi.none.yaml: "}},
		"no YAML":                  {func() error { _, err := load(t, "config: ["); return err }, []string{"STACK-FILE: "}},
		"values of an environment": {func() error { _, err := load(t, "environment: [shared]\n"+valid); return err }, []string{"environment: has values that only Pulumi reads"}},
		"two wrong keys": {func() error {
			_, err := load(t, cluster+"  vllm-eks:models: [{name: a, model: org/m, imag: x}, {name: 9, model: org/m}]\n")
			return err
		}, []string{"models[0].imag: ", "models[1].name: "}},
		"an encrypted part of a model": {func() error {
			_, err := load(t, cluster+"  vllm-eks:models: [{name: a, model: org/m, env: {A: {secure: canary}}}]\n")
			return err
		}, []string{"models: "}},
		"zones that only the account knows": {func() error {
			text, err := os.ReadFile("../../Pulumi.dev.yaml")
			if err != nil {
				return err
			}
			_, err = load(t, strings.Replace(string(text), "    zones: [us-west-2a, us-west-2b]", "   ", 1))
			return err
		}, []string{"network.zones: is missing, and the account was not read"}},
		"an unknown model": {func() error {
			s, err := load(t, valid)
			if err == nil {
				_, err = s.Objects(render.Options{Model: "b"})
			}
			return err
		}, []string{`--model: is "b", which Pulumi.test.yaml does not have; want one of: a`}},
	} {
		t.Run(name, func(t *testing.T) {
			err := test.load()
			if err == nil {
				t.Fatal("it is accepted")
			}
			lines := strings.Split(err.Error(), "\n")
			for _, want := range test.want {
				if !slices.ContainsFunc(lines, func(line string) bool { return strings.HasPrefix(line, want) }) || strings.Contains(err.Error(), "canary") {
					t.Errorf("the problems are\n%s\nwant one that begins with %q", err, want)
				}
			}
		})
	}
}

// TestFlagsOfSecrets checks the problems of the flags.
func TestFlagsOfSecrets(t *testing.T) {
	for name, test := range map[string]struct {
		secrets render.Secrets
		want    []string
	}{
		"existing":               {render.Secrets{}, nil},
		"external":               {render.Secrets{From: "external", Store: "aws", Kind: "ClusterSecretStore", Path: "a/b"}, nil},
		"another source":         {render.Secrets{From: "vault"}, []string{`--secrets: is "vault", want existing or external`}},
		"no store":               {render.Secrets{From: "external"}, []string{"--secret-store: is missing"}},
		"a store without a need": {render.Secrets{Store: "aws", Path: "x"}, []string{"--secret-path: is ignored", "--secret-store: is ignored"}},
		"a wrong store":          {render.Secrets{From: "external", Store: "A B", Kind: "Vault", Path: "a/"}, []string{"--secret-path: ", "--secret-store-kind: ", "--secret-store: "}},
	} {
		t.Run(name, func(t *testing.T) {
			errs := test.secrets.Validate()
			if len(errs) != len(test.want) {
				t.Fatalf("the problems are %v, want %q", errs, test.want)
			}
			for i, err := range errs {
				if !strings.HasPrefix(err.Error(), test.want[i]) {
					t.Errorf("a problem is %q, want %q", err, test.want[i])
				}
			}
		})
	}
}
