package helmchart

import "strings"

// Types of values. Kubernetes checks the parts of its objects.
const (
	group    = "group"    // the values below it
	word     = "string"   // a string
	count    = "integer"  // a whole number, not negative
	truth    = "boolean"  // a boolean
	list     = "strings"  // a list of strings
	pairs    = "pairs"    // a mapping of strings
	part     = "part"     // a mapping of a Kubernetes object
	partList = "partList" // a list of mappings of a Kubernetes object
)

// field is a value of the chart.
type field struct {
	// path is the position of the value, kind its type and doc its documentation.
	path, kind, doc string
	// schema holds further keywords of the JSON Schema. Default: none.
	schema map[string]any
}

// fields declares the values of the chart, in the order of values.yaml.
var fields = []field{
	{"name", word, "Name of the Deployment, the Service and the metrics. Default: the name of the release.",
		map[string]any{"pattern": `^([a-z]([-a-z0-9]{0,52}[a-z0-9])?)?$`}},
	{"previousNames", list, "Further names of the Service, of a renamed model.", nil},
	{"image", word, "Image of vLLM, with a tag or a digest.", map[string]any{"pattern": `^.+(:[^/:@]+|@sha256:[0-9a-f]{64})$`, "not": map[string]any{"pattern": `:latest$`}}},
	{"args", list, "Arguments of vllm serve: the model, its names, and sizes. Keep --port, --shutdown-timeout and --middleware.", map[string]any{"minItems": 1}},
	{"extraArgs", list, "Further arguments of vllm serve.", nil},
	{"env", pairs, "Variables of vLLM, stored unencrypted.", nil},
	{"fieldEnv", pairs, "Variables with a field of the pod, such as metadata.name.", nil},
	{"secretEnv", "secrets", "Variables with a key of a Secret that exists in the namespace, such as\n" +
		"HF_TOKEN: {secret: vllm-huggingface, key: token}. With VLLM_API_KEY, clients must send the key.", nil},
	{"replicas", group, "Bounds of the number of replicas.", nil},
	{"replicas.min", count, "Smallest number of replicas.", nil},
	{"replicas.max", count, "Largest number of replicas.", map[string]any{"minimum": 1}},
	{"scaling", group, "The scaler changes the number of replicas within the bounds.", nil},
	{"scaling.scaler", word, "keda (by requests and the KV cache), cpu (a HorizontalPodAutoscaler), external (another\nprogram sets the number of replicas), or none (always replicas.max).", map[string]any{"enum": []any{scalerKEDA, scalerCPU, scalerExternal, scalerNone}}},
	{"scaling.prometheusUrl", word, "Address at which KEDA reaches Prometheus.", nil},
	{"scaling.triggers", "triggers", "KEDA scales to the largest result of a query divided by its threshold.\n" +
		"$NAMESPACE and $NAME are those of the release.", nil},
	{"scaling.fallbackReplicas", count, "Smallest number of replicas while Prometheus does not answer.", nil},
	{"scaling.failureThreshold", count, "Number of failed polls after which that number applies.", map[string]any{"minimum": 1}},
	{"scaling.downSeconds", count, "Seconds of low load before replicas are removed.", nil},
	{"scaling.fromZero", part, "pollingInterval, cooldownPeriod and initialCooldownPeriod in seconds, if replicas.min is 0.", map[string]any{
		"properties":           map[string]any{"pollingInterval": whole(), "cooldownPeriod": whole(), "initialCooldownPeriod": whole()},
		"additionalProperties": false,
	}},
	{"scaling.targetCPU", count, "Use of the requested cores in percent, with the scaler cpu.", map[string]any{"minimum": 1}},
	{"resources", part, "Requests and limits of a replica. nvidia.com/gpu is the number of GPUs.", nil},
	{"nodeSelector", pairs, "Labels that a node must have.", nil},
	{"tolerations", partList, "Taints of nodes on which replicas may run.", nil},
	{"affinity", part, "Affinity of the pods.", nil},
	{"priorityClassName", word, "PriorityClass of the pods.", nil},
	{"labels", pairs, "Labels of every object and of the pods.", nil},
	{"annotations", pairs, "Annotations of the pods.", nil},
	{"startupProbe", part, "Probe until the model is loaded. It may take twice the expected time.", nil},
	{"livenessProbe", part, "Probe that restarts a replica that does not answer. Set httpGet to null for another kind.", nil},
	{"drainSeconds", count, "Seconds in which a stopping pod still accepts requests.", map[string]any{"minimum": 1}},
	{"terminationGracePeriodSeconds", count, "Seconds until a stopping pod is killed: drainSeconds, --shutdown-timeout and 10.", map[string]any{"minimum": 1}},
	{"progressDeadlineSeconds", count, "Seconds after which a rollout counts as failed.", map[string]any{"minimum": 1}},
	{"rollout", group, "Replicas of an update.", nil},
	{"rollout.maxSurge", count, "Replicas that start before an old one stops; each needs free GPUs.", nil},
	{"rollout.maxUnavailable", count, "Replicas that stop before a new one is ready.", nil},
	{"disruptionBudget", group, "Limit of evictions.", nil},
	{"disruptionBudget.maxUnavailable", count, "Replicas that a drain may stop at the same time.", map[string]any{"minimum": 1}},
	{"volumes", partList, "Volumes of the pods.", nil},
	{"volumeMounts", partList, "Paths of the volumes in vLLM's container.", nil},
	{"cache", group, "A claim that all replicas share, for downloaded weights and compiled code.", nil},
	{"cache.claim", word, "Name of the created claim, which volumes refers to.", nil},
	{"cache.storageClass", word, "StorageClass with volumes that several nodes can mount. Without it, no claim is created.", nil},
	{"cache.size", word, "Size of the claim, such as 120Gi.", nil},
	{"serviceAccount", group, "Identity of the pods.", nil},
	{"serviceAccount.create", truth, "Create a ServiceAccount with the name of the service.", nil},
	{"serviceAccount.name", word, "Name of a ServiceAccount that exists, without create.", nil},
	{"service", group, "The Service in front of the replicas.", nil},
	{"service.type", word, "ClusterIP, or LoadBalancer.", map[string]any{"enum": []any{"ClusterIP", "LoadBalancer"}}},
	{"service.annotations", pairs, "Annotations of the Service, such as settings of a load balancer.", nil},
	{"service.loadBalancer", part, "Further fields of a Service of the type LoadBalancer, such as loadBalancerClass.", nil},
	{"ingress", group, "The Ingress for clients outside the cluster. It exposes only /v1.", nil},
	{"ingress.className", word, "IngressClass. Without it, there is no Ingress. Allow its controller in networkPolicy.ingress.", nil},
	{"ingress.host", word, "Host name by which clients call the service.", nil},
	{"ingress.tlsSecret", word, "Secret of the type kubernetes.io/tls.", nil},
	{"ingress.annotations", pairs, "Annotations of the Ingress.", nil},
	{"networkPolicy", group, "Traffic of the replicas that is allowed.", nil},
	{"networkPolicy.ingress", partList, "Rules for callers: by default the pods of the namespace, and Prometheus.", nil},
	{"networkPolicy.egress", partList, "Rules for addresses that replicas call: by default public addresses, and DNS.", nil},
	{"serviceMonitor", group, "How Prometheus' operator scrapes the replicas.", nil},
	{"serviceMonitor.enabled", truth, "Create a ServiceMonitor.", nil},
	{"serviceMonitor.interval", word, "Time between two scrapes.", map[string]any{"pattern": `^[0-9]+s$`}},
	{"serviceMonitor.scrapeTimeout", word, "Time limit of a scrape.", map[string]any{"pattern": `^[0-9]+s$`}},
	{"serviceMonitor.labels", pairs, "Labels of the ServiceMonitor, for a Prometheus that selects by labels.", nil},
	{"podTemplate", part, "A whole template of the pods, in place of all values that describe them. cmd/render writes it\n" +
		"for a model with podPatch.", nil},
}

