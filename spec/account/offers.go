package account

// Wanted is what is asked of an account.
type Wanted struct {
	// InstanceTypes are asked where they are offered, Quotas how many vCPUs may run,
	// Subnets where they are.
	InstanceTypes []string
	Quotas        []Quota
	Subnets       []string
	// Cluster is the name of the stack's EKS cluster, which need not exist yet.
	// Minor is its version of Kubernetes, for which the newest AMI releases and
	// versions of Addons are read; "" reads none.
	Cluster, Minor string
	Addons         []string
	// VPC is the user's, whose settings and routes are asked; "" for none.
	VPC string
}

// Offers are what an account has, as far as it was asked.
type Offers struct {
	ID string
	// Caller is the ARN of who deploys: of a session, where that is a role's.
	Caller string
	// Zones are the availability zones of the region in which a cluster can be, by
	// name.
	Zones []string
	// In are the zones that offer an instance type.
	In map[string][]string
	// VCPUs is how many may run at once, by quota. A quota that may not be read is
	// not there, and Unread says so.
	VCPUs  map[Quota]int
	Unread []string
	// Subnets are by their ids.
	Subnets map[string]Subnet
	// Cluster is the stack's cluster as it runs; nil if there is none yet.
	Cluster *Cluster
	// Fixed is what AWS never changes of it; nil if there is none yet.
	Fixed *Fixed
	// Releases are the newest AMI releases, and Addons the newest versions of EKS
	// add-ons. One that may not be read is absent, and Unread says so.
	Releases map[AMI]string
	Addons   map[string]string
	// VPC is the user's; nil if none was asked.
	VPC *VPC
	// LogGroup is that of the stack's cluster, where it exists and the cluster does
	// not; nil otherwise.
	LogGroup *LogGroup
}

// Subnet is one of a VPC that exists.
type Subnet struct {
	Zone, VPCID string
	Tags        map[string]string
	// Free is how many of its addresses are free, Route where it sends traffic for
	// the internet.
	Free  int
	Route Route
	// Problem is why nothing is known of it; "" otherwise.
	Problem string
}

// Reader answers what an account offers.
type Reader func(Wanted) (Offers, error)

// VPC is one that exists.
type VPC struct {
	// CIDRs are its blocks of IPv4 addresses.
	CIDRs []string
	// DNSHostnames and DNSSupport are its DNS attributes. A node needs both.
	DNSHostnames, DNSSupport bool
	// Problem is why nothing is known of it; "" otherwise.
	Problem string
}

// Route is where a subnet sends traffic for the internet.
type Route string

// Default routes.
const (
	// RouteUnread is one that cannot be read.
	RouteUnread Route = ""
	NoRoute     Route = "none"
	// RouteToInternet goes to an internet gateway, which serves public addresses
	// alone.
	RouteToInternet Route = "internet gateway"
	// RouteElsewhere goes to a NAT gateway, a transit gateway, a firewall or the like.
	RouteElsewhere Route = "elsewhere"
)
