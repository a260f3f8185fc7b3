package config

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// decodeModels reads the models, each of which takes what it lacks from the
// defaults, and what those lack from what it has pinned.
func decodeModels(top *node) []serving.Spec {
	defaults := top.object("defaults")
	var unused serving.Spec
	decodeShared(defaults, &unused)
	var specs []serving.Spec
	for _, n := range top.objects("models") {
		pin := n.object("pin")
		decodeShared(pin, &unused)
		n.fallback = &node{path: defaults.path, values: defaults.values, d: n.d}
		n.fallback.fallback = &node{path: pin.path, values: pin.values, d: n.d}
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
			ID:       own.str("model"),
			Revision: own.str("revision"),
			MaxLen:   own.integer("maxModelLen"),
			Shape:    own.shape(),

			DType:           own.str("dtype"),
			Quantization:    own.str("quantization"),
			KVCacheDType:    own.str("kvCacheDtype"),
			PrefixCaching:   own.optionalBoolean("prefixCaching"),
			ToolCallParser:  own.str("toolCallParser"),
			ReasoningParser: own.str("reasoningParser"),
			TrustRemoteCode: own.boolean("trustRemoteCode"),
		},
	}
	spec.Model.ServedNames = own.stringOrList("servedModelName")
	drafter := own.object("speculative")
	spec.Speculative = serving.Speculative{Method: drafter.str("method"), Model: drafter.str("model"), Tokens: drafter.integer("tokens")}
	spec.PreviousNames = own.texts("previousNames")
	n.asked = own.asked
	decodeShared(n, &spec)
	// Both say which vLLM runs: what the model says of it replaces what the
	// defaults say, whichever of the two keys they use.
	switch {
	case n.has("image") && !n.has("vllmVersion"):
		spec.VLLMVersion = ""
	case n.has("vllmVersion") && !n.has("image"):
		spec.Image = ""
	}
	return spec
}

// decodeShared reads the keys that `defaults` may give for every model.
func decodeShared(n *node, spec *serving.Spec) {
	spec.VLLMVersion = n.str("vllmVersion")
	spec.Model.MaxNumSeqs = n.integer("maxNumSeqs")
	spec.Image = n.str("image")
	spec.KVCache = serving.KVCache{HostMemory: n.object("kvCache").str("hostMemory")}
	queue := n.object("queue")
	spec.Queue = serving.QueueLimits{MaxRequests: queue.integer("maxRequests"), MaxTokens: queue.integer("maxTokens")}
	media := n.object("media")
	spec.Media = serving.Media{
		Domains: media.texts("domains"),
		Images:  media.integerOrZero("images"), Videos: media.integerOrZero("videos"), Sounds: media.integerOrZero("sounds"),
	}
	gpu := n.object("gpu")
	spec.GPU = serving.GPU{Type: gpu.str("type"), Count: gpu.integer("count")}
	spec.NodeGroupNames = n.stringOrList("nodeGroup")
	objectives := n.object("objectives")
	spec.Objectives = serving.Objectives{
		TPOTMilliseconds: objectives.integer("tpotMilliseconds"),
		TTFTMilliseconds: objectives.integer("ttftMilliseconds"),
		InputTokens:      objectives.integer("inputTokens"),
		OutputTokens:     objectives.integer("outputTokens"),
	}
	replicas := n.object("replicas")
	spec.Replicas = serving.Replicas{Min: replicas.integerOrZero("min"), Max: replicas.integer("max")}
	resources := n.object("resources")
	spec.Resources = serving.Resources{
		CPU:     resources.str("cpu"),
		Memory:  resources.str("memory"),
		ShmSize: resources.str("shmSize"),
		Disk:    resources.str("disk"),
	}
	lifecycle := n.object("lifecycle")
	spec.Lifecycle = serving.Lifecycle{
		LoadSeconds:      lifecycle.integer("loadSeconds"),
		ProvisionSeconds: lifecycle.integer("provisionSeconds"),
		DrainSeconds:     lifecycle.integer("drainSeconds"),
		ShutdownSeconds:  lifecycle.integer("shutdownSeconds"),
		Rollout:          serving.Rollout(lifecycle.str("rollout")),
		HungSeconds:      lifecycle.integer("hungSeconds"),
	}
	spec.Access = serving.Access{
		HuggingFaceToken:   decodeSecretRef(n.object("huggingFaceToken")),
		APIKey:             decodeSecretRef(n.object("apiKey")),
		ServiceAccountName: n.str("serviceAccountName"),
	}
	spec.Scheduling = serving.Scheduling{
		NodeSelector:  n.textMap("nodeSelector"),
		PriorityClass: n.str("priorityClass"),
		Tolerations:   decodeTolerations(n.objects("tolerations")),
	}
	spec.LoRA = decodeLoRA(n.object("lora"))
	spec.Scaling = decodeScaling(n.object("scaling"))
	spec.Storage = decodeStorage(n.object("storage"))
	spec.Network = decodeNetwork(n.object("network"))
	spec.Ingress = decodeIngress(n.object("ingress"))
	spec.Volumes = decodeVolumes(n.objects("volumes"))
	spec.Labels, spec.Annotations = n.textMap("labels"), n.textMap("annotations")
	spec.Env = n.textMap("env")
	spec.ExtraArgs = n.texts("extraArgs")
	spec.PodPatch = n.mapping("podPatch")
}

