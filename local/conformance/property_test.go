package conformance

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"
	"pgregory.net/rapid"

	"github.com/vllm-eks/vllm-eks/components/serving/manifest"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/local/conformance/specs"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// specsDrawn is the number of specs that a run draws; -rapid.checks overrides it.
const specsDrawn = "10000"

func TestMain(m *testing.M) {
	flag.Parse()
	set := false
	flag.Visit(func(f *flag.Flag) { set = set || f.Name == "rapid.checks" })
	settings := map[string]string{"rapid.nofailfile": "true"}
	if !set {
		settings["rapid.checks"] = specsDrawn
	}
	for name, value := range settings {
		if err := flag.Set(name, value); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
	}
	os.Exit(m.Run())
}

// draw sets the number of specs that a test draws, unless -rapid.checks does.
func draw(t *testing.T, checks string) {
	t.Helper()
	checksFlag := flag.Lookup("rapid.checks")
	old := checksFlag.Value.String()
	if old != specsDrawn {
		return
	}
	t.Cleanup(func() {
		if err := checksFlag.Value.Set(old); err != nil {
			t.Error(err)
		}
	})
	if err := checksFlag.Value.Set(checks); err != nil {
		t.Fatal(err)
	}
}

const manager = "vllm-eks/test"

// The objects of every accepted spec pass the checks; the messages about a refused spec name keys of
// the user.
func TestAnySpecIsRefusedByItsKeysOrConforms(t *testing.T) {
	keys := modelKeys(t)
	accepted, refused := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		spec := specs.Random().Draw(t, "spec").WithDefaults()
		if err := problems.Err(manifest.Validate(spec, field.NewPath(modelPath))); err != nil {
			refused++
			for _, problem := range refusalProblems(err, keys) {
				t.Error(problem)
			}
			return
		}
		accepted++
		for _, problem := range acceptanceProblems(spec) {
			t.Error(problem)
		}
	})
	total := accepted + refused
	t.Logf("%d specs: %d accepted, %d refused", total, accepted, refused)
	for outcome, n := range map[string]int{"accepted": accepted, "refused": refused} {
		if n*100 < total*15 {
			t.Errorf("only %d of %d specs are %s, want at least 15 %%", n, total, outcome)
		}
	}
}

const modelPath = "models[0]"

// acceptanceProblems returns the problems of the objects of an accepted spec, which must be the same
// each time.
func acceptanceProblems(spec serving.Spec) []error {
	objects := manifest.Objects(spec, manager)
	found := Check(spec, objects)
	if first, second := asJSON(objects), asJSON(manifest.Objects(spec, manager)); !bytes.Equal(first, second) {
		found = append(found, fmt.Errorf("rendered twice, the objects differ"))
	}
	return found
}

func asJSON(objects []manifest.Object) []byte {
	text, err := json.Marshal(objects)
	if err != nil {
		return []byte(err.Error())
	}
	return text
}

// refusalProblems returns the messages that name no key or contain a secret.
func refusalProblems(err error, keys declaredKeys) []error {
	var found findings
	for _, p := range problems.Of(err, "") {
		key, below := strings.CutPrefix(p.Field, modelPath+".")
		found.need(below && keys.names(key), "the message %q starts with %q, want a key of a model", p.Detail, p.Field)
		found.need(p.Detail != "" && p.Detail == strings.TrimSpace(p.Detail), "the message of %s is %q", p.Field, p.Detail)
		found.need(!strings.Contains(p.Detail, specs.Canary), "a message contains a secret: %s", p)
	}
	found.need(len(found) > 0 || err.Error() != "", "refused without a message")
	return found
}
