package account

// Wanted holds the questions about an account.
type Wanted struct {
	// InstanceTypes are types whose zones are read. Quotas are quotas whose vCPUs are
	// read. Subnets are subnets that are read.
	InstanceTypes []string
	Quotas        []Quota
	Subnets       []string
	// Cluster is the name of the stack's EKS cluster, which need not exist yet.
	// Minor is its version of Kubernetes, for which the newest AMI releases and
	// versions of Addons are read; "" reads none.
	Cluster, Minor string
	Addons         []string
	// VPC is the user's VPC, whose settings and routes are read; "" for none.
	VPC string
}

// Offers holds what an account supports: the answers to Wanted.
type Offers struct {
	ID string
	// Caller is the ARN of the principal that deploys: of the session, if it is a role.
	Caller string
	// Zones are the names of the availability zones of the region in which a cluster can
	// be.
	Zones []string
	// In holds the zones that offer an instance type.
	In map[string][]string
	// VCPUs is the number of vCPUs that may run at once, by quota. A quota that cannot be
	// read is absent, and Unread has the reason.
	VCPUs  map[Quota]int
	Unread []string
	// Subnets holds the subnets by their ids.
	Subnets map[string]Subnet
	// Cluster is the stack's running cluster; nil if it does not exist yet.
	Cluster *Cluster
	// Fixed holds the properties of the cluster that AWS cannot change; nil if it does
	// not exist yet.
	Fixed *Fixed
	// Releases are the newest AMI releases, and Addons the newest versions of EKS
	// add-ons. A release or version that cannot be read is absent, and Unread has the
	// reason.
	Releases map[AMI]string
	Addons   map[string]string
	// VPC is the user's VPC; nil if Wanted has none.
	VPC *VPC
	// LogGroup is the log group of the stack's cluster, if it exists and the cluster does
	// not; nil otherwise.
	LogGroup *LogGroup
}

// Subnet is a subnet of an existing VPC.
type Subnet struct {
	Zone, VPCID string
	Tags        map[string]string
	// Free is the number of its free addresses. Route is its default route.
	Free  int
	Route Route
	// Problem is the reason why it could not be read; "" otherwise.
	Problem string
}

// Reader reads what an account supports.
type Reader func(Wanted) (Offers, error)

// VPC is an existing VPC.
type VPC struct {
	// CIDRs are its ranges of IPv4 addresses.
	CIDRs []string
	// DNSHostnames and DNSSupport are its DNS attributes. A node needs both.
	DNSHostnames, DNSSupport bool
	// Problem is the reason why it could not be read; "" otherwise.
	Problem string
}

// Route is the kind of target of a subnet's default route.
type Route string

// Default routes.
const (
	// RouteUnread is a route that cannot be read.
	RouteUnread Route = ""
	NoRoute     Route = "none"
	// RouteToInternet goes to an internet gateway, which serves only public addresses.
	RouteToInternet Route = "internet gateway"
	// RouteElsewhere goes to another target, such as a NAT gateway, a transit gateway or
	// a firewall.
	RouteElsewhere Route = "elsewhere"
)
