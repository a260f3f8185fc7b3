package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"github.com/vllm-eks/vllm-eks/components/monitoring/manifest"
	"github.com/vllm-eks/vllm-eks/components/monitoring/rules"
	servingmanifest "github.com/vllm-eks/vllm-eks/components/serving/manifest"
	"github.com/vllm-eks/vllm-eks/internal/helmchart"
	"github.com/vllm-eks/vllm-eks/internal/trees"
	"github.com/vllm-eks/vllm-eks/internal/watched"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// Options select the objects.
type Options struct {
	// Model is the name of the only model that is rendered, without the objects that models
	// share: namespaces, rules and dashboards. Default: everything.
	Model string
	// Secrets is where the values of Secrets come from. Default: existing Secrets.
	Secrets Secrets
	// Alternatives adds, in the folder alternatives, the HorizontalPodAutoscaler of each
	// model that KEDA scales.
	Alternatives bool
}

// Object is one Kubernetes object.
type Object struct {
	// File is the path of its file in the folder of the objects, with slashes.
	File string
	// Tree is the object as JSON decodes it.
	Tree map[string]any
}

// YAML returns the text of the object. The same object has the same text.
func (o Object) YAML() ([]byte, error) { return yaml.Marshal(o.Tree) }

// names holds the file of each kind of which a model or a namespace has one object.
var names = map[string]string{
	"HorizontalPodAutoscaler": "hpa", "PodDisruptionBudget": "pdb", "ScaledObject": "keda-scaledobject",
}

// Objects returns the objects of the stack, in the order in which they depend on each other.
// Files of models begin with the name of the model if there are several, and so do those of
// namespaces.
func (s *Stack) Objects(o Options) ([]Object, error) {
	models, err := s.Models(o)
	if err != nil {
		return nil, err
	}
	r := &rendering{}
	if o.Model == "" {
		r.namespaces(s.Config.Namespaces)
	}
	for _, m := range models {
		prefix := ""
		if len(models) > 1 {
			prefix = m.ObjectName() + "-"
		}
		for _, secret := range o.Secrets.objects(s, m) {
			r.add(prefix+secret.File, secret.Tree)
		}
		r.service(prefix, m)
		if o.Alternatives {
			r.alternative(prefix, m)
		}
	}
	if o.Model == "" {
		r.monitoring(s)
	}
	return r.list, r.err
}

// Models returns the models that are rendered, with the names of their Secrets.
func (s *Stack) Models(o Options) ([]serving.Spec, error) {
	var models []serving.Spec
	var names []string
	for _, m := range s.Config.Models {
		names = append(names, m.Name)
		if o.Model == "" || o.Model == m.Name {
			models = append(models, s.withSecrets(m))
		}
	}
	if o.Model != "" && len(models) == 0 {
		return nil, fmt.Errorf("--model: is %q, which %s does not have; want one of: %s", o.Model, s.File, strings.Join(names, ", "))
	}
	return models, nil
}

// alternatives is the folder of objects that exclude other objects.
const alternatives = "alternatives"

// HelmValues returns the values of the chart helm/vllm for each model. With several models,
// the name of the file begins with the name of the model.
func (s *Stack) HelmValues(o Options) ([]Object, error) {
	models, err := s.Models(o)
	if err != nil {
		return nil, err
	}
	var list []Object
	for _, m := range models {
		values, err := helmchart.Values(m)
		if err != nil {
			return nil, err
		}
		file := "values.yaml"
		if len(models) > 1 {
			file = m.ObjectName() + "-" + file
		}
		list = append(list, Object{File: file, Tree: values})
	}
	return list, nil
}

// rendering collects objects until the first error.
type rendering struct {
	list []Object
	err  error
}

// add adds an object without what only Pulumi reads.
func (r *rendering) add(file string, tree map[string]any) {
	r.list = append(r.list, Object{File: file + ".yaml", Tree: servingmanifest.Plain(tree)})
}

// addObject adds an object of Kubernetes' API types.
func (r *rendering) addObject(file string, o runtime.Object) {
	tree, err := servingmanifest.Tree(o)
	if r.err = cmp.Or(r.err, err); r.err == nil {
		r.add(file, tree)
	}
}

// namespaces adds the namespaces that the stack creates, each with the policy that denies
// all other traffic.
func (r *rendering) namespaces(list []serving.NamespaceSpec) {
	list = slices.DeleteFunc(slices.Clone(list), func(n serving.NamespaceSpec) bool { return n.Existing })
	for _, n := range list {
		prefix := ""
		if len(list) > 1 {
			prefix = n.Name + "-"
		}
		r.addObject(prefix+"namespace", servingmanifest.Namespace(n, ""))
		r.addObject(prefix+"networkpolicy-default-deny", servingmanifest.DenyAll(n, ""))
	}
}

// service adds the objects of a model.
func (r *rendering) service(prefix string, m serving.Spec) {
	for _, o := range servingmanifest.Objects(m, "") {
		kind := o.GetObjectKind().GroupVersionKind().Kind
		file := prefix + cmp.Or(names[kind], strings.ToLower(kind))
		if kind == "Service" {
			file += strings.ReplaceAll(o.Suffix, ".", "-") // of a previous name
		}
		r.addObject(file, o.Object)
	}
}

// alternative adds the HorizontalPodAutoscaler of a model that KEDA scales, for clusters
// without KEDA. KEDA refuses the ScaledObject beside it: the annotation that Pulumi needs to
// change the policy of a model would allow both.
func (r *rendering) alternative(prefix string, m serving.Spec) {
	if m.Scaler() != serving.KEDA || m.Replicas.Smallest() == 0 {
		return
	}
	m.Scaling = serving.Scaling{Policy: serving.CPU}
	m = m.WithDefaults()
	for _, o := range servingmanifest.Objects(m, "") {
		tree, err := servingmanifest.Tree(o.Object)
		if r.err = cmp.Or(r.err, err); r.err != nil {
			return
		}
		if tree["kind"] == "HorizontalPodAutoscaler" {
			annotations, _ := trees.Value(tree, trees.Path{"metadata", "annotations"})
			delete(annotations.(map[string]any), servingmanifest.OwnershipAnnotation)
			r.add(alternatives+"/"+prefix+names["HorizontalPodAutoscaler"], tree)
		}
	}
}

// monitoring adds the rules and the dashboards of the stack.
func (r *rendering) monitoring(s *Stack) {
	c := s.Config
	models, prometheus := watched.Models(c), c.Platform.Prometheus.WithDefaults()
	namespace := cmp.Or(watched.Namespace(c, models), prometheus.Namespace)
	if groups := rules.Groups(models, c.Bounds()); *prometheus.Rules && len(groups) > 0 {
		object, err := manifest.Rules(s.Name, namespace, prometheus.Labels, groups)
		if r.err = cmp.Or(r.err, err); r.err != nil {
			return
		}
		r.add("prometheusrule", object)
	}
	if !*prometheus.Dashboards || len(models) == 0 {
		return
	}
	list, err := manifest.Dashboards(s.Name, namespace)
	r.err = cmp.Or(r.err, err)
	for _, d := range list {
		r.add("dashboard-"+d.Name, d.Object)
	}
}
