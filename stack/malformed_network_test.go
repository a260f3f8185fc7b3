package stack

// malformedNetworks holds malformed ingress, clients and egress of models.
var malformedNetworks = []malformedConfig{
	{name: "Ingress without a class", model: "ingress: {host: a.example.com}", want: []string{"models[0].ingress.class: is missing; name the IngressClass"}},
	{name: "incomplete load balancer", model: "ingress: {class: alb, alb: {internetFacing: true, certificateArn: x, idleSeconds: 5000}}",
		want: []string{"models[0].ingress.host: is missing", `models[0].ingress.alb.certificateArn: is "x", want the ARN of a certificate`, "models[0].ingress.alb.subnetCidrs: is missing",
			"models[0].ingress.alb.allowedCidrs: is missing, and the load balancer is internet-facing", "models[0].ingress.alb.internetFacing: is true, and no API key is asked for",
			"models[0].ingress.alb.idleSeconds: is 5000, want 1 to 4000"}},
	{name: "Ingress with settings of another controller", model: "ingress: {class: nginx, host: a.example.com, alb: {group: g}}",
		want: []string{"models[0].ingress.open: is not true, and no API key is asked for", "models[0].ingress.alb: is of no use with the class nginx", "models[0].ingress.controllerNamespace: is missing"}},
	{name: "Ingress annotation that the component sets", model: "ingress: {class: alb, host: a.example.com, alb: {subnetCidrs: [10.0.0.0/24]}, annotations: {alb.ingress.kubernetes.io/scheme: internal}}",
		want: []string{"models[0].ingress.annotations.alb.ingress.kubernetes.io/scheme: is set by the component; see ingress.alb"}},
	{name: "two models at one host", config: validCluster + "  vllm-eks:defaults: {ingress: {class: nginx, host: a.example.com, controllerNamespace: n, open: true}}\n  vllm-eks:models: [{name: a, model: org/m}, {name: b, model: org/m}]",
		want: []string{`defaults.ingress.host: is "a.example.com", which is the host of models[0] already`}},
	{name: "shared load balancer with two idle times", config: validCluster + "  vllm-eks:defaults: {ingress: {class: alb, alb: {group: g, subnetCidrs: [10.0.0.0/24]}}}\n" +
		"  vllm-eks:models: [{name: a, model: org/m, ingress: {host: a.example.com}}, {name: b, model: org/m, ingress: {host: b.example.com, alb: {idleSeconds: 60}}}]",
		want: []string{"models[1].ingress.alb: differs from that of models[0], with which it shares the load balancer g"}},
	{name: "invalid clients of a network", model: `network: {clients: [{}, {namespace: a, cidr: 10.0.0.0/8}, {cidr: 10.0.0.1/8}, {namespace: A}], egressCidrs: [x]}`,
		want: []string{"models[0].network.clients[0]: want one of namespace and cidr", "models[0].network.clients[1]: want one of namespace and cidr",
			`models[0].network.clients[2].cidr: is "10.0.0.1/8", which is an address within a range; want the range, 10.0.0.0/8`,
			`models[0].network.clients[3].namespace: is "A", want the name of a namespace`, `models[0].network.egressCidrs[0]: is "x", want a range of addresses`}},
	{name: "clients of an unrestricted network", model: "network: {unrestricted: true, clients: [{namespace: a}]}",
		want: []string{"models[0].network.unrestricted: is true, so that clients and egressCidrs are of no use"}},
	{name: "Ingress host is an address", model: "ingress: {class: nginx, host: 10.0.0.1, controllerNamespace: n, open: true}",
		want: []string{`models[0].ingress.host: is "10.0.0.1", want a name such as chat.example.com`}},
	{name: "egressCidrs of every address and of the metadata service", model: `network: {egressCidrs: [0.0.0.0/0, "::ffff:10.0.0.0/120", 169.254.169.254/32]}`,
		want: []string{`models[0].network.egressCidrs[1]: is "::ffff:10.0.0.0/120", want a range of addresses`, `models[0].network.egressCidrs[0]: is "0.0.0.0/0", wider than any private network`,
			`models[0].network.egressCidrs[2]: is "169.254.169.254/32", which has the metadata of the node among it`}},
	{name: "shared load balancer with two lists of clients", config: validCluster + "  vllm-eks:apiKey: {secure: k}\n  vllm-eks:defaults: {ingress: {class: alb, alb: {group: g, subnetCidrs: [10.0.0.0/24]}}}\n" +
		"  vllm-eks:models: [{name: a, model: org/m, ingress: {host: a.example.com}}, {name: b, model: org/m, ingress: {host: b.example.com, alb: {allowedCidrs: [10.0.0.0/8]}}}]",
		want: []string{"models[1].ingress.alb: differs from that of models[0], with which it shares the load balancer g; make internetFacing, allowedCidrs and idleSeconds the same"}},
}
