package config

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
	"github.com/vllm-eks/vllm-eks/spec/account"
	"github.com/vllm-eks/vllm-eks/spec/nodes"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// platformWarnings returns the warnings about the platform.
func (c *Config) platformWarnings() []string {
	p := c.Platform
	if !p.Made() {
		return nil
	}
	var warnings []string
	warn := func(format string, values ...any) { warnings = append(warnings, fmt.Sprintf(format, values...)) }
	warnings = append(warnings, c.supportWarnings()...)
	if len(p.Cluster.PublicAccessCIDRs) == 0 {
		warn("cluster.publicAccessCidrs: is empty, so pulumi up works from inside the network only")
	}
	if p.queried && !p.admitted() {
		warn("cluster.access: %s, who runs this, is not in it, so pulumi up stops at the first object on the cluster", p.Offers.Caller)
	}
	if !p.Prometheus.Install && c.Monitoring.ServiceMonitor != nil && *c.Monitoring.ServiceMonitor {
		warn("monitoring.serviceMonitor: is true, and nothing in this stack installs the kind ServiceMonitor: the first pulumi up stops")
	}
	for _, unread := range p.Offers.Unread {
		warn("%s", unread)
	}
	for i, m := range c.Models {
		if stop, group := m.GraceSeconds(), c.spotOf(i); group != "" && stop > spotSeconds {
			warn("%s: takes up to %d s to stop, and a spot node of %s ends after about %d s", m.Name, stop, group, spotSeconds)
		}
	}
	return slices.Concat(warnings, c.updateWarnings(), p.routeWarnings(), c.subnetWarnings())
}

// supportWarnings returns warnings about extended support: that it costs more, or that
// it begins soon.
func (c *Config) supportWarnings() []string {
	clusterSpec := c.Platform.Cluster
	standard, _ := c.prices().For(catalogue.ControlPlane)
	price, _ := c.prices().For(catalogue.ExtendedSupport)
	if extended, _ := clusterSpec.Support(c.source.now()); extended {
		return []string{fmt.Sprintf("cluster.kubernetesVersion: %s is in extended support, which costs %.2f USD/h and not %.2f; raise it, one minor version at a time",
			clusterSpec.KubernetesVersion, price.USDPerHour, standard.USDPerHour)}
	}
	if day, soon := clusterSpec.ExtendedSoon(c.source.now()); soon {
		return []string{fmt.Sprintf("cluster.kubernetesVersion: extended support of %s begins on %s, and then the control plane costs %.2f USD/h and not %.2f; raise it before that day, one minor version at a time",
			clusterSpec.KubernetesVersion, day.Format(time.DateOnly), price.USDPerHour, standard.USDPerHour)}
	}
	return nil
}

// spotSeconds is how long a pod has to stop on spare capacity that is taken
// away: two minutes, less the time in which the notice gets to it.
const spotSeconds = 100

// spotOf names the first group of spare capacity on which a model may run; "" if
// there is none.
func (c *Config) spotOf(model int) string {
	for _, g := range c.Platform.Nodes.Groups {
		if g.Capacity == nodes.Spot && slices.Contains(c.Models[model].GroupNames(), g.Name) {
			return g.Name
		}
	}
	return ""
}

// subnetWarnings returns warnings about the user's subnets in which load balancers are
// created.
func (c *Config) subnetWarnings() []string {
	p := c.Platform
	e := p.Network.Existing
	if balancers, _ := c.loadBalancers(); e == nil || !p.queried || balancers == 0 {
		return nil
	}
	var warnings []string
	for _, list := range []struct {
		key, tag string
		ids      []string
	}{{"privateSubnetIds", "kubernetes.io/role/internal-elb", e.PrivateSubnetIDs}, {"publicSubnetIds", "kubernetes.io/role/elb", e.PublicSubnetIDs}} {
		for i, id := range list.ids {
			if p.Offers.Subnets[id].Tags[list.tag] != "1" {
				warnings = append(warnings, fmt.Sprintf("%s: %s lacks the tag %s: 1, without which no load balancer gets there", field.NewPath("network", list.key).Index(i), id, list.tag))
			}
		}
	}
	return warnings
}

