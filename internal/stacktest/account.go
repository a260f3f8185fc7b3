package stacktest

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/vllm-eks/vllm-eks/internal/stacktest/awsdata"
	"github.com/vllm-eks/vllm-eks/internal/versions"
)

// Account is a SIMULATED AWS account. It answers the functions of AWS's provider.
type Account struct {
	// ID is the number of the account, and Caller the ARN of the caller.
	ID, Caller string
	// Zones holds the ids of the zones, by name.
	Zones map[string]string
	// VCPUs holds the limits of running vCPUs, by AWS's code of the quota.
	VCPUs map[string]int
	// Subnets and VPCs hold existing subnets and VPCs, by id.
	Subnets map[string]Subnet
	// Clusters holds the running EKS clusters, by name.
	Clusters map[string]Cluster
	// Releases holds the newest AMI releases, by the parameter that publishes each.
	// Addons holds the newest versions of EKS add-ons, by "<name> <minor>".
	Releases, Addons map[string]string
	VPCs             map[string]VPC
	// LogGroups holds the tags of log groups, by name.
	LogGroups map[string]map[string]string
	// Silent is the error of an account that does not answer. Default: "", the account
	// answers.
	Silent string
}

// Subnet is an existing subnet.
type Subnet struct {
	Zone, VPCID string
	Tags        map[string]string
	// Free is the number of free addresses, and Route the ID of the target of the
	// default route; "" for none.
	Free  int
	Route string
	// MainTable reports that the subnet uses the main route table of the VPC, because
	// it has no table.
	MainTable bool
}

// Cluster is a running EKS cluster.
type Cluster struct {
	Version   string
	SubnetIDs []string
	// ServiceCIDR is the block of Services, VPCCIDR that of the VPC, and Tags are the
	// cluster's tags. Default: none.
	ServiceCIDR, VPCCIDR string
	Tags                 map[string]string
	// Groups holds the managed node groups, by name.
	Groups map[string]NodeGroup
}

// NodeGroup is a running managed node group.
type NodeGroup struct {
	Min, Max, Desired int
	Version, Release  string
	AMIType, Capacity string
	InstanceTypes     []string
	Labels, Tags      map[string]string
	// Status is EKS's name of the status. Default: ACTIVE.
	Status string
}

// SimulatedAccount returns an account in us-west-2 with capacity for every stack of the
// repository.
func SimulatedAccount() *Account {
	const region = "us-west-2"
	zones := map[string]string{}
	for _, name := range awsdata.Zones(region) {
		zones[name] = awsdata.ZoneID(name)
	}
	a := &Account{ID: awsdata.ID, Caller: awsdata.Caller, Zones: zones, VCPUs: awsdata.VCPUs(), Releases: map[string]string{}, Addons: map[string]string{}}
	for _, minor := range versions.KubernetesMinors() {
		for _, kind := range []string{"standard", "nvidia"} {
			a.Releases[ReleaseParameter(kind, minor)] = versions.AMIRelease(minor)
		}
		for _, name := range versions.Addons() {
			a.Addons[name+" "+minor] = versions.Addon(name, minor)
		}
	}
	return a
}

// ReleaseParameter returns the name of the parameter in which AWS publishes the newest
// release of a kind of AMI.
func ReleaseParameter(kind, minor string) string {
	return "/aws/service/eks/optimized-ami/" + minor + "/amazon-linux-2023/x86_64/" + kind + "/recommended/release_version"
}

// existing matches the instance types of the account.
var existing = regexp.MustCompile(`^(g5|p4d|p4de|p5|p5e|p5en|p6-b200)\.|^(m6i|m7i|m5|t3|c6i|r6i|g4dn|g6|g6e)\.(large|xlarge|\d+xlarge|metal)$`)

