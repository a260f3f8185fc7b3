package serving

// Network holds the traffic that is allowed to and from the replicas.
type Network struct {
	// Clients are pods or addresses that may call the service. Pods of its own namespace,
	// the load balancer and Prometheus may always call it.
	Clients []Peer `key:"clients"`
	// EgressCIDRs are ranges of private addresses that replicas may reach on port 443,
	// such as those of interface endpoints. Public addresses are allowed if downloads
	// need them.
	EgressCIDRs []string `key:"egressCidrs"`
	// Egress are further destinations that replicas may reach, such as a collector of
	// traces or a cache in another pod. The collector of traces need not
	// be listed.
	Egress []Destination `key:"egress"`
	// Unrestricted allows all traffic.
	Unrestricted bool `key:"unrestricted"`
}

// Peer is either all pods of a namespace or a range of addresses.
type Peer struct {
	// Namespace is the namespace of the pods. Default: none.
	Namespace string `key:"namespace"`
	// CIDR is a range of addresses, in place of a namespace. Default: none.
	CIDR string `key:"cidr"`
}

// Destination is a port of either all pods of a namespace or a range of addresses.
type Destination struct {
	// Namespace is the namespace of the pods. Default: none.
	Namespace string `key:"namespace"`
	// CIDR is a range of addresses, in place of a namespace. Default: none.
	CIDR string `key:"cidr"`
	// Port is a port of TCP.
	Port int `key:"port" range:"1..65535" required:"true" example:"4317"`
}

// Ingress holds how clients outside the cluster connect to the service.
type Ingress struct {
	// Class is the IngressClass: alb for the AWS Load Balancer Controller, or that of
	// another controller. Default: none, so that the service is not exposed.
	Class string `key:"class"`
	// Host is the host name by which clients call the service. Default: required with
	// a class.
	Host string `key:"host"`
	// TLSSecret is a Secret of type kubernetes.io/tls in the namespace, for controllers
	// other than alb. Default: none, and no TLS.
	TLSSecret string `key:"tlsSecret" input:"true"`
	// ControllerNamespace is the namespace of the pods of a controller other than alb,
	// which may then call the replicas. Default: required with such a controller.
	ControllerNamespace string `key:"controllerNamespace"`
	// Open answers requests without an API key. Use it with a controller other than alb
	// that authenticates clients itself.
	Open bool `key:"open"`
	// Annotations are added to the Ingress, for further settings of the controller.
	Annotations map[string]string `key:"annotations" sensitive:"true"`
	// ALB are settings of the AWS Load Balancer Controller.
	ALB ALB `key:"alb"`
}

// ALB holds settings of the AWS Load Balancer Controller.
type ALB struct {
	// CertificateARN is a certificate of ACM. Default: the controller finds one for
	// the host.
	CertificateARN string `key:"certificateArn" input:"true"`
	// InternetFacing gives the load balancer public addresses. It needs an API key.
	InternetFacing bool `key:"internetFacing"`
	// AllowedCIDRs are the ranges of addresses that may call the load balancer. They are
	// required if it is internet-facing, and the same for all members of a group.
	// Default: everyone with a route to it.
	AllowedCIDRs []string `key:"allowedCidrs"`
	// SubnetCIDRs are the address ranges of the load balancer's subnets, which may call
	// the replicas. Default: those of the network that the program creates; else
	// required with alb.
	SubnetCIDRs []string `key:"subnetCidrs" input:"true"`
	// Subnets are the load balancer's subnets, by ID or by the tag Name. Default: the
	// controller finds them by their role tags when it creates the load balancer, and
	// does not change them later.
	Subnets []string `key:"subnets" input:"true" only:"component"`
	// Group is the name of an IngressGroup, whose members share one load balancer.
	// Default: a load balancer of its own.
	Group string `key:"group"`
	// IdleSeconds is how long a connection may carry no data, such as during a long
	// answer that is not streamed. It is the same for all members of a group. Default:
	// 600 with alb.
	IdleSeconds int `key:"idleSeconds" range:"1..4000" in:"defaults pin"`
}

// Service holds the type of the Kubernetes Service in front of the replicas, and its load
// balancer.
type Service struct {
	// Type is the type of the Service. With LoadBalancer, the AWS Load Balancer
	// Controller creates a Network Load Balancer for it. The load balancer exposes every
	// path of vLLM, but the API key protects only /v1; an Ingress exposes only /v1. It
	// closes connections that carry no data for 600 s, or for 350 s with a certificate.
	Type ServiceType `key:"type" oneof:"ClusterIP LoadBalancer" default:"ClusterIP"`
	// AllowedCIDRs are the ranges of addresses that may call the load balancer.
	// Default: required with LoadBalancer.
	AllowedCIDRs []string `key:"allowedCidrs"`
	// InternetFacing gives the load balancer public addresses. It needs a certificate.
	InternetFacing bool `key:"internetFacing"`
	// CertificateARN is a certificate of ACM. With it, the load balancer terminates TLS.
	// Default: none, and no TLS.
	CertificateARN string `key:"certificateArn" input:"true"`
	// SubnetCIDRs are the address ranges of the load balancer's subnets, which may call
	// the replicas. Default: those of the network that the program creates; else
	// required with LoadBalancer.
	SubnetCIDRs []string `key:"subnetCidrs" input:"true"`
	// Subnets are the load balancer's subnets, by ID or by the tag Name. Default: the
	// controller finds them by their role tags when it creates the load balancer.
	Subnets []string `key:"subnets" input:"true" only:"component"`
}

// ServiceType is a type of a Kubernetes Service.
type ServiceType string

const (
	// ClusterIP is an address inside the cluster.
	ClusterIP ServiceType = "ClusterIP"
	// LoadBalancer adds a load balancer outside the cluster.
	LoadBalancer ServiceType = "LoadBalancer"
)
