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

	"github.com/vllm-eks/vllm-eks/internal/versions"
	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
	"github.com/vllm-eks/vllm-eks/spec/account"
	"github.com/vllm-eks/vllm-eks/spec/nodes"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// complete fills in what the user left out: defaults, what the components need to know
// of each other, and what the account supports. It reports nothing: what cannot be
// filled in is left for the checks.
func (c *Config) complete(found *findings, read account.Reader) {
	c.Costs.Region = c.Region
	c.completeGroups(found)
	c.completeInstalls(found)
	if !found.covers(field.NewPath("cluster")) { // else nobody knows whose it is
		c.completePlatform(found, read)
	}
	c.completeNamespaces(found)
	c.completeMonitoring()
	c.completeModels(found)
}

// completeGroups gives each group its hardware, and its label on a created cluster, by
// which models find it.
func (c *Config) completeGroups(found *findings) {
	for i, group := range c.root.NodeGroups {
		g := group.WithDefaults()
		if h := group.Hardware; h != nil {
			path := field.NewPath("nodeGroups").Index(i).Child("hardware")
			g.InstanceTypes = group.types()
			if group.catalogued() == "" {
				instance := h.instance()
				if len(h.Validate(path)) > 0 || found.reported(path) {
					instance = catalogue.Instance{} // nothing is sized on it
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

// completeInstalls decides what is installed where the user does not: everything on a
// created cluster, and no Prometheus beside one that exists.
func (c *Config) completeInstalls(found *findings) {
	p := &c.Platform
	created := p.Made()
	p.roles = len(c.readers()) > 0
	for _, chart := range p.charts() {
		if !found.typed(field.NewPath(chart.key, "install")) {
			*chart.spec.Options().Install = created
		}
	}
	if c.Monitoring.PrometheusURL != "" && !found.typed(field.NewPath("monitoring", "install")) {
		p.Prometheus.Install = false
	}
}

// completePlatform fills in everything below the models.
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

// completeCharts gives the charts their defaults. The autoscaler has the minor version
// of the cluster.
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

// completeMonitoring fills in where Prometheus is: the one that is installed, or an
// existing one. Its operator scrapes the charts as it scrapes the models, by
// ServiceMonitors with the same labels.
func (c *Config) completeMonitoring() {
	p := &c.Platform
	p.Prometheus.Namespace = c.Monitoring.Namespace
	if p.Prometheus.Install {
		c.Monitoring.PrometheusURL = p.Prometheus.PrometheusURL()
	}
	if p.Made() && !p.Prometheus.Install && c.Monitoring.ServiceMonitor == nil {
		c.Monitoring.ServiceMonitor = new(false) // nothing installs the kind
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

var notInNames = regexp.MustCompile(`[^A-Za-z0-9-]+`)

// longestClusterName is EKS'.
const longestClusterName = 100

// orName returns a name, or one of the project and the stack. The names of two stacks
// of an account differ.
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
