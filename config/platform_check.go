package config

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/internal/versions"
	"github.com/vllm-eks/vllm-eks/spec/account"
	"github.com/vllm-eks/vllm-eks/spec/nodes"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// reporter reports the problems of a box, each once.
type reporter func(found field.ErrorList)

// checkPlatform fills in what the boxes do not know of each other, and checks
// each and what spans them.
func (c *Config) checkPlatform(d *decoding, done settled, report reporter, read account.Reader) {
	p := &c.Platform
	p.install(c)
	if done.covers("cluster") {
		return // nobody knows whose it is
	}
	p.checkAWS(d, c.source)
	report(p.Account.Validate(field.NewPath("tags")))
	if !p.Made() {
		p.checkBrought(d)
		c.checkExistingVersion(d, read)
		c.locate(d, report)
	} else {
		p.Cluster.Name = orName(p.Cluster.Name, c.source.project, c.source.stack)
		p.Cluster.Region, p.Cluster.Profile, p.Network.Region = p.Account.Region, p.Account.Profile, p.Account.Region
		c.ask(d, read)
		p.fillZones()
		report(p.validateNetwork())
	}
	p.Cluster = p.Cluster.WithDefaults()
	report(p.Cluster.Validate(field.NewPath("cluster")))
	if p.Made() {
		p.Nodes.KubernetesVersion = p.Cluster.KubernetesVersion
		p.Nodes.System.Zones = p.nodeZones()
		p.Nodes = p.Nodes.WithDefaults()
		report(p.Nodes.Validate(field.NewPath("systemNodes"), field.NewPath("nodeGroups")))
		c.checkSupport(d)
		p.checkAddresses(d)
		p.checkOffers(d, c.source)
		p.checkFixed(d, c.source.Deployed.EKS)
		p.placeGroups(d)
		report(p.Nodes.Validate(field.NewPath("systemNodes"), field.NewPath("nodeGroups"))) // now that the zones are known
		p.fillLive()
		p.fillAddons(d)
		p.checkPatches(d)
		p.checkQuotas(d)
		if len(d.found) == 0 {
			c.checkUpdates(d)
		}
	}
	c.checkPreferences(d)
	p.Autoscaler.KubernetesMinor = p.Cluster.KubernetesVersion // of an existing cluster too
	if p.Made() && !slices.Contains(versions.KubernetesMinors(), p.Cluster.KubernetesVersion) {
		p.Autoscaler.KubernetesMinor = versions.Kubernetes // reported as wrong
	}
	if !p.Made() && p.Cluster.KubernetesVersion == "" {
		p.Autoscaler.KubernetesMinor = versions.Kubernetes // reported as missing
	}
	p.Autoscaler, p.GPU = p.Autoscaler.WithDefaults(), p.GPU.WithDefaults()
	p.KEDA, p.IngressController = p.KEDA.WithDefaults(), p.IngressController.WithDefaults()
	report(p.Autoscaler.Validate(field.NewPath("autoscaler")))
	report(p.GPU.Validate(field.NewPath("gpu")))
	report(p.KEDA.Validate(field.NewPath("keda")))
	report(p.IngressController.Validate(field.NewPath("ingressController")))
}

// checkNamespaces refuses namespaces for models that a box makes for itself.
func (c *Config) checkNamespaces(d *decoding) {
	p := c.Platform
	for _, box := range []struct {
		key    string
		claims []string
	}{
		{"autoscaler", p.Autoscaler.Namespaces()}, {"gpu", p.GPU.Namespaces()}, {"monitoring", p.Prometheus.Namespaces()},
		{"keda", p.KEDA.Namespaces()}, {"ingressController", p.IngressController.Namespaces()},
	} {
		for i, n := range c.Namespaces {
			if slices.Contains(box.claims, n.Name) {
				d.add(field.ErrorTypeInvalid, fmt.Sprintf("namespaces[%d].name", i), "is %q, which %s makes for itself; want another", n.Name, box.key)
			}
		}
	}
}

