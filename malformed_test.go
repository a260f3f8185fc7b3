package main

import (
	"strings"
	"testing"
)

// canary is a secret in the wrong place: no message may repeat it.
const canary = "hf_canary_3b9d0c"

// monitored is a Prometheus, for what scales.
const monitored = "  vllm-eks:monitoring: {prometheusUrl: \"http://prometheus:9090\"}\n"

const validCluster = "  vllm-eks:cluster: {existing: {context: test}}\n"

// malformed are configurations that are refused, with the beginning of every
// message. A line of `model` is one key of an otherwise valid model; `config`
// is the whole configuration.
var malformed = []struct {
	name   string
	model  string
	config string
	want   []string
}{
	{name: "no name", config: validCluster + "  vllm-eks:models: [{model: org/m}]",
		want: []string{"models[0].name: is missing"}},
	{name: "no model", config: validCluster + "  vllm-eks:models: [{name: a}]",
		want: []string{"models[0].model: is missing"}},
	{name: "empty model", config: validCluster + `  vllm-eks:models: [{name: a, model: ""}]`,
		want: []string{"models[0].model: is empty"}},
	{name: "name of 55 characters", config: validCluster + "  vllm-eks:models: [{name: " + strings.Repeat("a", 55) + ", model: org/m}]",
		want: []string{"models[0].name: has 55 characters, want at most 54"}},
	{name: "name in capitals", config: validCluster + "  vllm-eks:models: [{name: Mistral_7B, model: org/m}]",
		want: []string{`models[0].name: is "Mistral_7B", want lower-case letters`}},
	{name: "name begins with a digit", config: validCluster + "  vllm-eks:models: [{name: 7b, model: org/m}]",
		want: []string{`models[0].name: is "7b", want lower-case letters`}},
	{name: "name of a ServiceAccount that exists", config: validCluster + "  vllm-eks:models: [{name: default, model: org/m}]",
		want: []string{`models[0].name: is "default"`}},
	{name: "duplicate model", config: validCluster + "  vllm-eks:models: [{name: a, model: org/m}, {name: b, model: org/m}, {name: a, model: org/n}]",
		want: []string{`models[2].name: is "a", which is the name of models[0] already`}},
	{name: "model is no id", config: validCluster + `  vllm-eks:models: [{name: a, model: "--port"}]`,
		want: []string{`models[0].model: is "--port", want a Hugging Face model id`}},
	{name: "model is a number", config: validCluster + "  vllm-eks:models: [{name: a, model: 7}]",
		want: []string{"models[0].model: is a number, 7, want a text; put it in quotes"}},
	{name: "models is a mapping", config: validCluster + "  vllm-eks:models: {a: {model: org/m}}",
		want: []string{"models: is a mapping, want a list"}},
	{name: "a model is a text", config: validCluster + "  vllm-eks:models: [" + canary + "]",
		want: []string{"models[0]: is a text, want a mapping"}},
	{name: "models without a value", config: validCluster + "  vllm-eks:models:",
		want: []string{"models: has no value"}},

	{name: "unknown key, near a known one", model: "maxModelLength: 4096",
		want: []string{"models[0].maxModelLength: is an unknown key; did you mean maxModelLen?"}},
	{name: "unknown key, other capitals", model: "extraargs: []",
		want: []string{"models[0].extraargs: is an unknown key; did you mean extraArgs?"}},
	{name: "unknown key, far from all", model: "temperature: 1",
		want: []string{"models[0].temperature: is an unknown key; known ones are annotations, apiKey, dtype, env,"}},
	{name: "unknown key, nested", model: "gpu: {cuont: 2}",
		want: []string{"models[0].gpu.cuont: is an unknown key; did you mean count?"}},
	{name: "unknown key of the stack", config: validCluster + "  vllm-eks:model: []",
		want: []string{"model: is an unknown key; did you mean models?"}},
	{name: "unknown key of the cluster", config: "  vllm-eks:cluster: {existing: {contxt: a}}",
		want: []string{"cluster.existing.contxt: is an unknown key; did you mean context?", "cluster.existing.context: is missing"}},
	{name: "identity in the defaults", config: validCluster + "  vllm-eks:defaults: {revision: main}",
		want: []string{"defaults.revision: is an unknown key"}},

	{name: "negative GPUs", model: "gpu: {count: -1}",
		want: []string{"models[0].gpu.count: is -1, want 1 to 8"}},
	{name: "no GPUs", model: "gpu: {count: 0}",
		want: []string{"models[0].gpu.count: is 0, want a number of at least 1"}},
	{name: "more GPUs than a node has", model: "gpu: {count: 16}",
		want: []string{"models[0].gpu.count: is 16, want 1 to 8"}},
	{name: "GPUs as a text", model: `gpu: {count: "2"}`,
		want: []string{`models[0].gpu.count: is a text, "2", want a whole number`}},
	{name: "half a GPU", model: "gpu: {count: 0.5}",
		want: []string{"models[0].gpu.count: is a number, 0.5, want a whole number"}},
	{name: "a number that overflows", model: "maxModelLen: 99999999999999999999",
		want: []string{"models[0].maxModelLen: is a number,"}},
	{name: "a number instead of a mapping", model: "gpu: 2",
		want: []string{"models[0].gpu: is a number, want a mapping"}},
	{name: "negative length", model: "maxModelLen: -1",
		want: []string{"models[0].maxModelLen: is -1, want a number of tokens"}},
	{name: "length with a suffix", model: "maxModelLen: 8k",
		want: []string{`models[0].maxModelLen: is a text, "8k", want a whole number`}},
	{name: "key without a value", model: "maxModelLen: null",
		want: []string{"models[0].maxModelLen: has no value"}},
	{name: "zero replicas", model: "replicas: {min: 0}",
		want: []string{"models[0].replicas.min: is 0, want at least 1"}},
	{name: "max below min", model: "replicas: {min: 3, max: 2}",
		want: []string{"models[0].replicas.max: is 2, want at least replicas.min, which is 3"}},

	{name: "image latest", model: "image: vllm/vllm-openai:latest",
		want: []string{`models[0].image: is "vllm/vllm-openai:latest", whose tag changes`}},
	{name: "image nightly", model: "image: vllm/vllm-openai:nightly-0a1b2c",
		want: []string{`models[0].image: is "vllm/vllm-openai:nightly-0a1b2c", whose tag changes`}},
	{name: "image without a tag", model: "image: registry.example.com:5000/vllm",
		want: []string{`models[0].image: is "registry.example.com:5000/vllm", which has no tag`}},
	{name: "image too old", model: "image: vllm/vllm-openai:v0.31.9",
		want: []string{`models[0].image: is "vllm/vllm-openai:v0.31.9", whose version is v0.31.9, which has known vulnerabilities`}},
	{name: "image and version disagree", model: "image: vllm/vllm-openai:v0.33.0, vllmVersion: v0.34.0",
		want: []string{`models[0].image: is "vllm/vllm-openai:v0.33.0", but vllmVersion is v0.34.0`}},
	{name: "version too old", model: "vllmVersion: v0.9.2",
		want: []string{"models[0].vllmVersion: is v0.9.2, which has known vulnerabilities; want v0.32.0 or later"}},
	{name: "version latest", model: "vllmVersion: latest",
		want: []string{`models[0].vllmVersion: is "latest", which changes`}},
	{name: "version of the defaults", config: validCluster + "  vllm-eks:defaults: {vllmVersion: v0.31.0}\n  vllm-eks:models: [{name: a, model: org/m}, {name: b, model: org/m}]",
		want: []string{"defaults.vllmVersion: is v0.31.0, which has known vulnerabilities"}},
	{name: "wrong type in the defaults", config: validCluster + "  vllm-eks:defaults: {gpu: {count: two}}\n  vllm-eks:models: [{name: a, model: org/m}, {name: b, model: org/m}]",
		want: []string{`defaults.gpu.count: is a text, "two", want a whole number`}},

	{name: "removed flag", model: `extraArgs: [--max-num-batched-tokens, "4096", --swap-space, "4"]`,
		want: []string{"models[0].extraArgs[2]: "}},
	{name: "unknown flag", model: "extraArgs: [--max-modle-len, \"4096\"]",
		want: []string{"models[0].extraArgs[0]: "}},
	{name: "flag that has a key", model: `extraArgs: [--tensor-parallel-size, "2"]`,
		want: []string{"models[0].extraArgs[0]: --tensor-parallel-size is set by the component; use gpu.count instead"}},
	{name: "no metrics", model: "extraArgs: [--disable-log-stats]",
		want: []string{"models[0].extraArgs[0]: --disable-log-stats"}},
	{name: "API key as an argument", model: "extraArgs: [--api-key, " + canary + "]",
		want: []string{"models[0].extraArgs[0]: --api-key"}},
	{name: "argument is a number", model: "extraArgs: [--max-num-batched-tokens, 32]",
		want: []string{"models[0].extraArgs[1]: is a number, want a text; put it in quotes"}},

	{name: "type that vLLM does not have", model: "dtype: float99",
		want: []string{"models[0].dtype: "}},
	{name: "quantisation that vLLM does not have", model: "quantization: awqq",
		want: []string{`models[0].quantization: is "awqq", want one of auto_awq, awq,`}},
	{name: "type of the cache that vLLM does not have", model: "kvCacheDtype: int3",
		want: []string{`models[0].kvCacheDtype: is "int3", want one of auto, bfloat16, float16,`}},
	{name: "parser that is a flag", model: `toolCallParser: "--help", reasoningParser: a b`,
		want: []string{`models[0].toolCallParser: is "--help", want a name that vLLM's --tool-call-parser takes`, `models[0].reasoningParser: is "a b", want a name`}},
	{name: "prefix caching perhaps", model: `prefixCaching: "on"`,
		want: []string{`models[0].prefixCaching: is a text, "on", want true or false`}},
	{name: "flag that has become a key", model: "extraArgs: [--kv-cache-dtype, fp8]",
		want: []string{"models[0].extraArgs[0]: --kv-cache-dtype is set by the component; use kvCacheDtype instead"}},
	{name: "priority class that cannot be", model: "priorityClass: A_B",
		want: []string{`models[0].priorityClass: is "A_B", want the name of a PriorityClass`}},

	{name: "folder of S3 that cannot be", config: validCluster + `  vllm-eks:models: [{name: a, model: "s3://Bucket"}]`,
		want: []string{`models[0].model: is "s3://Bucket", want the folder of a bucket, such as s3://bucket/mistral-7b`}},
	{name: "revision of a folder", config: validCluster + "  vllm-eks:models: [{name: a, model: s3://bucket/m, revision: v1}]",
		want: []string{`models[0].revision: is "v1", and a folder of S3 has no revisions`}},
	{name: "shape of nothing", model: "shape: org/unheard-of",
		want: []string{"models[0].shape: is a text, and no file of that path can be read"}},
	{name: "previous name that is the name", model: "previousNames: [a, B, b, b]",
		want: []string{`models[0].previousNames[0]: is "a", which is another of its names`, `models[0].previousNames[1]: is "B", which no service can have been called`,
			`models[0].previousNames[3]: is "b", which is another of its names`}},
	{name: "previous name of another", config: validCluster + "  vllm-eks:models: [{name: a, model: org/m}, {name: b, model: org/m, previousNames: [a]}]",
		want: []string{`models[1].previousNames[0]: is "a", which is the name of models[0] already`}},
	{name: "pin of what is no key", model: "pin: {maxNumSeqz: 4, name: b}",
		want: []string{"models[0].pin.maxNumSeqz: is an unknown key; did you mean maxNumSeqs?", "models[0].pin.name: is an unknown key"}},
	{name: "pinned value that cannot be", model: "pin: {gpu: {count: 9}}",
		want: []string{"models[0].pin.gpu.count: is 9, want 1 to 8"}},

	{name: "adapters", model: `lora: {adapters: [{name: x}, {name: x, source: org/x}, {source: "../x"}, {name: org/m, source: /x}], maxRank: 7, maxLoaded: 9}`,
		want: []string{"models[0].lora.adapters[0].source: is missing", `models[0].lora.adapters[1].name: is "x", which is the name of models[0].lora.adapters[0] already`,
			"models[0].lora.adapters[2].name: is missing", `models[0].lora.adapters[2].source: is "../x", want a Hugging Face id`,
			`models[0].lora.adapters[3].name: is "org/m", which is the name of the model already`, "models[0].lora.maxRank: is 7, want one of [1 8 16",
			"models[0].lora.maxLoaded: is 9, want 1 to the number of adapters, which is 4"}},
	{name: "rank without adapters", model: "lora: {maxRank: 16}", want: []string{"models[0].lora.adapters: is missing"}},
	{name: "adapters as arguments", model: "extraArgs: [--enable-lora]",
		want: []string{"models[0].extraArgs[0]: --enable-lora is set by the component; use lora.adapters instead"}},

	{name: "range without Prometheus", model: "replicas: {min: 1, max: 3}",
		want: []string{"monitoring.prometheusUrl: is missing, and the policy load asks Prometheus"}},
	{name: "policy that does not exist", model: "replicas: {min: 1, max: 3}, scaling: {policy: vertical}",
		want: []string{`models[0].scaling.policy: is "vertical", want load, queue, cpu, fixed or external`}},
	{name: "fixed range", model: "replicas: {min: 1, max: 3}, scaling: {policy: fixed}",
		want: []string{"models[0].scaling.policy: is fixed, and replicas.min and replicas.max are 1 and 3"}},
	{name: "settings of another policy", model: "replicas: {min: 1, max: 3}, scaling: {policy: cpu, targetLoad: 3, targetKVUsage: 0.5, targetCPU: 200, downSeconds: 9999}",
		want: []string{"models[0].scaling.targetLoad: is of no use with the policy cpu", "models[0].scaling.targetCPU: is 200, want 1 to 100",
			"models[0].scaling.downSeconds: is 9999, want 1 to 3600", "models[0].scaling.targetKVUsage: is of no use with the policy cpu"}},
	{name: "targets out of range", config: validCluster + monitored + "  vllm-eks:models: [{name: a, model: org/m, replicas: {min: 2, max: 3}, scaling: {targetKVUsage: 1.5, fallbackReplicas: 1}}]",
		want: []string{"models[0].scaling.fallbackReplicas: is 1, want 2 to 3", "models[0].scaling.targetKVUsage: is 1.5, want a share above 0 and at most 1"}},
	{name: "sleep without a signal", config: validCluster + monitored + "  vllm-eks:models: [{name: a, model: org/m, replicas: {min: 0, max: 3}}]",
		want: []string{"models[0].replicas.min: is 0, want at least 1: vLLM's metrics are gone with its last engine"}},
	{name: "load of none", config: validCluster + monitored + "  vllm-eks:models: [{name: a, model: org/m, replicas: {min: 1, max: 3}, scaling: {targetLoad: -1}}]",
		want: []string{"models[0].scaling.targetLoad: is -1, want 1 to"}},
	{name: "more load than an engine takes", config: validCluster + monitored + "  vllm-eks:models: [{name: a, model: org/m, replicas: {min: 1, max: 3}, scaling: {targetLoad: 99999}}]",
		want: []string{"models[0].scaling.targetLoad: is 99999, want 1 to"}},
	{name: "queue without end", config: validCluster + monitored + "  vllm-eks:models: [{name: a, model: org/m, replicas: {min: 1, max: 3}, scaling: {targetWaiting: 99999}}]",
		want: []string{"models[0].scaling.targetWaiting: is 99999, want 1 to"}},
	{name: "fallback above the bounds", config: validCluster + monitored + "  vllm-eks:models: [{name: a, model: org/m, replicas: {min: 1, max: 3}, scaling: {fallbackReplicas: 4}}]",
		want: []string{"models[0].scaling.fallbackReplicas: is 4, want 1 to 3"}},
	{name: "down at once", config: validCluster + monitored + "  vllm-eks:models: [{name: a, model: org/m, replicas: {min: 1, max: 3}, scaling: {downSeconds: -5}}]",
		want: []string{"models[0].scaling.downSeconds: is -5, want 1 to 3600"}},
	{name: "queue with a target of the load", config: validCluster + monitored + "  vllm-eks:models: [{name: a, model: org/m, replicas: {min: 1, max: 3}, scaling: {policy: queue, targetLoad: 5}}]",
		want: []string{"models[0].scaling.targetLoad: is of no use with the policy queue"}},
	{name: "sleep with the use of cores", config: validCluster + monitored + "  vllm-eks:models: [{name: a, model: org/m, replicas: {min: 0, max: 3}, scaling: {policy: cpu, wakeQuery: up}}]",
		want: []string{"models[0].replicas.min: is 0, want at least 1"}},
	{name: "sleep for ever", config: validCluster + monitored + "  vllm-eks:models: [{name: a, model: org/m, replicas: {min: 0, max: 3}, scaling: {wakeQuery: up, idleSeconds: 99999}}]",
		want: []string{"models[0].scaling.idleSeconds: is 99999, want"}},
	{name: "scaling with a typo", config: validCluster + monitored + "  vllm-eks:models: [{name: a, model: org/m, replicas: {min: 1, max: 3}, scaling: {targetloads: 5}}]",
		want: []string{"models[0].scaling.targetloads: "}},
	{name: "signal without sleep", config: validCluster + monitored + "  vllm-eks:models: [{name: a, model: org/m, replicas: {min: 1, max: 3}, scaling: {wakeQuery: up}}]",
		want: []string{"models[0].scaling.wakeQuery: is of no use with replicas.min 1"}},
	{name: "idle time without a signal", config: validCluster + monitored + "  vllm-eks:models: [{name: a, model: org/m, replicas: {min: 1, max: 3}, scaling: {idleSeconds: 60}}]",
		want: []string{"models[0].scaling.idleSeconds: is of no use without scaling.wakeQuery"}},
	{name: "Prometheus with a password", config: validCluster + "  vllm-eks:monitoring: {prometheusUrl: \"http://me:" + canary + "@prometheus:9090\", namespace: A}",
		want: []string{"monitoring.prometheusUrl: has credentials in it", `monitoring.namespace: is "A", want the name of the namespace of Prometheus`}},
	{name: "Prometheus nowhere", config: validCluster + "  vllm-eks:monitoring: {prometheusUrl: prometheus, labels: {a b: c}}",
		want: []string{"monitoring.prometheusUrl: is no address such as", `monitoring.labels.a b: is "c", which no label can be`}},
	{name: "scrapes that are too far apart", config: validCluster + "  vllm-eks:monitoring: {prometheusUrl: \"http://p:9090\", intervalSeconds: 300}",
		want: []string{"monitoring.intervalSeconds: is 300, want 1 to 120"}},
	{name: "scrapes that are off", config: validCluster + "  vllm-eks:monitoring: {serviceMonitor: false, intervalSeconds: 30}",
		want: []string{"monitoring.serviceMonitor: is false, so that intervalSeconds and labels are of no use"}},

	{name: "offline without weights", model: "storage: {offline: true}",
		want: []string{"models[0].storage.offline: is true, and something has to come from Hugging Face"}},
	{name: "weights outside of the volume", model: "storage: {weights: {claim: weights, path: ../m}}",
		want: []string{`models[0].storage.weights.path: is "../m", want a folder within the volume`}},
	{name: "path without a volume", model: "storage: {weights: {path: m}, cache: {size: 5Gi}}",
		want: []string{"models[0].storage.weights.claim: is missing; name the PersistentVolumeClaim that has m", "models[0].storage.cache.size: is of no use without storage.cache.storageClass"}},
	{name: "weights twice", config: validCluster + "  vllm-eks:models: [{name: a, model: s3://bucket/m, storage: {weights: {claim: weights, path: m}}}]",
		want: []string{`models[0].storage.weights.claim: is "weights", and model is in S3; want one of them`}},
	{name: "two caches", model: "storage: {cache: {claim: a, storageClass: efs}, scratchClass: A_B}",
		want: []string{`models[0].storage.scratchClass: is "A_B", want the name of a StorageClass`, `models[0].storage.cache.storageClass: is "efs", and the claim a exists already`}},
	{name: "volumes in the way", model: "volumes: [{name: home, mountPath: /x}, {name: y, mountPath: /tmp}, {mountPath: x}, {name: z, mountPath: /z, claim: c, secret: s}, {name: v, mountPath: /v, readWrite: true}]",
		want: []string{`models[0].volumes[0].name: is "home", which is the name of the engine's own already`, `models[0].volumes[1].mountPath: is "/tmp", where the engine's own is already`,
			"models[0].volumes[2].name: is missing", `models[0].volumes[2].mountPath: is "x", want an absolute path`, "models[0].volumes[3]: has several of configMap, secret and claim",
			"models[0].volumes[4].readWrite: is of use to a claim alone"}},

	{name: "Ingress without a class", model: "ingress: {host: a.example.com}", want: []string{"models[0].ingress.class: is missing; name the IngressClass"}},
	{name: "load balancer without what it needs", model: "ingress: {class: alb, alb: {internetFacing: true, certificateArn: x, idleSeconds: 5000}}",
		want: []string{"models[0].ingress.host: is missing", `models[0].ingress.alb.certificateArn: is "x", want the ARN of a certificate`, "models[0].ingress.alb.subnetCidrs: is missing",
			"models[0].ingress.alb.allowedCidrs: is missing, and the load balancer is internet-facing", "models[0].ingress.alb.internetFacing: is true, and no API key is asked for",
			"models[0].ingress.alb.idleSeconds: is 5000, want 1 to 4000"}},
	{name: "settings of another controller", model: "ingress: {class: nginx, host: a.example.com, alb: {group: g}}",
		want: []string{"models[0].ingress.open: is not true, and no API key is asked for", "models[0].ingress.alb: is of no use with the class nginx", "models[0].ingress.controllerNamespace: is missing"}},
	{name: "annotation that the component sets", model: "ingress: {class: alb, host: a.example.com, alb: {subnetCidrs: [10.0.0.0/24]}, annotations: {alb.ingress.kubernetes.io/scheme: internal}}",
		want: []string{"models[0].ingress.annotations.alb.ingress.kubernetes.io/scheme: is set by the component; see ingress.alb"}},
	{name: "two models at one host", config: validCluster + "  vllm-eks:defaults: {ingress: {class: nginx, host: a.example.com, controllerNamespace: n, open: true}}\n  vllm-eks:models: [{name: a, model: org/m}, {name: b, model: org/m}]",
		want: []string{`defaults.ingress.host: is "a.example.com", which is the host of models[0] already`}},
	{name: "one load balancer, two settings", config: validCluster + "  vllm-eks:defaults: {ingress: {class: alb, alb: {group: g, subnetCidrs: [10.0.0.0/24]}}}\n" +
		"  vllm-eks:models: [{name: a, model: org/m, ingress: {host: a.example.com}}, {name: b, model: org/m, ingress: {host: b.example.com, alb: {idleSeconds: 60}}}]",
		want: []string{"models[1].ingress.alb: differs from that of models[0], with which it shares the load balancer g"}},
	{name: "clients that cannot be", model: `network: {clients: [{}, {namespace: a, cidr: 10.0.0.0/8}, {cidr: 10.0.0.1/8}, {namespace: A}], egressCidrs: [x]}`,
		want: []string{"models[0].network.clients[0]: want one of namespace and cidr", "models[0].network.clients[1]: want one of namespace and cidr",
			`models[0].network.clients[2].cidr: is "10.0.0.1/8", which is an address within a range; want the range, 10.0.0.0/8`,
			`models[0].network.clients[3].namespace: is "A", want the name of a namespace`, `models[0].network.egressCidrs[0]: is "x", want a range of addresses`}},
	{name: "clients of everybody", model: "network: {unrestricted: true, clients: [{namespace: a}]}",
		want: []string{"models[0].network.unrestricted: is true, so that clients and egressCidrs are of no use"}},

	{name: "API key in the wrong place", model: "apiKey: {existingSecret: " + canary + "}", want: []string{"models[0].apiKey.existingSecret: is not the name of a Secret; the key itself belongs into the stack's apiKey"}},
	{name: "account that cannot be", model: "serviceAccountName: A_B", want: []string{`models[0].serviceAccountName: is "A_B", want the name of a ServiceAccount`}},
	{name: "tolerations", model: "tolerations: [{}, {key: a b}, {key: a, effect: Never}]",
		want: []string{"models[0].tolerations[0].key: is missing", `models[0].tolerations[1].key: is "a b", want the key of a taint`, `models[0].tolerations[2].effect: is "Never", want NoSchedule`}},
	{name: "names with an empty part", model: "serviceAccountName: a..b, labels: {a..b/c: d}",
		want: []string{`models[0].serviceAccountName: is "a..b", want the name of a ServiceAccount`, `models[0].labels.a..b/c: is "d", which no label can be`}},
	{name: "name of KEDA's", config: validCluster + "  vllm-eks:models: [{name: keda-hpa-a, model: org/m}]",
		want: []string{`models[0].name: is "keda-hpa-a", and KEDA calls its own objects so`}},
	{name: "an address as a host", model: "ingress: {class: nginx, host: 10.0.0.1, controllerNamespace: n, open: true}",
		want: []string{`models[0].ingress.host: is "10.0.0.1", want a name such as chat.example.com`}},
	{name: "everywhere, and an address in disguise", model: `network: {egressCidrs: [0.0.0.0/0, "::ffff:10.0.0.0/120", 169.254.169.254/32]}`,
		want: []string{`models[0].network.egressCidrs[1]: is "::ffff:10.0.0.0/120", want a range of addresses`, `models[0].network.egressCidrs[0]: is "0.0.0.0/0", wider than any private network`,
			`models[0].network.egressCidrs[2]: is "169.254.169.254/32", which has the metadata of the node among it`}},
	{name: "amounts that cannot be", model: `resources: {memory: "14000000000.5", disk: 99999999999Ti, cpu: "5000"}`,
		want: []string{`models[0].resources.cpu: is "5000", want an amount`, `models[0].resources.memory: is "14000000000.5", want an amount`, `models[0].resources.disk: is "99999999999Ti", want an amount`}},
	{name: "policy that does not exist, where nothing is scaled", model: "scaling: {policy: vertical}", want: []string{`models[0].scaling.policy: is "vertical", want load`}},
	{name: "one load balancer, others who may call", config: validCluster + "  vllm-eks:apiKey: {secure: k}\n  vllm-eks:defaults: {ingress: {class: alb, alb: {group: g, subnetCidrs: [10.0.0.0/24]}}}\n" +
		"  vllm-eks:models: [{name: a, model: org/m, ingress: {host: a.example.com}}, {name: b, model: org/m, ingress: {host: b.example.com, alb: {allowedCidrs: [10.0.0.0/8]}}}]",
		want: []string{"models[1].ingress.alb: differs from that of models[0], with which it shares the load balancer g; make internetFacing, allowedCidrs and idleSeconds the same"}},
	{name: "sidecar that takes too much", config: validCluster + "  vllm-eks:nodeGroups: [{name: g5, instanceTypes: [g5.2xlarge]}]\n  vllm-eks:models: [{name: a, model: org/m, podPatch: {spec: {containers: [{name: big, image: busybox, " +
		"resources: {limits: {memory: 500Gi, nvidia.com/gpu: 1}}, securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}]}}}]",
		want: []string{`models[0].podPatch: has the container big, whose image is "busybox", which has no tag`, "models[0].podPatch: gives the container big a GPU",
			"models[0].podPatch: has the pod ask for 512Gi of memory, and pods on a g5.2xlarge can have"}},
	{name: "query that is not closed", config: validCluster + monitored + `  vllm-eks:models: [{name: a, model: org/m, replicas: {min: 0, max: 3}, scaling: {wakeQuery: "sum(rate(x[1m])"}}]`,
		want: []string{"models[0].scaling.wakeQuery: has brackets or quotes that are not closed"}},
	{name: "more GPUs than a node has, of a model that is not known", config: validCluster + "  vllm-eks:nodeGroups: [{name: g5, instanceTypes: [g5.2xlarge]}]\n  vllm-eks:models: [{name: a, model: org/m, gpu: {count: 2}}]",
		want: []string{"models[0].gpu.count: is 2, and g5.2xlarge has 1 GPU"}},
	{name: "hung at once", model: "lifecycle: {hungSeconds: 5}", want: []string{"models[0].lifecycle.hungSeconds: is 5, want 120 to 3600"}},
	{name: "labels of the program", model: "labels: {app.kubernetes.io/name: x, a b: c}, annotations: {karpenter.sh/do-not-disrupt: \"false\"}",
		want: []string{`models[0].labels.a b: is "c", which no label can be`, "models[0].labels.app.kubernetes.io/name: is set by the program",
			"models[0].annotations.karpenter.sh/do-not-disrupt: is set by the program, so that no loading engine is evicted"}},
	{name: "patch of a field that pods do not have", model: "podPatch: {spec: {hostNetwrok: true}}", want: []string{`models[0].podPatch: is no pod template: unknown field "spec.hostNetwrok"`}},
	{name: "patch that is no mapping", model: "podPatch: [1]", want: []string{"models[0].podPatch: is a list, want a mapping"}},
	{name: "patch that opens the pod", model: "podPatch: {spec: {hostNetwork: true, containers: [{name: vllm, securityContext: {privileged: true}}]}}",
		want: []string{"models[0].podPatch: is refused by the restricted Pod Security Standard: ", "models[0].podPatch: is refused by the restricted Pod Security Standard: ",
			"models[0].podPatch: changes securityContext of the container vllm; leave it: it is what the namespace admits"}},
	{name: "patch that takes the engine's port", model: "podPatch: {spec: {containers: [{name: proxy, image: 'a:v1', ports: [{name: http, containerPort: 9000}], " +
		"env: [{name: DB_PASSWORD, value: " + canary + "}], securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}]}}",
		want: []string{"models[0].podPatch: holds the variable DB_PASSWORD of the container proxy in clear", "models[0].podPatch: gives the container proxy the port http, which is the engine's"}},
	{name: "patch that takes away", model: "podPatch: {metadata: {labels: {app.kubernetes.io/name: x}}, spec: {terminationGracePeriodSeconds: 5, containers: [{name: vllm, startupProbe: null}]}}",
		want: []string{"models[0].podPatch: takes away the label app.kubernetes.io/name", "models[0].podPatch: changes spec.terminationGracePeriodSeconds; use lifecycle.shutdownSeconds",
			"models[0].podPatch: changes startupProbe of the container vllm; use lifecycle.loadSeconds"}},

	{name: "memory without a unit that exists", model: "resources: {memory: 12GB}",
		want: []string{`models[0].resources.memory: is "12GB", want an amount such as "12Gi"`}},
	{name: "shm as large as the memory", model: "resources: {memory: 4Gi, shmSize: 4096Mi}",
		want: []string{"models[0].resources.shmSize: is 4096Mi, want less than resources.memory"}},
	{name: "cpu is a number", model: "resources: {cpu: 4}",
		want: []string{"models[0].resources.cpu: is a number, 4, want a text; put it in quotes"}},
	{name: "cpu in bytes", model: "resources: {cpu: 4Gi}",
		want: []string{`models[0].resources.cpu: is "4Gi", want an amount such as "4" or "500m"`}},
	{name: "memory in thousandths", model: "resources: {memory: 512m}",
		want: []string{`models[0].resources.memory: is "512m", want an amount such as "12Gi"`}},
	{name: "disk without a unit", model: `resources: {disk: "60"}`,
		want: []string{`models[0].resources.disk: is "60", want an amount such as "60Gi"`}},
	{name: "negative load", model: "lifecycle: {loadSeconds: -5}",
		want: []string{"models[0].lifecycle.loadSeconds: is -5, want 1 to 3600"}},
	{name: "shutdown of zero would cut streams", model: "lifecycle: {shutdownSeconds: 0}",
		want: []string{"models[0].lifecycle.shutdownSeconds: is 0, want a number of at least 1"}},
	{name: "unknown rollout", model: "lifecycle: {rollout: recreate}",
		want: []string{`models[0].lifecycle.rollout: is "recreate", want "surge" or "inPlace"`}},
	{name: "variable that is set already", model: "env: {HOME: /root}",
		want: []string{"models[0].env.HOME: is set by the program"}},
	{name: "development mode", model: `env: {VLLM_SERVER_DEV_MODE: "1"}`,
		want: []string{"models[0].env.VLLM_SERVER_DEV_MODE: "}},
	{name: "secret in the environment", model: "env: {AWS_SECRET_ACCESS_KEY: " + canary + "}",
		want: []string{"models[0].env.AWS_SECRET_ACCESS_KEY: looks like a secret"}},
	{name: "variable is a number", model: "env: {VLLM_LOGGING: 5}",
		want: []string{"models[0].env.VLLM_LOGGING: is a number, want a text; put it in quotes"}},
	{name: "label that cannot be", model: "nodeSelector: {pool: a b}",
		want: []string{`models[0].nodeSelector.pool: is "a b", which no label of a node can be`}},
	{name: "token in the place of a Secret's name", model: "huggingFaceToken: {existingSecret: " + canary + "}",
		want: []string{"models[0].huggingFaceToken.existingSecret: is not the name of a Secret"}},
	{name: "token in the place of the mapping", model: "huggingFaceToken: " + canary,
		want: []string{"models[0].huggingFaceToken: is a text, want a mapping"}},

	{name: "namespace that is not listed", model: "namespace: infrence",
		want: []string{`models[0].namespace: is "infrence", which is not among the namespaces (did you mean inference?)`}},
	{name: "which of two namespaces", config: validCluster + "  vllm-eks:namespaces: [{name: x}, {name: y}]\n  vllm-eks:models: [{name: a, model: org/m}]",
		want: []string{"models[0].namespace: is missing, and there are several namespaces; name one of x, y"}},
	{name: "namespace of the system", config: validCluster + "  vllm-eks:namespaces: [{name: kube-system}]",
		want: []string{`namespaces[0].name: is "kube-system", which belongs to Kubernetes`}},
	{name: "duplicate namespace", config: validCluster + "  vllm-eks:namespaces: [{name: x}, {name: x}]",
		want: []string{`namespaces[1].name: is "x", which is the name of namespaces[0] already`}},
	{name: "namespaces that are no list", config: validCluster + "  vllm-eks:namespaces: inference\n  vllm-eks:models: [{name: a, model: org/m}]",
		want: []string{"namespaces: is a text, want a list"}},
	{name: "namespace without a name", config: validCluster + "  vllm-eks:namespaces: [{}]",
		want: []string{"namespaces[0].name: is missing"}},

	{name: "namespace that every cluster has", config: validCluster + "  vllm-eks:namespaces: [{name: default}]",
		want: []string{`namespaces[0].name: is "default", which every cluster has; choose another, or add existing: true`}},
	{name: "namespace that exists perhaps", config: validCluster + `  vllm-eks:namespaces: [{name: x, existing: "yes"}]`,
		want: []string{`namespaces[0].existing: is a text, "yes", want true or false`}},
	{name: "no namespaces for a model", config: validCluster + "  vllm-eks:namespaces: []\n  vllm-eks:models: [{name: a, model: org/m}]",
		want: []string{"namespaces: is empty, and models need one"}},

	{name: "does not fit: too long a context", model: "gpu: {type: A10G, count: 1}, model: meta-llama/Llama-3.1-8B-Instruct",
		want: []string{"models[0].maxModelLen: meta-llama/Llama-3.1-8B-Instruct does not fit 1 × A10G: of 22.1 GiB usable"}},
	{name: "does not fit: the weights", config: validCluster + "  vllm-eks:nodeGroups: [{name: g5, instanceTypes: [g5.2xlarge]}]\n  vllm-eks:models: [{name: a, model: meta-llama/Llama-2-13b-hf}]",
		want: []string{"models[0].gpu.count: meta-llama/Llama-2-13b-hf does not fit 1 × A10G (g5.2xlarge): of 22.1 GiB usable"}},
	{name: "does not fit the group of the defaults", config: validCluster + "  vllm-eks:nodeGroups: [{name: g5, instanceTypes: [g5.2xlarge]}, {name: l4, instanceTypes: [g6.xlarge]}]\n  vllm-eks:models: [{name: a, model: meta-llama/Llama-3.3-70B-Instruct}]",
		want: []string{"models[0].gpu.count: meta-llama/Llama-3.3-70B-Instruct does not fit 1 × "}},
	{name: "context longer than trained for", model: "gpu: {type: L40S}, model: mistralai/Mistral-7B-Instruct-v0.2, maxModelLen: 65536",
		want: []string{"models[0].maxModelLen: is 65536, and mistralai/Mistral-7B-Instruct-v0.2 was trained for 32768"}},
	{name: "GPUs that do not divide the heads", model: "gpu: {type: A10G, count: 8}, model: Qwen/Qwen2.5-7B-Instruct",
		want: []string{"models[0].gpu.count: is 8, which does not divide the 28 attention heads of Qwen/Qwen2.5-7B-Instruct"}},
	{name: "more GPUs than the group's nodes", config: validCluster + "  vllm-eks:nodeGroups: [{name: g5, instanceTypes: [g5.12xlarge]}]\n  vllm-eks:models: [{name: a, model: Qwen/Qwen3-8B, gpu: {count: 8}}]",
		want: []string{"models[0].gpu.count: is 8, and g5.12xlarge has 4 GPU"}},
	{name: "unknown GPU", model: "gpu: {type: RTX}",
		want: []string{`models[0].gpu.type: is "RTX", which is no GPU of the catalogue; want one of A10, A100-40,`}},
	{name: "unknown GPU of the defaults", config: validCluster + "  vllm-eks:defaults: {gpu: {type: RTX}}\n  vllm-eks:models: [{name: a, model: org/m}, {name: b, model: org/m}]",
		want: []string{`defaults.gpu.type: is "RTX", which is no GPU of the catalogue`}},
	{name: "GPU that is not the group's", config: validCluster + "  vllm-eks:nodeGroups: [{name: g5, instanceTypes: [g5.xlarge]}]\n  vllm-eks:models: [{name: a, model: org/m, nodeGroup: g5, gpu: {type: L4}}]",
		want: []string{`models[0].gpu.type: is "L4", but g5.xlarge of the node group g5 has A10G; remove it`}},
	{name: "GPU of the defaults that no group has", config: validCluster + "  vllm-eks:defaults: {gpu: {type: L4}}\n  vllm-eks:nodeGroups: [{name: g5, instanceTypes: [g5.xlarge]}]\n  vllm-eks:models: [{name: a, model: org/m}, {name: b, model: org/m}]",
		want: []string{`defaults.gpu.type: is "L4", which no node group has`}},
	{name: "GPU that no group has", config: validCluster + "  vllm-eks:nodeGroups: [{name: g5, instanceTypes: [g5.xlarge]}]\n  vllm-eks:models: [{name: a, model: org/m, gpu: {type: L4}}]",
		want: []string{`models[0].gpu.type: is "L4", which no node group has; want the GPU of one of g5`}},
	{name: "negative sequences", model: "maxNumSeqs: -1",
		want: []string{"models[0].maxNumSeqs: is -1, want 1 to 16384"}},
	{name: "too many replicas", model: "replicas: {min: 1, max: 5000}",
		want: []string{"models[0].replicas.max: is 5000, want at most 1000"}},
	{name: "objectives that cannot be", model: "objectives: {tpotMilliseconds: -1, ttftMilliseconds: 600001, inputTokens: 99999999}",
		want: []string{"models[0].objectives.tpotMilliseconds: is -1, want 1 to 10000", "models[0].objectives.ttftMilliseconds: is 600001, want 1 to 600000", "models[0].objectives.inputTokens: is 99999999, want 1 to 10000000"}},
	{name: "shape of a file that is not there", model: "shape: " + canary,
		want: []string{"models[0].shape: is a text, and no file of that path can be read"}},
	{name: "shape with a misspelt key", model: "shape: {hidden_size: 64, num_hidden_layer: 2}",
		want: []string{`models[0].shape: has a key or a value that no shape is computed from (json: unknown field "num_hidden_layer")`}},
	{name: "shape that lacks something", model: "shape: {hidden_size: 64, num_hidden_layers: 2, num_attention_heads: 4, intermediate_size: 128}",
		want: []string{"models[0].shape: vocab_size is missing"}},
	{name: "shape that lacks several things", model: "shape: {hidden_size: 64}",
		want: []string{"models[0].shape: intermediate_size is missing", "models[0].shape: num_attention_heads is missing", "models[0].shape: num_hidden_layers is missing", "models[0].shape: vocab_size is missing"}},
	{name: "shape is a list", model: "shape: []",
		want: []string{"models[0].shape: is a list, want the path of the model's config.json, or a mapping with its keys"}},
	{name: "memory beyond the node's", config: validCluster + "  vllm-eks:nodeGroups: [{name: g5, instanceTypes: [g5.xlarge]}]\n  vllm-eks:models: [{name: a, model: Qwen/Qwen3-8B, maxModelLen: 8192, resources: {memory: 16Gi, cpu: \"5\"}}]",
		want: []string{"models[0].resources.memory: is 16Gi, and pods on a g5.xlarge can have 14162Mi at most", "models[0].resources.cpu: is 5, and pods on a g5.xlarge can have 3920m at most"}},

	{name: "group without types", config: validCluster + "  vllm-eks:nodeGroups: [{name: g5}]",
		want: []string{"nodeGroups[0].instanceTypes: is missing"}},
	{name: "group without a name", config: validCluster + "  vllm-eks:nodeGroups: [{instanceTypes: [g5.xlarge]}]",
		want: []string{"nodeGroups[0].name: is missing"}},
	{name: "no group that could be chosen", config: validCluster + "  vllm-eks:nodeGroups: [{name: g5}]\n  vllm-eks:models: [{name: a, model: org/m}]",
		want: []string{"nodeGroups[0].instanceTypes: is missing"}},
	{name: "fewer than none of what is shared", config: validCluster + "  vllm-eks:costs: {shared: {natGateways: -1, endpoints: 5000, nodes: {m6i.large: -2}}}",
		want: []string{"costs.shared.natGateways: is -1, want 0 to 1000", "costs.shared.endpoints: is 5000, want 0 to 1000", "costs.shared.nodes.m6i.large: is -2, want 1 to 1000"}},
	{name: "type without GPUs", config: validCluster + "  vllm-eks:nodeGroups: [{name: cpu, instanceTypes: [m6i.large]}]\n  vllm-eks:models: [{name: a, model: org/m}, {name: b, model: org/n}]",
		want: []string{`nodeGroups[0].instanceTypes[0]: is "m6i.large", which is no GPU instance type of the catalogue; want one of g4dn, g5,`}},
	{name: "group of two kinds of GPU", config: validCluster + "  vllm-eks:nodeGroups: [{name: g, instanceTypes: [g5.xlarge, g6.xlarge], labels: {pool: g}}]",
		want: []string{"nodeGroups[0].instanceTypes[1]: is g6.xlarge with 1 × L4, and g5.xlarge has 1 × A10G"}},
	{name: "group of nodes with one GPU and with four", config: validCluster + "  vllm-eks:nodeGroups: [{name: g, instanceTypes: [g5.12xlarge, g5.xlarge], labels: {pool: g}}]",
		want: []string{"nodeGroups[0].instanceTypes[1]: is g5.xlarge with 1 × A10G, and g5.12xlarge has 4 × A10G"}},
	{name: "selector of other nodes than the group's", config: validCluster + "  vllm-eks:nodeGroups: [{name: g5, instanceTypes: [g5.xlarge]}]\n  vllm-eks:models: [{name: a, model: org/m, nodeSelector: {node.kubernetes.io/instance-type: p4d.24xlarge}}]",
		want: []string{`models[0].nodeSelector.node.kubernetes.io/instance-type: is "p4d.24xlarge", and the nodes of the node group g5 have "g5.xlarge"`}},
	{name: "utilisation that cannot be", model: `gpu: {type: A10G}, model: Qwen/Qwen3-8B, maxModelLen: 4096, extraArgs: [--gpu-memory-utilization, "5"]`,
		want: []string{"models[0].extraArgs: --gpu-memory-utilization is 5, want more than 0 and at most 1"}},
	{name: "a card that the release does not run on", model: "gpu: {type: V100-16, count: 1}, model: Qwen/Qwen3-8B, maxModelLen: 4096",
		want: []string{"models[0].gpu.count: Qwen/Qwen3-8B does not run on 1 × V100-16: vLLM v0.32.0 is built for CUDA 13"}},
	{name: "limit with a model that cannot be sized", config: validCluster + "  vllm-eks:limits: {maxUsdPerHour: 1}\n  vllm-eks:nodeGroups: [{name: p4d, instanceTypes: [p4d.24xlarge]}]\n  vllm-eks:models: [{name: a, model: org/unheard-of, gpu: {count: 8}, replicas: {min: 5, max: 5}}]",
		want: []string{"limits.maxUsdPerHour: is 1.00, and the stack costs 109.79 USD/h with all replicas: p4d.24xlarge in p4d 109.79"}},
	{name: "limit with nodes that nothing runs on", config: validCluster + "  vllm-eks:limits: {maxUsdPerHour: 1}\n  vllm-eks:nodeGroups: [{name: p4d, instanceTypes: [p4d.24xlarge], min: 2}]",
		want: []string{"limits.maxUsdPerHour: is 1.00, and the stack costs 43.92 USD/h with all replicas"}},
	{name: "limit with nodes of an unknown price", config: validCluster + "  vllm-eks:limits: {maxUsdPerHour: 1}\n  vllm-eks:nodeGroups: [{name: p5e, instanceTypes: [p5e.48xlarge], min: 1}]",
		want: []string{"limits.maxUsdPerHour: is 1.00, and p5e.48xlarge has no price in the catalogue; give it one with costs.usdPerHour"}},
	{name: "limit with the dearer of two types", config: validCluster + "  vllm-eks:limits: {maxUsdPerHour: 6}\n  vllm-eks:nodeGroups: [{name: g, instanceTypes: [g5.12xlarge, g5.24xlarge], labels: {pool: g}, min: 1}]",
		want: []string{"limits.maxUsdPerHour: is 6.00, and the stack costs 8.14 USD/h"}},
	{name: "system nodes of a type that does not exist", config: validCluster + "  vllm-eks:costs: {shared: {nodes: {m6i.lrage: 2}}}",
		want: []string{"costs.shared.nodes.m6i.lrage: has no price in the catalogue (did you mean m6i.large?)"}},
	{name: "group of several types that nothing tells apart", config: validCluster + "  vllm-eks:nodeGroups: [{name: g, instanceTypes: [g5.xlarge, g5.2xlarge]}]",
		want: []string{"nodeGroups[0].labels: is missing; with several instance types"}},
	{name: "group with more at least than at most", config: validCluster + "  vllm-eks:nodeGroups: [{name: g, instanceTypes: [g5.xlarge], min: 3, max: 2}]",
		want: []string{"nodeGroups[0].max: is 2, want min, which is 3, to 450"}},
	{name: "two groups of one name", config: validCluster + "  vllm-eks:nodeGroups: [{name: g, instanceTypes: [g5.xlarge]}, {name: g, instanceTypes: [g6.xlarge]}]",
		want: []string{`nodeGroups[1].name: is "g", which is the name of nodeGroups[0] already`}},
	{name: "group that is not listed", config: validCluster + "  vllm-eks:nodeGroups: [{name: g5, instanceTypes: [g5.xlarge]}]\n  vllm-eks:models: [{name: a, model: org/m, nodeGroup: g6}]",
		want: []string{`models[0].nodeGroup: is "g6", which is not among the nodeGroups (did you mean g5?)`}},
	{name: "a bad flag, and two groups", config: validCluster + "  vllm-eks:nodeGroups: [{name: x, instanceTypes: [g5.xlarge]}, {name: y, instanceTypes: [g6.xlarge]}]\n  vllm-eks:models: [{name: a, model: Qwen/Qwen3-8B, maxModelLen: 4096, extraArgs: [--no-such-flag]}]",
		want: []string{"models[0].extraArgs[0]: "}},
	{name: "which of two groups for a model that cannot be sized", config: validCluster + "  vllm-eks:nodeGroups: [{name: x, instanceTypes: [g5.xlarge]}, {name: y, instanceTypes: [g6.xlarge]}]\n  vllm-eks:models: [{name: a, model: org/unheard-of}]",
		want: []string{"models[0].nodeGroup: is missing, and the cheapest cannot be chosen since the shape of org/unheard-of is not known; name one of x, y"}},
	{name: "group too small for its models", config: validCluster + "  vllm-eks:nodeGroups: [{name: g5, instanceTypes: [g5.2xlarge], max: 2}]\n  vllm-eks:models: [{name: a, model: Qwen/Qwen3-8B, maxModelLen: 8192, replicas: {min: 3, max: 3}}]",
		want: []string{"nodeGroups[0].max: is 2, and its models need 3 nodes with all replicas"}},
	{name: "beyond the limit", config: validCluster + "  vllm-eks:limits: {maxUsdPerHour: 3}\n  vllm-eks:nodeGroups: [{name: g5, instanceTypes: [g5.2xlarge]}]\n  vllm-eks:models: [{name: a, model: Qwen/Qwen3-8B, maxModelLen: 8192, replicas: {min: 3, max: 3}}]",
		want: []string{"limits.maxUsdPerHour: is 3.00, and the stack costs 3.64 USD/h with all replicas: g5.2xlarge in g5 3.64"}},
	{name: "limit of nothing", config: validCluster + "  vllm-eks:limits: {maxUsdPerHour: 0}",
		want: []string{"limits.maxUsdPerHour: is a number, 0, want a number above 0"}},
	{name: "price of nothing", config: validCluster + "  vllm-eks:costs: {usdPerHour: {g5.2xlrage: 1}}",
		want: []string{"costs.usdPerHour.g5.2xlrage: is a price of nothing that the catalogue or costs.shared.nodes has (did you mean g5.2xlarge?)"}},
	{name: "more clusters in extended support than clusters", config: validCluster + "  vllm-eks:costs: {shared: {extendedSupport: 1}}",
		want: []string{"costs.shared.extendedSupport: is 1, want at most controlPlanes, which is 0"}},

	{name: "no cluster", config: "  vllm-eks:models: []",
		want: []string{"aws:region: is missing", "cluster.access: has no admin of the whole cluster, so that nobody could deploy to it; name who runs pulumi up: " +
			"[{principalArn: arn:aws:iam::111122223333:role/deploy, policy: admin}]; or name a cluster of yours with cluster.existing"}},
	{name: "cluster is a text", config: "  vllm-eks:cluster: production",
		want: []string{"cluster: is a text, want a mapping"}},
	{name: "cluster without a context", config: "  vllm-eks:cluster: {existing: {kubeconfig: ~/mine}}",
		want: []string{"cluster.existing.context: is missing; name one of the contexts that this lists: kubectl config get-contexts"}},
	{name: "contents of a kubeconfig", config: "  vllm-eks:cluster: {existing: {context: test, kubeconfig: \"apiVersion: v1\\ntoken: " + canary + "\"}}",
		want: []string{"cluster.existing.kubeconfig: is the contents of a kubeconfig"}},

	{name: "token in clear", config: validCluster + "  vllm-eks:huggingFaceToken: " + canary,
		want: []string{"huggingFaceToken: is stored in clear"}},
	{name: "API key in clear", config: validCluster + "  vllm-eks:apiKey: " + canary,
		want: []string{"apiKey: is stored in clear"}},
	{name: "token with a line break", config: validCluster + "  vllm-eks:huggingFaceToken: {secure: \"" + canary + "\\n\"}",
		want: []string{"huggingFaceToken: has white space in it"}},
	{name: "encrypted value in the models", config: validCluster + "  vllm-eks:models: [{name: a, model: org/m, env: {X: {secure: " + canary + "}}}]",
		want: []string{"models: holds an encrypted value"}},

	{name: "every problem at once", config: `  vllm-eks:cluster: {existing: {contxt: a}}
  vllm-eks:namespaces: [{name: Inference}]
  vllm-eks:tagz: {team: a}
  vllm-eks:models:
    - {name: a, model: org/m, gpu: {count: two}, image: "vllm/vllm-openai:latest"}
    - {name: a, model: org/m, replicas: {min: -1}, extraArgs: [--swap-space, "4"], typo: 1}`,
		want: []string{
			`models[0].gpu.count: is a text, "two", want a whole number`,
			"tagz: is an unknown key; did you mean tags?",
			"cluster.existing.contxt: is an unknown key; did you mean context?",
			"models[1].typo: is an unknown key",
			"cluster.existing.context: is missing",
			`namespaces[0].name: is "Inference", want lower-case letters`,
			`models[1].name: is "a", which is the name of models[0] already`,
			`models[0].image: is "vllm/vllm-openai:latest", whose tag changes`,
			"models[1].replicas.min: is -1, want at least 1",
			"models[1].extraArgs[0]: ",
		}},
}