// checkReferences checks what one list says about another or itself, and gives
// models the namespace that they need not name because there is only one. It
// settles the namespaces of models: what is wrong with one is said here, or
// where the namespace is listed.
func (c *Config) checkReferences(d *decoding, done settled) {
	listed := map[string]string{}
	var names []string
	complete := !done.covers("namespaces")
	for i, n := range c.Namespaces {
		unique(d, listed, n.Name, fmt.Sprintf("namespaces[%d]", i))
		if n.Name == "" {
			complete = false // reported as missing; any model may have meant it
			continue
		}
		names = append(names, n.Name)
	}
	if complete && len(names) == 0 && len(c.Models) > 0 {
		d.add(field.ErrorTypeForbidden, "namespaces", "is empty, and models need one; list one, or remove the key for the namespace inference")
	}
	groups := map[string]string{}
	for i, g := range c.NodeGroups {
		unique(d, groups, g.Name, fmt.Sprintf("nodeGroups[%d]", i))
	}
	models := map[string]string{}
	for i := range c.Models {
		m := &c.Models[i]
		path := fmt.Sprintf("models[%d]", i)
		unique(d, models, m.Name, path)
		for j, name := range m.PreviousNames {
			uniqueAt(d, models, name, path, fmt.Sprintf("%s.previousNames[%d]", path, j))
		}
		key := path + ".namespace"
		if complete && len(names) > 0 && !done.covers(key) {
			m.Namespace = chooseNamespace(d, key, m.Namespace, names)
		}
		done[key] = true
	}
}

// chooseNamespace is the namespace of a model, which must be one of the names.
func chooseNamespace(d *decoding, key, name string, names []string) string {
	choice := strings.Join(names, ", ")
	switch {
	case name == "" && len(names) == 1:
		return names[0]
	case name == "":
		d.add(field.ErrorTypeRequired, key, "is missing, and there are several namespaces; name one of %s", choice)
	case !slices.Contains(names, name):
		d.add(field.ErrorTypeNotSupported, key, "is %q, which is not among the namespaces%s; want one of %s", name, didYouMean(name, names), choice)
	}
	return name
}

// unique reports a name that an earlier item has already.
func unique(d *decoding, seen map[string]string, name, path string) {
	uniqueAt(d, seen, name, path, path+".name")
}

// uniqueAt is unique for a name that stands at a key of its own.
func uniqueAt(d *decoding, seen map[string]string, name, path, key string) {
	if name == "" {
		return // reported as missing
	}
	switch first, taken := seen[name]; {
	case first == path: // two of its own, reported as such
	case taken:
		d.add(field.ErrorTypeDuplicate, key, "is %q, which is the name of %s already; names are unique in a stack", name, first)
	default:
		seen[name] = path
	}
}

func didYouMean(word string, candidates []string) string {
	if near := nearest(word, candidates); near != "" {
		return fmt.Sprintf(" (did you mean %s?)", near)
	}
	return ""
}
