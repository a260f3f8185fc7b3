package config

import (
	"fmt"
	"strings"

	"github.com/vllm-eks/vllm-eks/components/serving"
	"github.com/vllm-eks/vllm-eks/internal/problems"
)

// decodeModels reads the models, each of which takes what it lacks from the
// defaults.
func decodeModels(top *node) []serving.Spec {
	defaults := top.object("defaults")
	var unused serving.Spec
	decodeShared(defaults, &unused)
	var specs []serving.Spec
	for _, n := range top.objects("models") {
		n.fallback = &node{path: defaults.path, values: defaults.values, d: n.d}
		specs = append(specs, decodeModel(n))
	}
	return specs
}

// decodeModel reads one model: what it alone can say, and what it shares.
func decodeModel(n *node) serving.Spec {
	own := *n
	own.fallback = nil
	spec := serving.Spec{
		Name:      own.str("name"),
		Namespace: own.str("namespace"),
		Model: serving.Model{
			ID:         own.str("model"),
			Revision:   own.str("revision"),
			ServedName: own.str("servedModelName"),
			MaxLen:     own.integer("maxModelLen"),
		},
	}
	n.asked = append(n.asked, own.asked...)
	decodeShared(n, &spec)
	if n.has("image") && !n.has("vllmVersion") {
		// The version of the defaults is about the image that this one replaces.
		spec.VLLMVersion = ""
	}
	return spec
}

// decodeShared reads the keys that `defaults` may give for every model.
func decodeShared(n *node, spec *serving.Spec) {
	spec.VLLMVersion = n.str("vllmVersion")
	spec.Image = n.str("image")
	spec.GPU.Count = n.object("gpu").integer("count")
	replicas := n.object("replicas")
	spec.Replicas = serving.Replicas{Min: replicas.integerOrZero("min"), Max: replicas.integer("max")}
	resources := n.object("resources")
	spec.Resources = serving.Resources{
		CPU:     resources.str("cpu"),
		Memory:  resources.str("memory"),
		ShmSize: resources.str("shmSize"),
	}
	lifecycle := n.object("lifecycle")
	spec.Lifecycle = serving.Lifecycle{
		LoadSeconds:      lifecycle.integer("loadSeconds"),
		ProvisionSeconds: lifecycle.integer("provisionSeconds"),
		DrainSeconds:     lifecycle.integer("drainSeconds"),
		ShutdownSeconds:  lifecycle.integer("shutdownSeconds"),
		Rollout:          serving.Rollout(lifecycle.str("rollout")),
	}
	token := n.object("huggingFaceToken")
	spec.Access.HuggingFaceToken = serving.SecretRef{Name: token.str("existingSecret"), Key: token.str("key")}
	spec.Scheduling.NodeSelector = n.textMap("nodeSelector")
	spec.Env = n.textMap("env")
	spec.ExtraArgs = n.texts("extraArgs")
}

// checkReferences checks what one list says about another or itself, and gives
// models the namespace that they need not name because there is only one.
func (c *Config) checkReferences(d *decoding, undecoded *problems.List) {
	namespaces := map[string]string{}
	var names []string
	for i, n := range c.Namespaces {
		names = append(names, n.Name)
		unique(d, namespaces, n.Name, fmt.Sprintf("namespaces[%d]", i))
	}
	models := map[string]string{}
	for i := range c.Models {
		m := &c.Models[i]
		path := fmt.Sprintf("models[%d]", i)
		unique(d, models, m.Name, path)
		key := path + ".namespace"
		switch {
		case undecoded.Has(key) || undecoded.Has("namespaces"):
			undecoded.Addf(key, "not known")
		case m.Namespace == "" && len(names) == 1:
			m.Namespace = names[0]
			undecoded.Addf(key, "checked where it is listed")
		case m.Namespace == "" && len(names) > 1:
			d.add(key, "is missing, and there are several namespaces; name one of %s", strings.Join(names, ", "))
			undecoded.Addf(key, "reported")
		case m.Namespace != "" && namespaces[m.Namespace] == "":
			d.add(key, "is %q, which is not among the namespaces%s; want one of %s", m.Namespace, didYouMean(m.Namespace, names), strings.Join(names, ", "))
			undecoded.Addf(key, "reported")
		}
	}
}

// unique reports a name that an earlier item has already.
func unique(d *decoding, seen map[string]string, name, path string) {
	if name == "" {
		return // reported as missing
	}
	if first, taken := seen[name]; taken {
		d.add(path+".name", "is %q, which is the name of %s already; names are unique in a stack", name, first)
		return
	}
	seen[name] = path
}

func didYouMean(word string, candidates []string) string {
	if near := nearest(word, candidates); near != "" {
		return fmt.Sprintf(" (did you mean %s?)", near)
	}
	return ""
}