// whole returns the schema of a whole number that is not negative.
func whole() map[string]any { return map[string]any{"type": "integer", "minimum": 0} }

// closed returns the schema of a mapping with exactly these strings.
func closed(names ...string) map[string]any {
	properties, required := map[string]any{}, []any{}
	for _, name := range names {
		properties[name] = map[string]any{"type": "string", "minLength": 1}
		required = append(required, name)
	}
	return map[string]any{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
}

// schemas returns the JSON Schema of each type of values.
func schemas() map[string]map[string]any {
	text := map[string]any{"type": "string"}
	return map[string]map[string]any{
		word: {"type": "string"}, count: whole(), truth: {"type": "boolean"},
		list:       {"type": "array", "items": text},
		pairs:      {"type": "object", "additionalProperties": text},
		part:       {"type": "object"},
		partList:   {"type": "array", "items": map[string]any{"type": "object"}},
		"secrets":  {"type": "object", "additionalProperties": closed("secret", "key")},
		"triggers": {"type": "array", "items": closed("name", "query", "threshold")},
	}
}

// Schema returns the JSON Schema of the values. It refuses every value that the chart does
// not read.
func Schema() map[string]any {
	schema := properties("")
	schema["$schema"] = "http://json-schema.org/draft-07/schema#"
	schema["title"] = "Values of the chart vllm"
	schema["$comment"] = generated
	// Helm passes values for all charts of a release.
	schema["properties"].(map[string]any)["global"] = map[string]any{"type": "object"}
	return schema
}

// properties returns the schema of the values below a prefix.
func properties(prefix string) map[string]any {
	found := map[string]any{}
	for _, f := range fields {
		rest, ok := strings.CutPrefix(f.path, prefix)
		if !ok || strings.Contains(rest, ".") {
			continue
		}
		schema := schemas()[f.kind]
		if f.kind == group {
			schema = properties(f.path + ".")
		}
		schema["description"] = strings.ReplaceAll(f.doc, "\n", " ")
		for keyword, value := range f.schema {
			schema[keyword] = value
		}
		found[rest] = schema
	}
	return map[string]any{"type": "object", "properties": found, "additionalProperties": false}
}
