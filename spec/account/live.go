package account

// Cluster is the state of the stack's running EKS cluster.
type Cluster struct {
	// Version is the minor version of its control plane, such as 1.35.
	Version string
	// SubnetIDs are the subnets of the control plane, and Zones their zones.
	SubnetIDs, Zones []string
	// Groups are its managed node groups, sorted by name.
	Groups []NodeGroup
}

// NodeGroup is the state of a running managed node group.
type NodeGroup struct {
	Name string
	// Min and Max bound the number of nodes; Desired is the number that the
	// autoscaler, or EKS, wants now.
	Min, Max, Desired int
	// Version is the minor version of its nodes, Release the release of their AMI.
	Version, Release string
	// AMIType, Capacity and InstanceTypes are as EKS names them.
	AMIType, Capacity string
	InstanceTypes     []string
	SubnetIDs         []string
	// Status is as EKS names it, such as ACTIVE or CREATE_FAILED.
	Status       string
	Labels, Tags map[string]string
}

// AMI is a kind of Amazon Linux 2023 image for EKS.
type AMI string

// The AMIs of nodes without and with NVIDIA's driver.
const (
	StandardAMI AMI = "standard"
	NVIDIAAMI   AMI = "nvidia"
)

// Fixed holds the properties of the stack's cluster that AWS cannot change.
type Fixed struct {
	// Name is the name of the stack's cluster. It can differ from the requested name.
	Name string
	// ServiceCIDR is the range of addresses of Services. NetworkCIDRs are the ranges of
	// the VPC.
	ServiceCIDR  string
	NetworkCIDRs []string
}

// LogGroup is a log group that exists although its cluster does not.
type LogGroup struct {
	Name string
	// Tags identify the owner. Log groups that EKS creates have no tags.
	Tags map[string]string
}

// LogGroupName returns the name that EKS gives to the log group of a control plane.
// https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html
func LogGroupName(cluster string) string { return "/aws/eks/" + cluster + "/cluster" }