// install decides what is installed, and lets the boxes know of each other.
func (p *Platform) install(c *Config) {
	made := p.Made()
	p.roles = len(c.readers()) > 0
	p.Autoscaler.Install = installed(p.installs.autoscaler, made)
	p.GPU.Install = installed(p.installs.gpu, made)
	p.KEDA.Install = installed(p.installs.keda, made)
	p.IngressController.Install = installed(p.installs.ingress, made)
	p.Prometheus.Install = installed(p.installs.monitoring, made && c.Monitoring.PrometheusURL == "")
}

// awsKeys are the keys of AWS' provider that the program hands on.
var awsKeys = []string{"region", "profile"}

// checkAWS refuses settings of AWS' provider that would not come into effect,
// and a region that is none.
func (p *Platform) checkAWS(d *decoding, source *Source) {
	if !p.needsAWS() {
		p.Account = account.Spec{Tags: p.Account.Tags}
		return
	}
	for _, key := range source.awsKeys() {
		if !slices.Contains(awsKeys, key) {
			d.add(field.ErrorTypeInvalid, "aws:"+key, "is a setting of AWS' provider that has no effect here; want it in the AWS configuration, under a profile that aws:profile names")
		}
	}
	switch region := p.Account.Region; {
	case region == "":
		d.add(field.ErrorTypeRequired, "aws:region", "is missing; set it with: pulumi config set aws:region us-west-2")
	case !slices.Contains(account.Regions(), region):
		d.add(field.ErrorTypeNotSupported, "aws:region", "is %q, which is no region of AWS with Amazon EKS%s", region, didYouMean(region, account.Regions()))
	}
}

// needsAWS tells whether anything of AWS is made: on a cluster of the user's,
// roles for controllers that call AWS.
func (p *Platform) needsAWS() bool {
	return p.Made() || p.Autoscaler.Install || p.IngressController.Install || p.roles
}

// validateNetwork is the network's own check. Without zones, whoever made it is
// told which they could be.
func (p *Platform) validateNetwork() field.ErrorList {
	if p.Network.Existing == nil && len(p.Network.Zones) == 0 {
		var found field.ErrorList
		if !slices.Contains(account.Regions(), p.Account.Region) {
			return nil // reported as wrong
		}
		problems.Required(&found, field.NewPath("network", "zones"), "is missing, and the account was not asked; name two or three, such as [%sa, %sb]", p.Account.Region, p.Account.Region)
		return found
	}
	p.Network = p.Network.WithDefaults()
	found := p.Network.Validate(field.NewPath("network"))
	if !slices.Contains(account.Regions(), p.Account.Region) { // nobody knows whose zones they are
		found = slices.DeleteFunc(found, func(e *field.Error) bool { return strings.HasPrefix(e.Field, "network.zones[") })
	}
	return found
}

