package stack

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"

	"github.com/vllm-eks/vllm-eks/config"
	"github.com/vllm-eks/vllm-eks/internal/keys"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/internal/stacktest"
)

// stackSchema returns the JSON Schema by which editors check a stack's file.
var stackSchema = sync.OnceValues(func() (*jsonschema.Schema, error) {
	const path = "../docs/reference/stack.schema.json"
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(path, document); err != nil {
		return nil, err
	}
	return c.Compile(path)
})

// refusals returns what the schema refuses of a stack's file: the places, such as
// config vllm-eks:models 0 name.
func refusals(text []byte) ([]string, error) {
	schema, err := stackSchema()
	if err != nil {
		return nil, err
	}
	asJSON, err := yaml.YAMLToJSON(text)
	if err != nil {
		return nil, err
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
	if err != nil {
		return nil, err
	}
	err = schema.Validate(document)
	var refused *jsonschema.ValidationError
	if err == nil || !errors.As(err, &refused) {
		return nil, err
	}
	return leaves(refused), nil
}

// leaves returns the places of an error, without those of alternatives that are of
// another type altogether: JSON in place of a list.
func leaves(e *jsonschema.ValidationError) []string {
	if len(e.Causes) == 0 {
		return []string{strings.Join(e.InstanceLocation, " ")}
	}
	var places []string
	_, isChoice := e.ErrorKind.(*kind.AnyOf)
	for _, cause := range e.Causes {
		if _, other := cause.ErrorKind.(*kind.Type); !other || !isChoice {
			places = append(places, leaves(cause)...)
		}
	}
	if len(places) == 0 {
		places = append(places, strings.Join(e.InstanceLocation, " "))
	}
	return places
}

// acceptedBySchema returns an error if the schema refuses a configuration.
func acceptedBySchema(c stacktest.Config) error {
	values := map[string]any{}
	for key, text := range c.Values {
		var value any
		switch {
		case slices.Contains(c.Secret, key):
			values[key] = map[string]string{"secure": "v1:x"}
		case strings.HasPrefix(key, config.Namespace+":") && json.Unmarshal([]byte(text), &value) == nil:
			values[key] = value
		default:
			values[key] = text
		}
	}
	file, err := json.Marshal(map[string]any{"config": values})
	if err != nil {
		return err
	}
	refused, err := refusals(file)
	if err == nil && len(refused) > 0 {
		err = fmt.Errorf("the program accepts the configuration, and its schema refuses %q of %s", refused, file)
	}
	return err
}

// place returns where the schema refuses a key, such as models[0].name.
func place(key string) string {
	key = strings.NewReplacer("[", " ", "]", "", ".", " ").Replace(key)
	if !strings.HasPrefix(key, "aws:") {
		key = config.Namespace + ":" + key
	}
	return "config " + key
}

var (
	index = regexp.MustCompile(`\[\d+\]`)
	got   = regexp.MustCompile(`^is "?([^" ,]*)"?, want`)
)

// declaredKey returns the declaration of a key by its path, also in a scope.
func declaredKey(t *testing.T, path string) *keys.Key {
	t.Helper()
	root, err := config.Keys()
	if err != nil {
		t.Fatal(err)
	}
	path = index.ReplaceAllString(path, "[]")
	if below, ok := strings.CutPrefix(path, "defaults."); ok {
		path = "models[]." + below
	}
	path = strings.Replace(path, ".pin.", ".", 1)
	for _, k := range root.List() {
		if k.Path == path || k.Path+"[]" == path {
			return k
		}
	}
	return nil
}

// marked reports whether an editor is to mark a problem: a value of a wrong type, an
// unknown key, also of AWS' provider, a value out of its declared range or values, a
// unencrypted secret, an encrypted value in another place, and a key that is missing or
// has no value.
func marked(t *testing.T, p *field.Error) bool {
	t.Helper()
	switch {
	case p.Type == field.ErrorTypeTypeInvalid:
		return true
	case p.Type == field.ErrorTypeForbidden:
		return strings.HasPrefix(p.Detail, "is an unknown key") || strings.HasPrefix(p.Detail, "is stored unencrypted") || strings.HasPrefix(p.Detail, "holds an encrypted value")
	case strings.HasPrefix(p.Detail, "has no value"), strings.HasPrefix(p.Detail, "is a setting of the AWS provider"):
		return true
	}
	k, value := declaredKey(t, p.Field), got.FindStringSubmatch(p.Detail)
	if k != nil && k.Required && p.Type == field.ErrorTypeRequired {
		return true
	}
	if k == nil || value == nil {
		return false
	}
	x, err := strconv.ParseFloat(value[1], 64)
	return err == nil && !k.Range.Contains(x) || len(k.OneOf) > 0 && !slices.Contains(k.OneOf, value[1])
}

// TestSchemaRefusesWhatTheProgramRefuses compares the two on every malformed
// configuration: the schema refuses the same place, or what holds it. What the program
// accepts in any test, the schema accepts too, which recordIn holds.
func TestSchemaRefusesWhatTheProgramRefuses(t *testing.T) {
	files := map[string]string{}
	for _, test := range malformedConfigurations() {
		files[test.name] = test.file()
	}
	for _, test := range malformedOnAWS {
		files[test.name+" (AWS)"] = edited(t, test.change...)
	}
	compared := 0
	for name, file := range files {
		_, err := record("test", mustParse(t, file))
		refused, invalid := refusals([]byte(file))
		if invalid != nil {
			t.Errorf("%s: %v", name, invalid)
			continue
		}
		for _, p := range problems.Of(err, "no key") {
			if !marked(t, p) {
				continue
			}
			compared++
			at := place(p.Field)
			marks := func(in string) bool {
				holds, part := strings.HasPrefix(at, in+" "), strings.HasPrefix(in, at+" ")
				return in == at || holds || part && strings.HasPrefix(p.Detail, "holds an encrypted value")
			}
			if !slices.ContainsFunc(refused, marks) {
				t.Errorf("%s: the program refuses %s, and the schema only %q: %s", name, p.Field, refused, p.Detail)
			}
		}
	}
	if compared < 50 {
		t.Errorf("%d problems are compared", compared)
	}
}