// answer returns the reply of AWS's provider to a function.
func (a *Account) answer(token string, args resource.PropertyMap) (resource.PropertyMap, error) {
	if a.Silent != "" {
		return nil, fmt.Errorf("%s", a.Silent)
	}
	var reply map[string]any
	switch token {
	case "aws:index/getCallerIdentity:getCallerIdentity":
		reply = map[string]any{"accountId": a.ID, "arn": a.Caller, "userId": "AROASIMULATED", "id": a.ID}
	case "aws:index/getAvailabilityZones:getAvailabilityZones":
		names := slices.Sorted(maps.Keys(a.Zones))
		var ids []string
		for _, name := range names {
			ids = append(ids, a.Zones[name])
		}
		reply = map[string]any{"names": list(names), "zoneIds": list(ids), "id": "us-west-2"}
	case "aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings":
		types, locations := a.offerings(args)
		reply = map[string]any{"instanceTypes": types, "locations": locations, "id": "us-west-2"}
	case "aws:servicequotas/getServiceQuota:getServiceQuota":
		vcpus, ok := a.VCPUs[args["quotaCode"].StringValue()]
		if !ok {
			return nil, fmt.Errorf("AccessDeniedException: not authorized to perform: servicequotas:GetServiceQuota")
		}
		reply = map[string]any{"value": float64(vcpus), "id": "quota"}
	case "aws:ec2/getSubnet:getSubnet":
		id := args["id"].StringValue()
		subnet, ok := a.Subnets[id]
		if !ok {
			return nil, fmt.Errorf("InvalidSubnetID.NotFound: The subnet ID '%s' does not exist", id)
		}
		tags := texts(subnet.Tags)
		reply = map[string]any{"id": id, "availabilityZone": subnet.Zone, "vpcId": subnet.VPCID, "tags": tags, "availableIpAddressCount": float64(subnet.Free)}
	case "aws:cloudwatch/getLogGroup:getLogGroup":
		tags, ok := a.LogGroups[args["name"].StringValue()]
		if !ok {
			return nil, fmt.Errorf("empty result")
		}
		reply = map[string]any{"name": args["name"].StringValue(), "id": args["name"].StringValue(), "tags": texts(tags)}
	case "aws:ec2/getVpc:getVpc":
		if _, ok := a.VPCs[args["id"].StringValue()]; ok || len(a.Clusters) == 0 {
			return a.vpc(args)
		}
		var err error
		if reply, err = a.live(token, args); err != nil {
			return nil, err
		}
	case "aws:ec2/getRouteTable:getRouteTable":
		return a.routeTable(args)
	default:
		var err error
		if reply, err = a.live(token, args); err != nil {
			return nil, err
		}
	}
	return resource.NewPropertyMapFromMap(reply), nil
}

// offerings returns the requested types, each with every zone that has it.
func (a *Account) offerings(args resource.PropertyMap) (types, locations []any) {
	for _, filter := range args["filters"].ArrayValue() {
		for _, value := range filter.ObjectValue()["values"].ArrayValue() {
			for _, zone := range slices.Sorted(maps.Keys(a.Zones)) {
				if existing.MatchString(value.StringValue()) && awsdata.Offers(a.Zones[zone], value.StringValue()) {
					types, locations = append(types, value.StringValue()), append(locations, zone)
				}
			}
		}
	}
	return types, locations
}

func texts(values map[string]string) map[string]any {
	tree := map[string]any{}
	for key, value := range values {
		tree[key] = value
	}
	return tree
}

func list(texts []string) []any {
	var items []any
	for _, text := range texts {
		items = append(items, text)
	}
	return items
}

// kubeconfig is the kubeconfig that pulumi-eks returns for a cluster.
const kubeconfig = `{"apiVersion":"v1","kind":"Config","current-context":"aws","clusters":[{"name":"kubernetes","cluster":{"server":"https://SIMULATED.eks.amazonaws.com",` +
	`"certificate-authority-data":"U0lNVUxBVEVE"}}],"contexts":[{"name":"aws","context":{"cluster":"kubernetes","user":"aws"}}],` +
	`"users":[{"name":"aws","user":{"exec":{"apiVersion":"client.authentication.k8s.io/v1beta1","command":"aws","args":["eks","get-token","--cluster-name","simulated","--output","json"]}}}]}`

// computed adds the outputs that AWS generates: names, ARNs, and outputs of the
// resource type.
func computed(token, name string, outputs resource.PropertyMap) resource.PropertyMap {
	add := func(key string, value any) {
		if _, ok := outputs[resource.PropertyKey(key)]; !ok {
			outputs[resource.PropertyKey(key)] = resource.NewPropertyValue(value)
		}
	}
	switch token {
	case "eks:index:Cluster":
		add("kubeconfigJson", kubeconfig)
	case "aws:ec2/launchTemplate:LaunchTemplate":
		add("latestVersion", 1.0)
	}
	if strings.HasPrefix(token, "aws:") {
		add("name", name+"-a1b2c3d")
		service, kind, _ := strings.Cut(strings.Split(token, ":")[1], "/")
		add("arn", "arn:aws:"+service+"::111122223333:"+kind+"/"+name)
	}
	return outputs
}
