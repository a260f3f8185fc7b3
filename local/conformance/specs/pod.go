package specs

import (
	"strings"

	"github.com/vllm-eks/vllm-eks/spec/serving"
)

func (g generator) resources() serving.Resources {
	return rarely(g, "resources", 3, func() serving.Resources {
		return serving.Resources{
			CPU:     pick(g, "resources.cpu", texts("", "3", "500m", "2.5", "20"), "0", "-1", "4Gi", "1e3", "x", "0.0001", "99999999999999999999"),
			Memory:  pick(g, "resources.memory", texts("", "14Gi", "14000M", "20000000k", "13.5Gi"), "0", "-1Gi", "512m", "12Gb", "14000000000.5", "99999999999Ti"),
			ShmSize: pick(g, "resources.shmSize", texts("", "1Gi", "64Mi"), "0", "99Ti", "1 Gi", "1048577.5"),
			Disk:    pick(g, "resources.disk", texts("", "90Gi", "1Ti"), "0", "x", "1048577.5", "99999999999Ti"),
		}
	})
}

func (g generator) scheduling() serving.Scheduling {
	return serving.Scheduling{
		NodeSelector: rarely(g, "nodeSelector", 4, func() map[string]string {
			return pick(g, "nodeSelector", []map[string]string{{"kubernetes.io/arch": "amd64"}, {"pool": "gpu"}},
				map[string]string{"a b": ""}, map[string]string{"zone": "ä"}, map[string]string{"pool": "other"}, map[string]string{"x..y/z": ""})
		}),
		PriorityClass: rarely(g, "priorityClass", 4, func() string { return pick(g, "priorityClass", texts("serving", "a.b"), wrongNames...) }),
		Tolerations: several(g, "tolerations", func() serving.Toleration {
			return serving.Toleration{
				Key:    pick(g, "toleration.key", texts("team", "example.com/dedicated"), "", "a b", "x..y/z"),
				Value:  pick(g, "toleration.value", texts("", "search"), "a b", long64),
				Effect: pick(g, "toleration.effect", texts("", "NoSchedule", "NoExecute", "PreferNoSchedule"), "Never"),
			}
		}),
	}
}

func (g generator) lifecycle() serving.Lifecycle {
	return rarely(g, "lifecycle", 2, func() serving.Lifecycle {
		return serving.Lifecycle{
			LoadSeconds:      g.seconds("lifecycle.loadSeconds", 1, 60, 3600, 299),
			ProvisionSeconds: g.seconds("lifecycle.provisionSeconds", 1, 3600),
			DrainSeconds:     g.seconds("lifecycle.drainSeconds", 1, 30, 3600),
			ShutdownSeconds:  g.seconds("lifecycle.shutdownSeconds", 1, 300, 3600),
			Rollout:          pick(g, "lifecycle.rollout", []serving.Rollout{"", serving.Surge, serving.InPlace}, "fast"),
			HungSeconds:      pick(g, "lifecycle.hungSeconds", []int{0, 120, 3600}, -1, 119, 3601),
		}
	})
}

func (g generator) access() serving.Access {
	secret := func(label string) serving.SecretRef {
		return rarely(g, label, 3, func() serving.SecretRef {
			return serving.SecretRef{
				Name: pick(g, label+".existingSecret", texts("keys", "my.keys"), append(texts("", "hf_"+Canary), wrongNames...)...),
				Key:  pick(g, label+".key", texts("", "token", "a.b_c"), "a b", "a/b", "..", strings.Repeat("f", 254)),
			}
		})
	}
	return serving.Access{
		HuggingFaceToken: secret("huggingFaceToken"), APIKey: secret("apiKey"),
		Guarded:            g.maybe("guarded", 2),
		ServiceAccountName: rarely(g, "serviceAccountName", 4, func() string { return pick(g, "serviceAccountName", texts("engines", "a.b"), wrongNames...) }),
	}
}

func (g generator) storage() serving.Storage {
	return rarely(g, "storage", 2, func() serving.Storage {
		st := serving.Storage{
			ScratchClass: rarely(g, "storage.scratchClass", 4, func() string { return g.name("storage.scratchClass") }),
			Offline:      rarely(g, "storage.offline", 6, func() *bool { return pick(g, "storage.offline", []*bool{new(false), new(true)}) }),
		}
		if g.maybe("weights are on a volume", 4) {
			st.Weights.Claim = pick(g, "storage.weights.claim", texts("weights", "a.b"), append(texts(""), wrongNames...)...)
			st.Weights.Path = pick(g, "storage.weights.path", texts("", "qwen/8b"), "/abs", "../x", "a//b", ".", "a b", "a/..")
		}
		switch {
		case g.maybe("there is a cache", 2):
			st.Cache.StorageClass = g.name("storage.cache.storageClass")
			st.Cache.Size = pick(g, "storage.cache.size", texts("", "120Gi", "1Ti"), "1Mi", "x", "-1Gi", "2147483649.5")
		case g.maybe("there is a claim", 2):
			st.Cache.Claim = g.name("storage.cache.claim")
		}
		return st
	})
}

