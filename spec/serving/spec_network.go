package serving

// Network is who may talk to the engines, and to whom they may. It is enforced
// where the cluster's network has a controller for NetworkPolicies.
type Network struct {
	// Clients may call the service, beside pods of its own namespace, the load
	// balancer and Prometheus. Default: none.
	Clients []Peer
	// EgressCIDRs are private addresses that engines may reach on port 443, such as
	// those of interface endpoints. Public ones they reach where they
	// have to download. Default: none.
	EgressCIDRs []string
	// Egress are further places that engines may reach, such as a collector of traces
	// or a cache of another pod. That of --otlp-traces-endpoint is among them without
	// being listed. Default: none.
	Egress []Destination
	// Unrestricted lets everything in and out. Default: false.
	Unrestricted bool
}

// Peer is one of Namespace, all pods of one, and CIDR, a range of addresses.
type Peer struct {
	Namespace, CIDR string
}

// Destination is a port of Namespace, of all pods of one, or of CIDR, a range of
// addresses.
type Destination struct {
	Namespace, CIDR string
	// Port is that of TCP. Required.
	Port int
}

// Ingress is the way in from outside the cluster. Of the engine's paths, it has
// /v1 alone, which is what the API key guards.
type Ingress struct {
	// Class is the IngressClass: alb for the AWS Load Balancer Controller, or that
	// of another controller. Default: none, so that the service is not exposed.
	Class string
	// Host is the name by which clients call it. Required with a class.
	Host string
	// TLSSecret is a Secret of type kubernetes.io/tls in the same namespace, for
	// controllers other than ALB. Default: none, and no TLS.
	TLSSecret string
	// ControllerNamespace is where the pods of another controller run, which may
	// then call the engines. Required with one.
	ControllerNamespace string
	// Open answers without an API key behind a controller other than ALB, such as
	// one that asks for a login itself. Default: false.
	Open bool
	// Annotations are added to the Ingress, for what a controller has settings of
	// its own. Default: none.
	Annotations map[string]string
	// ALB are settings of the AWS Load Balancer Controller.
	ALB ALB
}

// ALB are settings of the AWS Load Balancer Controller.
type ALB struct {
	// CertificateARN is a certificate of ACM. Default: the controller looks for
	// one of Host.
	CertificateARN string
	// InternetFacing gives the load balancer public addresses. It then needs an API
	// key. Default: false.
	InternetFacing bool
	// AllowedCIDRs are who may call it. Required where it is internet-facing;
	// default: everyone who has a route to it. The members of a group agree on
	// them.
	AllowedCIDRs []string
	// SubnetCIDRs are the load balancer's subnets, which may then call the engines.
	// Required.
	SubnetCIDRs []string
	// Subnets are the load balancer's subnets, by ID or by the tag Name. Default: the
	// controller finds them by their role tags when it creates the load balancer, and
	// never moves the load balancer again.
	Subnets []string
	// Group is the name of an IngressGroup, whose members share one load balancer.
	// Default: a load balancer of its own.
	Group string
	// IdleSeconds is how long a connection may say nothing, as while a long answer
	// that is not streamed is computed. The members of a group agree on it.
	// Default: 600.
	IdleSeconds int
}