// checkBrought refuses what would be for a cluster that the program makes.
func (p *Platform) checkBrought(d *decoding) {
	s, n := p.Cluster, p.Network
	for _, of := range []struct {
		key   string
		given bool
	}{
		{"cluster.name", s.Name != ""}, {"cluster.kubernetesVersion", s.KubernetesVersion != "" && !p.Autoscaler.Install}, {"cluster.publicAccessCidrs", len(s.PublicAccessCIDRs) > 0},
		{"cluster.access", len(s.Access) > 0}, {"cluster.logRetentionDays", s.LogRetentionDays != 0}, {"cluster.serviceCidr", s.ServiceCIDR != ""},
		{"cluster.protect", s.Protect}, {"cluster.efs", s.EFS}, {"cluster.nodeRelease", p.Nodes.Release != ""}, {"cluster.addons", len(s.Addons) > 0},
		{"systemNodes", len(p.Nodes.System.InstanceTypes) > 0 || p.Nodes.System.Min+p.Nodes.System.Max+p.Nodes.System.DiskGiB > 0},
		{"network.cidr", n.CIDR != ""}, {"network.zones", len(n.Zones) > 0}, {"network.natGateways", n.NATGateways != ""},
		{"network.interfaceEndpoints", n.InterfaceEndpoints != ""}, {"network.flowLogDays", n.FlowLogDays != nil},
	} {
		if of.given {
			d.add(field.ErrorTypeDuplicate, of.key, "is of no use with cluster.existing, a cluster that is there already; remove one of the two")
		}
	}
	for i, g := range p.Nodes.Groups {
		for _, of := range []struct {
			key   string
			given bool
		}{{"capacity", g.Capacity != ""}, {"reservationId", g.ReservationID != ""}, {"zones", len(g.Zones) > 0}, {"diskGiB", g.DiskGiB != 0}} {
			if of.given {
				d.add(field.ErrorTypeDuplicate, fmt.Sprintf("nodeGroups[%d].%s", i, of.key), "is of no use with cluster.existing, whose nodes are there already; remove it")
			}
		}
	}
	if p.needsAWS() && s.Existing.Name == "" {
		d.add(field.ErrorTypeRequired, "cluster.existing.name", "is missing; controllers with a role of AWS need the name of the EKS cluster, as this lists it: aws eks list-clusters")
	}
	if p.IngressController.Install && (n.Existing == nil || n.Existing.VPCID == "") {
		d.add(field.ErrorTypeRequired, "network.vpcId", "is missing; the controller of load balancers needs the VPC of the cluster")
	}
	if p.Network.Existing != nil && p.Network.Existing.VPCID != "" {
		for _, e := range p.Network.Validate(field.NewPath("network")) {
			d.add(e.Type, e.Field, "%s", e.Detail)
		}
	}
}

// checkSupport refuses a Kubernetes version that EKS no longer offers.
func (c *Config) checkSupport(d *decoding) {
	if _, gone := c.Platform.Cluster.Support(c.source.now()); gone {
		d.add(field.ErrorTypeInvalid, "cluster.kubernetesVersion", "is %s, which EKS no longer offers; want a later one", c.Platform.Cluster.KubernetesVersion)
	}
}

// checkAddresses refuses Services that hide addresses of the network.
func (p *Platform) checkAddresses(d *decoding) {
	services, err := netip.ParsePrefix(p.Cluster.ServiceCIDR)
	vpc, err2 := netip.ParsePrefix(p.Network.CIDR)
	if err == nil && err2 == nil && services.Overlaps(vpc) {
		d.add(field.ErrorTypeInvalid, "network.cidr", "is %s, which overlaps with the addresses of Services, %s; change one, this or cluster.serviceCidr", vpc, services)
	}
}

// checkMonitoring decides where Prometheus is: the one that is installed, or one
// that the user brings.
func (c *Config) checkMonitoring(d *decoding, report reporter) {
	p := &c.Platform
	if p.Prometheus.Install {
		if c.Monitoring.PrometheusURL != "" {
			d.add(field.ErrorTypeForbidden, "monitoring.prometheusUrl", "is given, and a Prometheus is installed; remove it, or say install: false for the one that you bring")
		}
		p.Prometheus.Namespace = c.Monitoring.Namespace
		c.Monitoring.PrometheusURL = p.Prometheus.PrometheusURL()
	}
	if p.Made() && !p.Prometheus.Install && c.Monitoring.ServiceMonitor == nil {
		c.Monitoring.ServiceMonitor = new(false) // nothing brings the kind
	}
	c.Monitoring = c.Monitoring.WithDefaults()
	p.Prometheus.Namespace = c.Monitoring.Namespace
	report(c.Monitoring.Validate(field.NewPath("monitoring")))
	p.watch(c.Monitoring)
	p.Prometheus = p.Prometheus.WithDefaults()
	report(p.Prometheus.Validate(field.NewPath("monitoring")))
	if c.GrafanaPassword != nil && !d.reported("grafanaPassword") {
		c.checkGrafanaPassword(d)
	}
	c.checkNamespaces(d)
}

