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
		warn("cluster.publicAccessCidrs: is empty, so pulumi up works only from inside the network")
	}
	if p.queried && !p.admitted() {
		warn("cluster.access: does not list %s, who runs this, so pulumi up stops at the first object on the cluster", p.Offers.Caller)
	}
	if !p.Prometheus.Install && c.Monitoring.ServiceMonitor != nil && *c.Monitoring.ServiceMonitor {
		warn("monitoring.serviceMonitor: is true, but this stack does not install the kind ServiceMonitor, so the first pulumi up stops")
	}
	for _, unread := range p.Offers.Unread {
		warn("%s", unread)
	}
	for i, m := range c.Models {
		if stop, group := m.GraceSeconds(), c.spotOf(i); group != "" && stop > spotSeconds {
			warn("%s: takes up to %d s to stop, but AWS ends a spot node of %s after about %d s", m.Name, stop, group, spotSeconds)
		}
	}
	return slices.Concat(warnings, c.updateWarnings(), p.routeWarnings(), c.subnetWarnings())
}

// supportWarnings returns a warning if the Kubernetes version is in extended support, or
// will be soon.
func (c *Config) supportWarnings() []string {
	clusterSpec := c.Platform.Cluster
	standard, _ := c.prices().For(catalogue.ControlPlane)
	price, _ := c.prices().For(catalogue.ExtendedSupport)
	if extended, _ := clusterSpec.Support(c.source.now()); extended {
		return []string{fmt.Sprintf("cluster.kubernetesVersion: %s is in extended support, which costs %.2f USD/h instead of %.2f; raise it one minor version at a time",
			clusterSpec.KubernetesVersion, price.USDPerHour, standard.USDPerHour)}
	}
	if day, soon := clusterSpec.ExtendedSoon(c.source.now()); soon {
		return []string{fmt.Sprintf("cluster.kubernetesVersion: extended support of %s begins on %s and costs %.2f USD/h instead of %.2f; raise the version before that day",
			clusterSpec.KubernetesVersion, day.Format(time.DateOnly), price.USDPerHour, standard.USDPerHour)}
	}
	return nil
}

// spotSeconds is the time that a pod has to stop when AWS takes its spot node away: two
// minutes, less the time until the pod gets the notice.
const spotSeconds = 100

// spotOf returns the name of the first group of spot capacity on which a model may run;
// "" if there is none.
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
				warnings = append(warnings, fmt.Sprintf("%s: %s does not have the tag %s: 1, which load balancers need", field.NewPath("network", list.key).Index(i), id, list.tag))
			}
		}
	}
	return warnings
}

// routeWarnings returns warnings about the user's subnets without a route to the
// internet. Such a subnet can work with VPC endpoints and mirrors.
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
			warn("privateSubnetIds", i, "%s has no default route, so its nodes need VPC endpoints and mirrors for images, weights and AWS", id)
		case account.RouteToInternet:
			warn("privateSubnetIds", i, "the default route of %s is an internet gateway, but nodes have no public address; want a NAT gateway", id)
		}
	}
	for i, id := range e.PublicSubnetIDs {
		if route := p.Offers.Subnets[id].Route; route == account.NoRoute || route == account.RouteElsewhere {
			warn("publicSubnetIds", i, "the default route of %s is not an internet gateway, so its load balancers cannot be reached from the internet", id)
		}
	}
	return warnings
}

// priceWarnings returns warnings about estimated prices, with their error. elsewhere
// holds the names whose price is that of another region.
func (c *Config) priceWarnings(elsewhere []string) []string {
	var warnings []string
	if catalogue.InChina(c.Region) {
		warnings = append(warnings, fmt.Sprintf("aws:region: AWS bills %s in CNY, which the catalogue converts at %d CNY for 1 USD; set your own prices with costs.usdPerHour",
			c.Region, catalogue.CNYPerUSD))
	}
	if len(elsewhere) == 0 {
		return warnings
	}
	region := cmp.Or(c.Region, catalogue.DefaultRegion)
	level := catalogue.LevelOf(region)
	return append(warnings, fmt.Sprintf("aws:region: the catalogue has no price in %s for %s and uses %s times %.2f; the price may be %.0f %% lower, so set costs.usdPerHour",
		region, strings.Join(elsewhere, ", "), catalogue.DefaultRegion, level.High, math.Ceil(100*(1-level.Low/level.High))))
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
		text := fmt.Sprintf("%s: pods wait until you create the StorageClass %s of storage.cache (docs/serving.md#storage)", m.Name, class)
		if !c.Platform.Cluster.EFS {
			text += "; for EFS, set cluster.efs to true"
		}
		warnings = append(warnings, text)
	}
	return warnings
}

// withoutRole returns warnings about models in S3 that get no AWS role, because the
// program does not know the EKS cluster.
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
	return fmt.Sprintf("%s: reads s3://%s/%s without an AWS role; set cluster.existing.name and aws:region, or associate a role (docs/serving.md#storage)", m.Name, bucket, folder)
}
