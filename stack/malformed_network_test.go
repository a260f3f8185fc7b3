package stack

// malformedNetworks holds malformed ingress, clients and egress of models.
var malformedNetworks = []malformedConfig{
	{name: "Ingress without a class", model: "ingress: {host: a.example.com}", want: []string{"models[0].ingress.class: invalid"}},
	{name: "incomplete load balancer", model: "ingress: {class: alb, alb: {internetFacing: true, certificateArn: x, idleSeconds: 5000}}",
		want: []string{
			"models[0].ingress.host: invalid", "models[0].ingress.alb.certificateArn: invalid",
			"models[0].ingress.alb.subnetCidrs: invalid", "models[0].ingress.alb.allowedCidrs: invalid",
			"models[0].ingress.alb.internetFacing: invalid", "models[0].ingress.alb.idleSeconds: invalid",
		}},
	{name: "Ingress with settings of another controller", model: "ingress: {class: nginx, host: a.example.com, alb: {group: g}}",
		want: []string{
			"models[0].ingress.open: invalid", "models[0].ingress.alb: invalid",
			"models[0].ingress.controllerNamespace: invalid",
		}},
	{name: "Ingress annotation that the component sets", model: "ingress: {class: alb, host: a.example.com, alb: {subnetCidrs: [10.0.0.0/24]}, annotations: {alb.ingress.kubernetes.io/scheme: internal}}",
		want: []string{"models[0].ingress.annotations.alb.ingress.kubernetes.io/scheme: invalid"}},
	{name: "two models at one host", config: validCluster + "  vllm-eks:defaults: {ingress: {class: nginx, host: a.example.com, controllerNamespace: n, open: true}}\n  vllm-eks:models: [{name: a, model: org/m}, {name: b, model: org/m}]",
		want: []string{"defaults.ingress.host: duplicate"}},
	{name: "shared load balancer with two idle times", config: validCluster + "  vllm-eks:defaults: {ingress: {class: alb, alb: {group: g, subnetCidrs: [10.0.0.0/24]}}}\n" +
		"  vllm-eks:models: [{name: a, model: org/m, ingress: {host: a.example.com}}, {name: b, model: org/m, ingress: {host: b.example.com, alb: {idleSeconds: 60}}}]",
		want: []string{"models[1].ingress.alb: invalid"}},
	{name: "invalid clients of a network", model: `network: {clients: [{}, {namespace: a, cidr: 10.0.0.0/8}, {cidr: 10.0.0.1/8}, {namespace: A}], egressCidrs: [x]}`,
		want: []string{
			"models[0].network.clients[0]: not supported", "models[0].network.clients[1]: not supported",
			"models[0].network.clients[2].cidr: invalid", "models[0].network.clients[3].namespace: invalid",
			"models[0].network.egressCidrs[0]: invalid",
		}},
	{name: "clients of an unrestricted network", model: "network: {unrestricted: true, clients: [{namespace: a}]}",
		want: []string{"models[0].network.unrestricted: forbidden"}},
	{name: "Ingress host is an address", model: "ingress: {class: nginx, host: 10.0.0.1, controllerNamespace: n, open: true}",
		want: []string{"models[0].ingress.host: invalid"}},
	{name: "egressCidrs of every address and of the metadata service", model: `network: {egressCidrs: [0.0.0.0/0, "::ffff:10.0.0.0/120", 169.254.169.254/32]}`,
		want: []string{
			"models[0].network.egressCidrs[1]: invalid", "models[0].network.egressCidrs[0]: invalid",
			"models[0].network.egressCidrs[2]: invalid",
		}},
	{name: "shared load balancer with two lists of clients", config: validCluster + "  vllm-eks:apiKey: {secure: k}\n  vllm-eks:defaults: {ingress: {class: alb, alb: {group: g, subnetCidrs: [10.0.0.0/24]}}}\n" +
		"  vllm-eks:models: [{name: a, model: org/m, ingress: {host: a.example.com}}, {name: b, model: org/m, ingress: {host: b.example.com, alb: {allowedCidrs: [10.0.0.0/8]}}}]",
		want: []string{"models[1].ingress.alb: invalid"}},
	{name: "load balancer without an API key and ranges", model: "service: {type: LoadBalancer}",
		want: []string{"models[0].service.type: forbidden", "models[0].service.allowedCidrs: required", "models[0].service.subnetCidrs: required"}},
	{name: "settings of a load balancer without one", model: "service: {allowedCidrs: [10.0.0.0/8]}",
		want: []string{"models[0].service: forbidden"}},
	{name: "internet-facing load balancer without TLS, and malformed ranges",
		model: "apiKey: {existingSecret: s}, service: {type: LoadBalancer, internetFacing: true, allowedCidrs: [10.0.0.1/8], subnetCidrs: [x]}",
		want:  []string{"models[0].service.certificateArn: required", "models[0].service.allowedCidrs[0]: invalid", "models[0].service.subnetCidrs[0]: invalid"}},
	{name: "unknown type of the Service", model: "service: {type: NodePort}",
		want: []string{"models[0].service.type: not supported"}},
}