// watch has Prometheus' operator scrape what is installed as it scrapes the
// models, by ServiceMonitors with the same labels.
func (p *Platform) watch(m serving.Monitoring) {
	for _, of := range []struct {
		watched *bool
		labels  *map[string]string
	}{
		{&p.Prometheus.ServiceMonitor, &p.Prometheus.Labels}, {&p.KEDA.ServiceMonitor, &p.KEDA.Labels},
		{&p.IngressController.ServiceMonitor, &p.IngressController.Labels}, {&p.Autoscaler.ServiceMonitor, &p.Autoscaler.Labels},
	} {
		*of.watched, *of.labels = *m.ServiceMonitor, m.Labels
	}
}

// checkGrafanaPassword refuses a password that nothing would use.
func (c *Config) checkGrafanaPassword(d *decoding) {
	grafana := c.Platform.Prometheus.Grafana
	switch {
	case !grafana.Install:
		d.add(field.ErrorTypeForbidden, "grafanaPassword", "is of no use without Grafana; remove it, or set monitoring.grafana.install to true")
	case grafana.ExistingSecret != "":
		d.add(field.ErrorTypeForbidden, "monitoring.grafana.existingSecret", "is given, and grafanaPassword as well; remove one of the two")
	}
}

// checkCertificates refuses certificates that a load balancer of the region
// cannot have.
func (c *Config) checkCertificates(d *decoding) {
	region := c.Region
	for i, m := range c.Models {
		parts := strings.Split(m.Ingress.ALB.CertificateARN, ":")
		if region == "" || len(parts) < 6 || parts[3] == region {
			continue
		}
		d.add(field.ErrorTypeNotSupported, d.typedAt(fmt.Sprintf("models[%d].ingress.alb.certificateArn", i)), "is a certificate of %s, and the load balancer is in %s; want one of there", parts[3], region)
	}
}

// placeLoadBalancers gives the models' load balancers their subnets, where the
// program creates them. The subnets are named, because the controller leaves a
// load balancer in the subnets that it found when it created it: a zone that the
// network loses could not be deleted.
func (c *Config) placeLoadBalancers() {
	n, label := c.Platform.Network, c.Platform.Cluster.Name
	for i := range c.Models {
		in := &c.Models[i].Ingress
		if _, own := in.Annotations[subnetsAnnotation]; own || in.Class != serving.ALBClass || len(in.ALB.SubnetCIDRs) > 0 {
			continue
		}
		in.ALB.SubnetCIDRs, in.ALB.Subnets = n.InternalCIDRs(), n.InternalSubnetNames(label)
		if in.ALB.InternetFacing {
			in.ALB.SubnetCIDRs, in.ALB.Subnets = n.PublicCIDRs(), n.PublicSubnetNames(label)
		}
	}
}

// subnetsAnnotation names the subnets of a load balancer.
// https://kubernetes-sigs.github.io/aws-load-balancer-controller/v3.5/guide/ingress/annotations/#subnets
const subnetsAnnotation = "alb.ingress.kubernetes.io/subnets"

// labelGroups has models find their groups: of a cluster that the program
// makes, each has a label of its own.
func (c *Config) labelGroups() {
	if !c.Platform.Made() {
		return
	}
	for i := range c.NodeGroups {
		if name := c.NodeGroups[i].Name; name != "" {
			c.NodeGroups[i].Labels = map[string]string{nodes.GroupLabel: name}
		}
	}
}

var notInNames = regexp.MustCompile(`[^A-Za-z0-9-]+`)

// longestClusterName is EKS'.
const longestClusterName = 100

// orName is a name, or one of the project and the stack: what another stack of
// the account is called is something else.
func orName(name, project, stack string) string {
	if name != "" {
		return name
	}
	full := project + "-" + stack
	short := strings.TrimLeft(notInNames.ReplaceAllString(full, "-"), "-0123456789")
	if short == full && len(short) <= longestClusterName {
		return short
	}
	sum := sha256.Sum256([]byte(full))
	const digits = 8
	return fmt.Sprintf("%s-%s", short[:min(len(short), longestClusterName-digits-1)], hex.EncodeToString(sum[:])[:digits])
}
