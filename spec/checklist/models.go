package checklist

import (
	"regexp"
	"slices"
	"strings"

	"github.com/vllm-eks/vllm-eks/spec/nodes"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// availability returns the items about the replicas of each model.
func availability() []Item {
	return []Item{
		{
			ID: "two-replicas", Key: "models[].replicas.min", Rule: "Each model always has two replicas.",
			Reason:  "With one, the model does not answer from the loss of its node until a new replica has loaded.",
			Problem: "fewer than two replicas can run", Advice: "set replicas.min to 2 or more",
			model: func(_ Stack, m serving.Spec) bool { return m.Replicas.Smallest() >= 2 },
		},
		{
			ID: "several-zones", Key: "models[].nodeGroup, nodeGroups[].zones", Rule: "The nodes of each model are in two or more zones.",
			Reason:  "In one zone, the model is lost with the zone, or when the zone has no capacity.",
			Problem: "all nodes are in one zone", Advice: "add zones to its node group, or a group in another zone to nodeGroup",
			model: func(s Stack, m serving.Spec) bool { return !s.Created || len(zonesOf(s, m)) != 1 },
		},
		{
			ID: "on-demand", Key: "models[].nodeGroup, nodeGroups[].capacity", Rule: "Each model has a node group that is not spot capacity.",
			Reason:  "AWS can take all spot nodes of a model back with two minutes' notice, and have no others.",
			Problem: "all nodes are spot capacity", Advice: "add a group with capacity: on-demand to nodeGroup",
			model: func(_ Stack, m serving.Spec) bool { return !onlySpot(m) },
		},
		{
			ID: "hung-replicas", Key: "models[].lifecycle.hungSeconds", Rule: "A hung replica is restarted.",
			Reason:  "`/health` does not notice a replica that completes no step; its requests wait until they time out.",
			Problem: "a hung replica is not restarted", Advice: "set lifecycle.hungSeconds, such as 300",
			model: func(_ Stack, m serving.Spec) bool { return m.Lifecycle.HungSeconds > 0 },
		},
		{
			ID: "objectives", Key: "models[].objectives", Rule: "Each model has objectives of its own.",
			Reason:  "Scaling targets, batch sizes and shutdown times derive from them. The defaults are those of a public trace of conversations.",
			Problem: "the load and the latencies are the defaults", Advice: "set objectives to yours",
			model: func(_ Stack, m serving.Spec) bool {
				// The share has a default, and changes no size.
				return m.Objectives != serving.Objectives{Share: m.Objectives.Share}
			},
		},
	}
}

// zonesOf returns the zones of the node groups of a model.
func zonesOf(s Stack, m serving.Spec) []string {
	var zones []string
	for _, g := range s.Nodes.Groups {
		if slices.Contains(m.GroupNames(), g.Name) {
			zones = append(zones, g.Zones...)
		}
	}
	slices.Sort(zones)
	return slices.Compact(zones)
}

// onlySpot reports whether every node group of a model is spot capacity.
func onlySpot(m serving.Spec) bool {
	groups := m.NodeGroups
	if len(groups) == 0 {
		groups = []serving.NodeGroup{m.NodeGroup}
	}
	return !slices.ContainsFunc(groups, func(g serving.NodeGroup) bool { return g.Capacity != string(nodes.Spot) })
}

// weights returns the items about what each replica loads when it starts.
func weights() []Item {
	return []Item{
		{
			ID: "pinned-weights", Key: "models[].revision", Rule: "The weights are a commit, or a copy of yours.",
			Reason:  "A branch can change between the starts of two replicas, which then answer differently.",
			Problem: "a replica loads the newest commit of a branch", Advice: "set revision to a commit",
			model: func(_ Stack, m serving.Spec) bool { return ownWeights(m) || commit.MatchString(m.Model.Revision) },
		},
		{
			ID: "stored-weights", Key: "models[].storage", Rule: "Replicas start without a download from Hugging Face.",
			Reason:  "No replica starts while Hugging Face is away or limits your downloads, and each start pays for the download.",
			Problem: "each replica downloads from Hugging Face", Advice: "set storage.cache, or copy all weights to S3 or to a volume",
			model: func(_ Stack, m serving.Spec) bool { return !downloads(m) || m.CacheClaim() != "" },
		},
		{
			ID: "image-registry", Key: "models[].image", Rule: "The image of vLLM comes from a registry of yours.",
			Reason:  "Docker Hub limits anonymous pulls for each address, and all nodes share those of the NAT gateways.",
			Problem: "the image is on Docker Hub", Advice: "copy the image to a registry of yours, and set image to the copy",
			model: func(_ Stack, m serving.Spec) bool { return !onDockerHub(m.ImageName()) },
		},
		{
			ID: "image-digest", Key: "models[].image", Rule: "The image of vLLM is a digest.",
			Reason:  "Who can push to the registry can change what a tag means. A digest is one image for ever.",
			Problem: "the image is a tag", Advice: "set image to NAME@sha256:…",
			model: func(_ Stack, m serving.Spec) bool { return strings.Contains(m.ImageName(), "@sha256:") },
		},
	}
}

// commit matches a full SHA-1 of Git.
var commit = regexp.MustCompile(`^[0-9a-f]{40}$`)

// ownWeights reports whether the weights are a copy of the user's.
func ownWeights(m serving.Spec) bool { return m.Model.InS3() || m.Storage.Weights.Claim != "" }

// downloads reports whether weights, adapters or a draft model come from Hugging Face.
func downloads(m serving.Spec) bool {
	fromHub := func(a serving.Adapter) bool { return !strings.HasPrefix(a.Source, "/") }
	return !ownWeights(m) || m.Speculative.Model != "" || slices.ContainsFunc(m.LoRA.Adapters, fromHub)
}

// onDockerHub reports whether an image is on Docker Hub: its first part is no host, or
// that of Docker Hub.
// https://github.com/distribution/reference/blob/v0.6.0/normalize.go
func onDockerHub(image string) bool {
	host, _, found := strings.Cut(image, "/")
	isHost := found && (strings.ContainsAny(host, ".:") || host == "localhost")
	return !isHost || host == "docker.io" || strings.HasSuffix(host, ".docker.io")
}

// access returns the items about who can call each model.
func access() []Item {
	return []Item{
		{
			ID: "clients", Key: "apiKey, models[].ingress.alb.allowedCidrs", Rule: "A key, or a list of addresses, bounds who can call a model from outside the cluster.",
			Reason:  "Otherwise, every machine with a route to the load balancer can call the model.",
			Problem: "everybody with a route to the load balancer gets answers", Advice: "set apiKey, or ingress.alb.allowedCidrs to the networks of your clients",
			model: func(_ Stack, m serving.Spec) bool {
				guarded := m.Access.Guarded || m.Access.APIKey.Name != ""
				return guarded || m.Ingress.Class != serving.ALBClass || len(m.Ingress.ALB.AllowedCIDRs) > 0
			},
		},
		{
			ID: "tls", Key: "models[].service.certificateArn", Rule: "A load balancer of a Service terminates TLS.",
			Reason:  "Without a certificate, API keys, prompts and answers travel in clear.",
			Problem: "the load balancer has no TLS", Advice: "set service.certificateArn, or use an ingress",
			model: func(_ Stack, m serving.Spec) bool {
				return m.Service.Type != serving.LoadBalancer || m.Service.CertificateARN != ""
			},
		},
		{
			ID: "network-policy", Key: "models[].network", Rule: "A NetworkPolicy bounds the traffic of each model.",
			Reason:  "A pod that runs downloaded weights should reach nothing that it does not need.",
			Problem: "all traffic is allowed", Advice: "remove network.unrestricted, and name clients and egress",
			model: func(_ Stack, m serving.Spec) bool { return !m.Network.Unrestricted },
		},
	}
}
