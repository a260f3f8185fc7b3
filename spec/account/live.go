package account

// Cluster is the stack's EKS cluster as it runs.
type Cluster struct {
	// Version is the minor version of its control plane, such as 1.35.
	Version string
	// SubnetIDs are the subnets of the control plane, and Zones their zones.
	SubnetIDs, Zones []string
	// Groups are its managed node groups, sorted by name.
	Groups []NodeGroup
}

// NodeGroup is a managed node group as it runs.
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

// Fixed is what AWS never changes of the stack's cluster.
type Fixed struct {
	// Name is the cluster's. It differs from the one that was asked for where the
	// stack's cluster has another.
	Name string
	// ServiceCIDR is the block of the addresses of Services, and NetworkCIDRs are
	// the blocks of the VPC.
	ServiceCIDR  string
	NetworkCIDRs []string
}

// LogGroup is a log group that exists before its cluster.
type LogGroup struct {
	Name string
	// Tags tell whose it is: EKS tags none of those that it creates.
	Tags map[string]string
}

// LogGroupName returns the name that EKS gives to the log group of a control plane.
// https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html
func LogGroupName(cluster string) string { return "/aws/eks/" + cluster + "/cluster" }
