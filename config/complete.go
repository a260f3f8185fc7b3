package config

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/chart"
	"github.com/vllm-eks/vllm-eks/internal/versions"
	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
	"github.com/vllm-eks/vllm-eks/spec/account"
	"github.com/vllm-eks/vllm-eks/spec/nodes"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// complete sets the values that the user left out: defaults, values that components need
// from each other, and values from the account. It reports no problems; the checks report
// values that could not be set.
func (c *Config) complete(found *findings, read account.Reader) {
	c.Costs.Region = c.Region
	c.completeGroups(found)
	c.completeInstalls(found)
	if !found.covers(field.NewPath("cluster")) { // else it is not known whether the cluster exists
		c.completePlatform(found, read)
	}
	c.completeNamespaces(found)
	c.completeMonitoring()
	c.completeTelemetry()
	c.completeModels(found)
}

// completeGroups sets the hardware of each group, and on a created cluster the label by
// which models select it.
func (c *Config) completeGroups(found *findings) {
	for i, group := range c.root.NodeGroups {
		g := group.WithDefaults()
		if h := group.Hardware; h != nil {
			path := field.NewPath("nodeGroups").Index(i).Child("hardware")
			g.InstanceTypes = group.types()
			if group.catalogued() == "" {
				instance := h.instance()
				if len(h.Validate(path)) > 0 || found.reported(path) {
					instance = catalogue.Instance{} // no model is sized for it
				}
				g.Own = serving.OwnTypes{}
				for _, instanceType := range g.InstanceTypes {
					g.Own[instanceType] = instance
				}
			}
		}
		c.Platform.Nodes.Groups = append(c.Platform.Nodes.Groups, nodes.Group{
			Name: g.Name, InstanceTypes: g.InstanceTypes, Own: g.Own, Labels: g.Labels, Min: g.Min, Max: g.Max,
			Capacity: nodes.Capacity(g.Capacity), Placement: group.Placement,
		})
		if c.Platform.Made() && g.Name != "" {
			g.Labels = map[string]string{nodes.GroupLabel: g.Name}
		}
		c.NodeGroups = append(c.NodeGroups, g)
	}
}

// completeInstalls sets which charts are installed if the user does not: on a created
// cluster all that need no choice of the user, but no Prometheus if one exists.
func (c *Config) completeInstalls(found *findings) {
	p := &c.Platform
	created := p.Made()
	p.roles = len(c.readers()) > 0
	for _, chart := range p.charts() {
		if !found.typed(field.NewPath(chart.key, "install")) {
			options := chart.spec.Options()
			*options.Install = created && !options.Chosen
		}
	}
	if c.Monitoring.PrometheusURL != "" && !found.typed(field.NewPath("monitoring", "install")) {
		p.Prometheus.Install = false
	}
}

// completePlatform sets the values of the platform: everything except the models.
func (c *Config) completePlatform(found *findings, read account.Reader) {
	p := &c.Platform
	if !p.needsAWS() {
		p.Account = account.Spec{Tags: p.Account.Tags}
	}
	if p.Made() {
		p.Cluster.Name = orName(p.Cluster.Name, c.source.project, c.source.stack)
		p.Cluster.Region, p.Cluster.Profile, p.Network.Region = p.Account.Region, p.Account.Profile, p.Account.Region
		c.ask(read)
		p.fillZones()
		p.Network = p.Network.WithDefaults()
	} else {
		p.fillVersion(read)
		c.locate()
	}
	p.Cluster = p.Cluster.WithDefaults()
	if p.Made() {
		p.Nodes.KubernetesVersion = p.Cluster.KubernetesVersion
		p.Nodes.System.Zones = p.nodeZones()
		p.Nodes = p.Nodes.WithDefaults()
		p.placeGroups()
		p.fillLive()
		p.fillAddons()
	}
	c.fillPriorities(found)
	c.completeCharts()
}

// completeCharts sets the defaults of the charts. The autoscaler has the minor version of
// the cluster.
func (c *Config) completeCharts() {
	p := &c.Platform
	p.Autoscaler.KubernetesMinor = p.Cluster.KubernetesVersion // of an existing cluster too
	if p.Made() && !slices.Contains(versions.KubernetesMinors(), p.Cluster.KubernetesVersion) {
		p.Autoscaler.KubernetesMinor = versions.Kubernetes // reported as wrong
	}
	if !p.Made() {
		p.Autoscaler.KubernetesMinor = cmp.Or(p.Cluster.KubernetesVersion, versions.Kubernetes) // reported as missing
	}
	for _, chart := range p.otherCharts() {
		chart.spec.Complete()
	}
}

// completeMonitoring sets the address of Prometheus: the installed one, or an existing
// one. ServiceMonitors of the charts have the same labels as those of the models, so that
// the same operator finds them.
func (c *Config) completeMonitoring() {
	p := &c.Platform
	p.Prometheus.Namespace = c.Monitoring.Namespace
	if p.Prometheus.Install {
		c.Monitoring.PrometheusURL = p.Prometheus.PrometheusURL()
	}
	if p.Made() && !p.Prometheus.Install && c.Monitoring.ServiceMonitor == nil {
		c.Monitoring.ServiceMonitor = new(false) // the stack does not install the kind
	}
	c.Monitoring = c.Monitoring.WithDefaults()
	p.Prometheus.Namespace = c.Monitoring.Namespace
	for _, chart := range p.charts() {
		if options := chart.spec.Options(); options.ServiceMonitor != nil {
			*options.ServiceMonitor, *options.Labels = *c.Monitoring.ServiceMonitor, c.Monitoring.Labels
		}
	}
	p.Prometheus.Complete()
}

// completeTelemetry sets the namespaces whose logs are collected: those of the models, and
// those that the stack creates for other charts.
func (c *Config) completeTelemetry() {
	t := &c.Platform.Telemetry
	t.Region = c.Region
	var namespaces []string
	for _, n := range c.Namespaces {
		namespaces = append(namespaces, n.Name)
	}
	for _, named := range c.Platform.charts() {
		if named.spec != chart.Spec(t) { // else each failure to send a line would add a line
			namespaces = append(namespaces, chart.Namespaces(named.spec)...)
		}
	}
	slices.Sort(namespaces)
	t.Namespaces = slices.DeleteFunc(slices.Compact(namespaces), func(name string) bool { return name == "" })
}

var notInNames = regexp.MustCompile(`[^A-Za-z0-9-]+`)

// longestClusterName is the length of the longest cluster name in EKS.
const longestClusterName = 100

// orName returns the name, or a name of the project and the stack if it is empty. Two
// stacks of an account get different names.
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
