package conformance

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/yaml"

	"github.com/vllm-eks/vllm-eks/internal/versions"
	"github.com/vllm-eks/vllm-eks/local/gomodule"
)

// definitions holds the files that define the kinds, in modules that local/go.mod does not require:
// each would add hundreds of other modules.
var definitions = map[string]definition{
	"ScaledObject": {
		"github.com/kedacore/keda/v2@" + versions.KEDA,
		"config/crd/bases/keda.sh_scaledobjects.yaml",
	},
	"ServiceMonitor": {
		"github.com/prometheus-operator/prometheus-operator@" + versions.PrometheusOperator,
		"example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml",
	},
}

type definition struct{ module, file string }

// kind holds a definition in the form of the API server.
type kind struct {
	structural *schema.Structural
	values     validation.SchemaValidator
	rules      *cel.Validator
}

// kinds reads the definitions once. Go downloads their modules if they are missing.
var kinds = sync.OnceValues(func() (map[string]kind, error) {
	byName := map[string]kind{}
	for name, d := range definitions {
		k, err := d.read()
		if err != nil {
			return nil, fmt.Errorf("the definition of %s: %w", name, err)
		}
		byName[name] = k
	}
	return byName, nil
})

// conforms returns the problems that the API server would find in an object: unknown fields, invalid
// values and broken rules.
func conforms(o *unstructured.Unstructured) []error {
	byName, err := kinds()
	if err != nil {
		return []error{err}
	}
	k := byName[o.GetKind()]
	var found findings
	unknown := schema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true}
	for _, path := range pruning.PruneWithOptions(o.DeepCopy().Object, k.structural, true, unknown) {
		found.addf("unknown field %q", path)
	}
	problems := validation.ValidateCustomResource(nil, o.Object, k.values)
	problems = append(problems, listtype.ValidateListSetsAndMaps(nil, k.structural, o.Object)...)
	if k.rules != nil {
		broken, _ := k.rules.Validate(context.Background(), field.NewPath(""), k.structural, o.Object, nil, celconfig.RuntimeCELCostBudget)
		problems = append(problems, broken...)
	}
	for _, problem := range problems {
		found.addf("%w", problem)
	}
	return found
}

func (d definition) read() (kind, error) {
	folder, err := gomodule.Folder(context.Background(), "", d.module)
	if err != nil {
		return kind{}, err
	}
	text, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(d.file)))
	if err != nil {
		return kind{}, err
	}
	var crd apiextensionsv1.CustomResourceDefinition
	if err := yaml.UnmarshalStrict(text, &crd); err != nil {
		return kind{}, err
	}
	if n := len(crd.Spec.Versions); n != 1 || crd.Spec.Versions[0].Schema == nil {
		return kind{}, fmt.Errorf("%s has %d versions, want one with a schema", d.file, n)
	}
	var props apiextensions.JSONSchemaProps
	if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(crd.Spec.Versions[0].Schema.OpenAPIV3Schema, &props, nil); err != nil {
		return kind{}, err
	}
	var k kind
	if k.structural, err = schema.NewStructural(&props); err != nil {
		return kind{}, err
	}
	if k.values, _, err = validation.NewSchemaValidator(&props); err != nil {
		return kind{}, err
	}
	k.rules = cel.NewValidator(k.structural, true, celconfig.PerCallLimit)
	return k, nil
}