func (g generator) volumes() []serving.Volume {
	names, places := texts("templates", "adapters", long63), texts("/templates", "/etc/certs", "/data/x.y")
	return several(g, "volumes", func() serving.Volume {
		names, places = append(names[1:], names[0]), append(places[1:], places[0])
		return g.volume(names[:1], places[:1])
	})
}

func (g generator) volume(name, place []string) serving.Volume {
	v := serving.Volume{
		Name:      pick(g, "volume.name", name, "", "home", "a.b", "A", long64, "templates"),
		MountPath: pick(g, "volume.mountPath", place, "", "/", "rel", "/a/", "/tmp", "/home/vllm", "/a:b", "/a b", "/a/../b", "/templates"),
	}
	switch pick(g, "volume.kind", texts("", "configMap", "secret", "claim", "writable"), "both") {
	case "configMap":
		v.ConfigMap = g.name("volume.configMap")
	case "secret":
		v.Secret = g.name("volume.secret")
	case "claim":
		v.Claim = g.name("volume.claim")
	case "writable":
		v.Claim, v.ReadWrite = g.name("volume.claim"), true
	case "both":
		v.ConfigMap, v.Secret = "a", "b"
	}
	return v
}

func (g generator) network() serving.Network {
	return rarely(g, "network", 3, func() serving.Network {
		if g.maybe("network.unrestricted", 8) && !g.wrong("an unrestricted network") {
			return serving.Network{Unrestricted: true}
		}
		return serving.Network{
			Clients: several(g, "network.clients", func() serving.Peer {
				if g.maybe("client is an address", 2) {
					return serving.Peer{CIDR: g.cidr("network.clients.cidr")}
				}
				return serving.Peer{Namespace: pick(g, "network.clients.namespace", texts("apps", long63), "", "A", "a.b", long64)}
			}),
			EgressCIDRs: g.cidrs("network.egressCidrs"),
			Egress: several(g, "network.egress", func() serving.Destination {
				port := pick(g, "network.egress.port", []int{5555, 65535}, 0, -1, 65536)
				return serving.Destination{Namespace: pick(g, "network.egress.namespace", texts("cache"), "", "A", long64), Port: port}
			}),
			Unrestricted: g.wrong("network.unrestricted"),
		}
	})
}

func (g generator) ingress() serving.Ingress {
	in := serving.Ingress{
		Class: pick(g, "ingress.class", texts("alb", "nginx", "my.class"), append(texts(""), wrongNames...)...),
		Host:  pick(g, "ingress.host", texts("chat.example.com", "*.example.com", "localhost"), "", "Chat.example.com", "a..b", "*", "a_b.com", "10.0.0.1", "https://x", strings.Repeat("g", 254)),
		Annotations: pick(g, "ingress.annotations", []map[string]string{nil, {"example.com/a": "b"}},
			map[string]string{"alb.ingress.kubernetes.io/scheme": "internet-facing"}, map[string]string{"a b": ""}, map[string]string{"pulumi.com/skipAwait": "false"}, map[string]string{"x..y/a": ""}),
	}
	if in.Class != serving.ALBClass {
		in.ControllerNamespace = pick(g, "ingress.controllerNamespace", texts("ingress-nginx", "i"), "", "I", "a.b")
		in.TLSSecret = pick(g, "ingress.tlsSecret", texts("", "tls", "a.b"), wrongNames...)
		return in
	}
	in.ALB = serving.ALB{
		CertificateARN: pick(g, "ingress.alb.certificateArn", texts("", "arn:aws:acm:us-west-2:111122223333:certificate/1b2c"), "arn:x"),
		InternetFacing: g.maybe("ingress.alb.internetFacing", 3),
		AllowedCIDRs:   g.cidrs("ingress.alb.allowedCidrs"),
		SubnetCIDRs:    append(texts("10.0.0.0/24"), g.cidrs("ingress.alb.subnetCidrs")...),
		Group:          pick(g, "ingress.alb.group", texts("", "models", "a.b"), "-", long64, "A"),
		IdleSeconds:    pick(g, "ingress.alb.idleSeconds", []int{0, 4000, 1}, -1, 4001),
	}
	if in.ALB.InternetFacing && !g.wrong("who may call") {
		in.ALB.AllowedCIDRs = texts("203.0.113.0/24")
	}
	if g.wrong("ingress.alb.subnetCidrs") {
		in.ALB.SubnetCIDRs = nil
	}
	return in
}

func (g generator) monitoring() serving.Monitoring {
	m := serving.Monitoring{
		PrometheusURL: pick(g, "monitoring.prometheusUrl", texts("http://prometheus.monitoring.svc:9090", "https://p.example.com/prom", ""),
			"prometheus:9090", "ftp://p", "http://user:"+Canary+"@p", "http://", "http://a b"),
		Namespace:      pick(g, "monitoring.namespace", texts("", "observe"), "O", "a.b", long64),
		ServiceMonitor: pick(g, "monitoring.serviceMonitor", []*bool{nil, new(true), new(false)}),
	}
	if m.ServiceMonitor != nil && *m.ServiceMonitor {
		m.IntervalSeconds = pick(g, "monitoring.intervalSeconds", []int{0, 1, 3600}, -1, 3601)
		m.Labels = g.labels("monitoring.labels", map[string]string{"app.kubernetes.io/name": "x"})
	}
	return m
}
