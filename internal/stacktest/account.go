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

// Account is a SIMULATED AWS account: what it answers when it is asked what it
// offers.
type Account struct {
	// ID and Caller are the account and who asks.
	ID, Caller string
	// Zones are the zones' ids, by their names.
	Zones map[string]string
	// VCPUs is how many may run, by AWS' code of the quota.
	VCPUs map[string]int
	// Subnets and VPCs are by their ids.
	Subnets map[string]Subnet
	// Clusters are the EKS clusters that run, by name.
	Clusters map[string]Cluster
	// Releases are the newest AMI releases, by the parameter that publishes each.
	// Addons are the newest versions of EKS add-ons, by "<name> <minor>".
	Releases, Addons map[string]string
	VPCs             map[string]VPC
	// LogGroups are the tags of log groups, by name.
	LogGroups map[string]map[string]string
	// Silent is why the account does not answer; "" for one that does.
	Silent string
}

// Subnet is one that is there already.
type Subnet struct {
	Zone, VPCID string
	Tags        map[string]string
	// Free is how many addresses are free, Route the ID of the target of its default
	// route; "" for none.
	Free  int
	Route string
	// MainTable has the subnet use the table of the VPC: it has none of its own.
	MainTable bool
}

// Cluster is an EKS cluster that runs.
type Cluster struct {
	Version   string
	SubnetIDs []string
	// ServiceCIDR is the block of Services, VPCCIDR that of its VPC, and Tags are
	// its tags. Each may be left out.
	ServiceCIDR, VPCCIDR string
	Tags                 map[string]string
	// Groups are its managed node groups, by name.
	Groups map[string]NodeGroup
}

// NodeGroup is a managed node group that runs.
type NodeGroup struct {
	Min, Max, Desired int
	Version, Release  string
	AMIType, Capacity string
	InstanceTypes     []string
	Labels, Tags      map[string]string
	// Status is as EKS names it. Default: ACTIVE.
	Status string
}

// SimulatedAccount is one in us-west-2, with room for every stack in the tree.
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

// ReleaseParameter is where AWS publishes the newest release of a kind of AMI.
func ReleaseParameter(kind, minor string) string {
	return "/aws/service/eks/optimized-ami/" + minor + "/amazon-linux-2023/x86_64/" + kind + "/recommended/release_version"
}

// existing are the instance types that the account knows.
var existing = regexp.MustCompile(`^(g5|p4d|p4de|p5|p5e|p5en|p6-b200)\.|^(m6i|m7i|m5|t3|c6i|r6i|g4dn|g6|g6e)\.(large|xlarge|\d+xlarge|metal)$`)

// answer is what AWS' provider says to a function.
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
		if _, brought := a.VPCs[args["id"].StringValue()]; brought || len(a.Clusters) == 0 {
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

// offerings are the types that were asked for, each with every zone that has it.
func (a *Account) offerings(args resource.PropertyMap) (types, locations []any) {
	for _, filter := range args["filters"].ArrayValue() {
		for _, of := range filter.ObjectValue()["values"].ArrayValue() {
			for _, zone := range slices.Sorted(maps.Keys(a.Zones)) {
				if existing.MatchString(of.StringValue()) && awsdata.Offers(a.Zones[zone], of.StringValue()) {
					types, locations = append(types, of.StringValue()), append(locations, zone)
				}
			}
		}
	}
	return types, locations
}

func texts(of map[string]string) map[string]any {
	all := map[string]any{}
	for key, value := range of {
		all[key] = value
	}
	return all
}

func list(texts []string) []any {
	var all []any
	for _, text := range texts {
		all = append(all, text)
	}
	return all
}

// kubeconfig is what pulumi-eks returns of a cluster.
const kubeconfig = `{"apiVersion":"v1","kind":"Config","current-context":"aws","clusters":[{"name":"kubernetes","cluster":{"server":"https://SIMULATED.eks.amazonaws.com",` +
	`"certificate-authority-data":"U0lNVUxBVEVE"}}],"contexts":[{"name":"aws","context":{"cluster":"kubernetes","user":"aws"}}],` +
	`"users":[{"name":"aws","user":{"exec":{"apiVersion":"client.authentication.k8s.io/v1beta1","command":"aws","args":["eks","get-token","--cluster-name","simulated","--output","json"]}}}]}`

// computed adds what AWS makes up: names, ARNs, and what belongs to a kind.
func computed(token, name string, outputs resource.PropertyMap) resource.PropertyMap {
	add := func(key string, value any) {
		if _, given := outputs[resource.PropertyKey(key)]; !given {
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