// routeWarnings returns warnings about the user's subnets without a route to the
// internet. That is no problem by itself: VPC endpoints and mirrors can take its place.
func (p *Platform) routeWarnings() []string {
	e := p.Network.Existing
	if e == nil || !p.queried {
		return nil
	}
	var warnings []string
	warn := func(key string, i int, format string, values ...any) {
		warnings = append(warnings, field.NewPath("network", key).Index(i).String()+": "+fmt.Sprintf(format, values...))
	}
	for i, id := range e.PrivateSubnetIDs {
		switch p.Offers.Subnets[id].Route {
		case account.NoRoute:
			warn("privateSubnetIds", i, "%s has no default route: nodes there reach images, weights and AWS through VPC endpoints and mirrors only", id)
		case account.RouteToInternet:
			warn("privateSubnetIds", i, "the default route of %s is an internet gateway, and nodes have no public address; want a NAT gateway", id)
		}
	}
	for i, id := range e.PublicSubnetIDs {
		if route := p.Offers.Subnets[id].Route; route == account.NoRoute || route == account.RouteElsewhere {
			warn("publicSubnetIds", i, "the default route of %s is no internet gateway, so a load balancer there is not reachable from the internet", id)
		}
	}
	return warnings
}

// priceWarnings returns warnings that name the values used for prices that the catalogue
// lacks, and their error. elsewhere holds the names whose price is that of another
// region.
func (c *Config) priceWarnings(elsewhere []string) []string {
	var warnings []string
	if catalogue.InChina(c.Region) {
		warnings = append(warnings, fmt.Sprintf("aws:region: AWS bills %s in CNY; the catalogue takes %d CNY for 1 USD, so prices in USD are as wrong as that rate; give your own with costs.usdPerHour",
			c.Region, catalogue.CNYPerUSD))
	}
	if len(elsewhere) == 0 {
		return warnings
	}
	region := cmp.Or(c.Region, catalogue.DefaultRegion)
	level := catalogue.LevelOf(region)
	source := fmt.Sprintf("of %d instance types, the price there is %.2f to %.2f times that of %s", level.Types, level.Low, level.High, catalogue.DefaultRegion)
	if level.Types == 0 {
		source = fmt.Sprintf("it has no price of the region; elsewhere, prices are %.2f to %.2f times those of %s", level.Low, level.High, catalogue.DefaultRegion)
	}
	return append(warnings, fmt.Sprintf("aws:region: the catalogue has no price in %s for %s, and takes that of %s times %.2f (%s); the true price may be %.0f %% lower, and is rarely higher; give it with costs.usdPerHour",
		region, strings.Join(elsewhere, ", "), catalogue.DefaultRegion, level.High, source, math.Ceil(100*(1-level.Low/level.High))))
}

// cacheWarnings returns warnings about StorageClasses that the program does not create.
func (c *Config) cacheWarnings() []string {
	if !c.Platform.Made() {
		return nil
	}
	var warnings []string
	for _, m := range c.Models {
		class := m.Storage.Cache.StorageClass
		if class == "" {
			continue
		}
		text := fmt.Sprintf("%s: storage.cache.storageClass is %s, which this program does not create: the pods wait until it exists, with volumes that several nodes mount", m.Name, class)
		if !c.Platform.Cluster.EFS {
			text += "; for one of EFS, set cluster.efs to true, which installs the driver"
		}
		warnings = append(warnings, text+"; docs/serving.md#storage has the manifest")
	}
	return warnings
}

// withoutRole warns of models in S3 to which the program gives no role, on a
// cluster of which it does not know the name.
func (c *Config) withoutRole() []string {
	if c.Platform.grants() {
		return nil
	}
	var warnings []string
	for _, m := range c.Models {
		if bucket, folder, ok := m.BucketFolder(); ok {
			warnings = append(warnings, withoutRole(m, bucket, folder))
		}
	}
	return warnings
}

func withoutRole(m serving.Spec, bucket, folder string) string {
	return fmt.Sprintf("%s: reads s3://%s/%s, and the program gives its ServiceAccount no role, since it does not know the EKS cluster; add cluster.existing.name and aws:region, "+
		"or run: aws eks create-pod-identity-association --cluster-name NAME --namespace %s --service-account %s --role-arn ARN", m.Name, bucket, folder, m.Namespace, m.ServiceAccount())
}