// TestMalformedConfigurations runs the whole program: each configuration is
// refused for exactly the reasons given, and nothing is registered.
func TestMalformedConfigurations(t *testing.T) {
	for _, test := range malformed {
		t.Run(test.name, func(t *testing.T) {
			yaml := "config:\n" + test.config
			if test.model != "" {
				yaml = "config:\n" + validCluster + "  vllm-eks:models: [{name: a, " + withModel(test.model) + "}]"
			}
			recording, err := record("test", mustParse(t, yaml))
			if err == nil {
				t.Fatal("the configuration was accepted")
			}
			if strings.Contains(err.Error(), canary) {
				t.Errorf("the message repeats a secret: %v", err)
			}
			if registered := recording.Resources(); len(registered) != 0 {
				t.Errorf("%d resources were registered, the first is %s %s", len(registered), registered[0].Type, registered[0].Name)
			}
			checkMessages(t, messages(err), test.want)
		})
	}
}

// withModel are the keys of a model, with an id if they have none.
func withModel(keys string) string {
	if strings.Contains(keys, "model: ") {
		return keys
	}
	return "model: org/m, " + keys
}

// messages are the lines of what Pulumi makes of the program's error.
func messages(err error) []string {
	_, list, _ := strings.Cut(err.Error(), "* ")
	return strings.Split(strings.TrimSpace(list), "\n")
}

func checkMessages(t *testing.T, got, want []string) {
	t.Helper()
	for i, message := range got {
		if i >= len(want) || !strings.HasPrefix(strings.TrimSpace(message), want[i]) {
			t.Errorf("message %d is not as wanted:\n%s", i, message)
		}
	}
	if len(got) < len(want) {
		t.Errorf("%d messages, want %d; missing: %q", len(got), len(want), want[len(got):])
	}
}
