package config

import (
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

func decodeSecretRef(n *node) serving.SecretRef {
	return serving.SecretRef{Name: n.str("existingSecret"), Key: n.str("key")}
}

func decodeLoRA(n *node) serving.LoRA {
	l := serving.LoRA{MaxRank: n.integer("maxRank"), MaxLoaded: n.integer("maxLoaded")}
	for _, a := range n.objects("adapters") {
		l.Adapters = append(l.Adapters, serving.Adapter{Name: a.str("name"), Source: a.str("source")})
	}
	return l
}

func decodeTolerations(nodes []*node) []serving.Toleration {
	var all []serving.Toleration
	for _, n := range nodes {
		all = append(all, serving.Toleration{Key: n.str("key"), Value: n.str("value"), Effect: n.str("effect")})
	}
	return all
}

func decodeScaling(n *node) serving.Scaling {
	return serving.Scaling{
		Policy:           serving.ScalingPolicy(n.str("policy")),
		TargetLoad:       n.integer("targetLoad"),
		TargetKVUsage:    n.amount("targetKVUsage"),
		TargetWaiting:    n.integer("targetWaiting"),
		TargetCPU:        n.integer("targetCPU"),
		FallbackReplicas: n.integer("fallbackReplicas"),
		DownSeconds:      n.integer("downSeconds"),
		Wake:             serving.Wake{Query: n.str("wakeQuery"), IdleSeconds: n.integer("idleSeconds")},
	}
}

func decodeStorage(n *node) serving.Storage {
	weights, cache, s3 := n.object("weights"), n.object("cache"), n.object("s3")
	return serving.Storage{
		Weights:      serving.Weights{Claim: weights.str("claim"), Path: weights.str("path")},
		Cache:        serving.Cache{Claim: cache.str("claim"), StorageClass: cache.str("storageClass"), Size: cache.str("size")},
		ScratchClass: n.str("scratchClass"),
		S3:           serving.S3{RoleARN: s3.str("roleArn"), Endpoint: s3.str("endpoint"), CIDR: s3.str("cidr"), ExistingSecret: s3.str("existingSecret")},
		Offline:      n.optionalBoolean("offline"),
	}
}

func decodeNetwork(n *node) serving.Network {
	network := serving.Network{EgressCIDRs: n.texts("egressCidrs"), Unrestricted: n.boolean("unrestricted")}
	for _, c := range n.objects("clients") {
		network.Clients = append(network.Clients, serving.Peer{Namespace: c.str("namespace"), CIDR: c.str("cidr")})
	}
	for _, d := range n.objects("egress") {
		network.Egress = append(network.Egress, serving.Destination{Namespace: d.str("namespace"), CIDR: d.str("cidr"), Port: d.integer("port")})
	}
	return network
}

func decodeIngress(n *node) serving.Ingress {
	alb := n.object("alb")
	return serving.Ingress{
		Class:               n.str("class"),
		Host:                n.str("host"),
		TLSSecret:           n.str("tlsSecret"),
		ControllerNamespace: n.str("controllerNamespace"),
		Open:                n.boolean("open"),
		Annotations:         n.textMap("annotations"),
		ALB: serving.ALB{
			CertificateARN: alb.str("certificateArn"),
			InternetFacing: alb.boolean("internetFacing"),
			AllowedCIDRs:   alb.texts("allowedCidrs"),
			SubnetCIDRs:    alb.texts("subnetCidrs"),
			Group:          alb.str("group"),
			IdleSeconds:    alb.integer("idleSeconds"),
		},
	}
}

func decodeVolumes(nodes []*node) []serving.Volume {
	var all []serving.Volume
	for _, n := range nodes {
		all = append(all, serving.Volume{
			Name: n.str("name"), MountPath: n.str("mountPath"), ConfigMap: n.str("configMap"), Secret: n.str("secret"), Claim: n.str("claim"),
			ReadWrite: n.boolean("readWrite"),
		})
	}
	return all
}

func decodeMonitoring(n *node) serving.Monitoring {
	return serving.Monitoring{
		PrometheusURL:   n.str("prometheusUrl"),
		Namespace:       n.str("namespace"),
		ServiceMonitor:  n.optionalBoolean("serviceMonitor"),
		IntervalSeconds: n.integer("intervalSeconds"),
		Labels:          n.textMap("labels"),
	}
}
