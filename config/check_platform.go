package config

import (
	"net/netip"
	"net/url"
	"regexp"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/chart"
	"github.com/vllm-eks/vllm-eks/internal/keys"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/internal/versions"
	"github.com/vllm-eks/vllm-eks/spec/account"
	"github.com/vllm-eks/vllm-eks/spec/monitoring"
)

// awsKeys are the keys of the AWS provider that the program reads.
var awsKeys = []string{"region", "profile"}

// checkAWS refuses settings of the AWS provider that would have no effect, and a region
// that does not exist.
func (c *Config) checkAWS(found *findings) {
	if !c.Platform.needsAWS() {
		return
	}
	for _, key := range c.source.awsKeys() {
		if !slices.Contains(awsKeys, key) {
			found.add(field.ErrorTypeInvalid, field.NewPath("aws:"+key), "is a setting of the AWS provider that has no effect here; put it into the AWS configuration, in a profile that aws:profile names")
		}
	}
	switch region := c.Platform.Account.Region; {
	case found.covers(field.NewPath("aws:region")): // reported as wrong
	case region == "":
		found.add(field.ErrorTypeRequired, field.NewPath("aws:region"), "is missing; set it with: pulumi config set aws:region us-west-2")
	case !slices.Contains(account.Regions(), region):
		found.add(field.ErrorTypeNotSupported, field.NewPath("aws:region"), "is %q, which is not an AWS region with Amazon EKS%s", region, keys.DidYouMean(region, account.Regions()))
	}
}

// networkProblems returns the problems of the network. If zones are missing, the message
// lists possible zones.
func (p *Platform) networkProblems() field.ErrorList {
	network := field.NewPath("network")
	zones := network.Child("zones")
	validRegion := slices.Contains(account.Regions(), p.Account.Region)
	switch {
	case p.Network.Existing == nil && len(p.Network.Zones) == 0 && validRegion:
		var found field.ErrorList
		problems.Required(&found, zones, "is missing, and the account was not read; name two or three, such as [%sa, %sb]", p.Account.Region, p.Account.Region)
		return found
	case p.Network.Existing == nil && len(p.Network.Zones) == 0:
		return nil // the region is reported as wrong
	}
	found := p.Network.Validate(network)
	if !validRegion { // without a region, zones cannot be checked
		found = slices.DeleteFunc(found, func(e *field.Error) bool {
			return e.Field != zones.String() && problems.Within(e.Field, zones.String())
		})
	}
	return found
}

// checkUnused refuses keys of a created cluster with an existing one, and reports missing
// keys about it that controllers and models need.
func (c *Config) checkUnused(found *findings) {
	p := &c.Platform
	cluster, network := field.NewPath("cluster"), field.NewPath("network")
	created := children(cluster, "name")
	if !p.Autoscaler.Install { // with the autoscaler, the key is the version of the cluster
		created = append(created, cluster.Child("kubernetesVersion"))
	}
	created = slices.Concat(created,
		children(cluster, "publicAccessCidrs", "access", "logRetentionDays", "serviceCidr", "protect", "efs", "nodeRelease", "addons", "pin"),
		[]*field.Path{field.NewPath("systemNodes")},
		children(network, "cidr", "zones", "natGateways", "interfaceEndpoints", "flowLogDays"))
	for _, path := range created {
		if found.set(path) {
			found.add(field.ErrorTypeForbidden, path, "cannot be combined with cluster.existing; remove one of the two")
		}
	}
	for i := range c.NodeGroups {
		for _, path := range children(field.NewPath("nodeGroups").Index(i), "capacity", "reservationId", "zones", "diskGiB") {
			if found.set(path) {
				found.add(field.ErrorTypeForbidden, path, "cannot be combined with cluster.existing, whose nodes exist already; remove it")
			}
		}
	}
	if p.needsAWS() && p.Cluster.Existing.Name == "" {
		found.add(field.ErrorTypeRequired, cluster.Child("existing", "name"), "is missing; controllers with an AWS role need the name of the EKS cluster, as this lists it: aws eks list-clusters")
	}
	vpc := p.Network.Existing
	if p.IngressController.Install && (vpc == nil || vpc.VPCID == "") {
		found.add(field.ErrorTypeRequired, network.Child("vpcId"), "is missing; the controller of load balancers needs the VPC of the cluster")
	}
	if vpc != nil && vpc.VPCID != "" {
		found.report(p.Network.Validate(network))
	}
}

// children returns the keys of a mapping.
func children(path *field.Path, names ...string) []*field.Path {
	var paths []*field.Path
	for _, name := range names {
		paths = append(paths, path.Child(name))
	}
	return paths
}

// checkVersion refuses a version other than that of an existing cluster. The account
// reports that version; otherwise, cluster.kubernetesVersion is required.
func (p *Platform) checkVersion(found *findings) {
	path := field.NewPath("cluster", "kubernetesVersion")
	switch version := p.Cluster.KubernetesVersion; {
	case !p.Autoscaler.Install:
	case version == "":
		found.add(field.ErrorTypeRequired, path, "is missing, and the version of %s could not be read; cluster-autoscaler needs the same minor version: give it in quotes, such as %q",
			p.Cluster.Existing.Name, versions.Kubernetes)
	case p.version != "" && p.version != version:
		found.add(field.ErrorTypeForbidden, path, "is %s, and the cluster runs %s; remove the key", version, p.version)
	}
}

// checkSupport refuses a Kubernetes version that EKS no longer offers.
func (c *Config) checkSupport(found *findings) {
	if _, gone := c.Platform.Cluster.Support(c.source.now()); gone {
		found.add(field.ErrorTypeInvalid, field.NewPath("cluster", "kubernetesVersion"), "is %s, which EKS no longer offers; want a later one", c.Platform.Cluster.KubernetesVersion)
	}
}

// checkAddresses refuses addresses of Services that overlap with the network.
func (p *Platform) checkAddresses(found *findings) {
	services, err := netip.ParsePrefix(p.Cluster.ServiceCIDR)
	vpc, err2 := netip.ParsePrefix(p.Network.CIDR)
	if err == nil && err2 == nil && services.Overlaps(vpc) {
		found.add(field.ErrorTypeInvalid, field.NewPath("network", "cidr"), "is %s, which overlaps with the addresses of Services, %s; change one, this or cluster.serviceCidr", vpc, services)
	}
}

// checkMonitoring refuses a second Prometheus, and reports problems of monitoring.
func (c *Config) checkMonitoring(found *findings) {
	p, path := &c.Platform, field.NewPath("monitoring")
	if p.Prometheus.Install && c.typed.Monitoring.Monitoring.PrometheusURL != "" {
		found.add(field.ErrorTypeForbidden, path.Child("prometheusUrl"), "is set, and the stack installs a Prometheus; remove it, or set install to false to use your own Prometheus")
	}
	found.report(c.Monitoring.Validate(path))
	found.report(p.Prometheus.Validate(path))
}

// checkGrafanaPassword refuses a password without Grafana, or beside a Secret.
func (c *Config) checkGrafanaPassword(found *findings) {
	grafana, path := c.Platform.Prometheus.Grafana, field.NewPath("grafanaPassword")
	switch {
	case c.GrafanaPassword == nil || found.reported(path):
	case !grafana.Install:
		found.add(field.ErrorTypeForbidden, path, "is ignored without Grafana; remove it, or set monitoring.grafana.install to true")
	case grafana.ExistingSecret != "":
		found.add(field.ErrorTypeForbidden, field.NewPath("monitoring", "grafana", "existingSecret"), "cannot be combined with grafanaPassword; remove one of the two")
	}
}

// alertReceiver is a kind of receiver of alerts, with the key of its secret.
type alertReceiver struct {
	kind, key, secret string
	// want describes the secret, and accepted reports whether a text can be one.
	want     string
	accepted func(string) bool
}

// integrationKey is the form of an integration key of PagerDuty.
// https://support.pagerduty.com/main/docs/services-and-integrations
var integrationKey = regexp.MustCompile("^[A-Za-z0-9]{32}$")

// alertReceivers returns every kind of receiver.
func (c *Config) alertReceivers() []alertReceiver {
	isURL := func(schemes ...string) func(string) bool {
		return func(text string) bool {
			address, err := url.Parse(text)
			return err == nil && slices.Contains(schemes, address.Scheme) && address.Host != ""
		}
	}
	return []alertReceiver{
		{monitoring.Slack, "alertSlackUrl", c.root.AlertSlackURL, "the URL of an incoming webhook, such as https://hooks.slack.com/services/…", isURL("https")},
		{monitoring.PagerDuty, "alertPagerDutyKey", c.root.AlertPagerDutyKey, "an integration key of the Events API v2, which has 32 letters and digits", integrationKey.MatchString},
		{monitoring.Webhook, "alertWebhookUrl", c.root.AlertWebhookURL, "a URL that begins with https:// or http://", isURL("https", "http")},
	}
}

// checkAlertReceivers refuses receivers without their secret, and secrets that nothing uses.
// No message repeats a secret.
func (c *Config) checkAlertReceivers(found *findings) {
	used := c.Platform.Prometheus.Receivers()
	if !c.Platform.Prometheus.Install {
		used = nil // the receivers are refused
	}
	for _, r := range c.alertReceivers() {
		path, needed := field.NewPath(r.key), slices.Contains(used, r.kind)
		_, given := c.AlertReceivers[r.kind]
		switch {
		case found.reported(path):
		case given && !needed:
			found.add(field.ErrorTypeForbidden, path, "is ignored without a receiver of alerts of the kind %s; remove it, or set monitoring.alerts.page or monitoring.alerts.ticket to %s", r.kind, r.kind)
		case needed && !given:
			found.add(field.ErrorTypeRequired, path, "is missing, and monitoring.alerts sends alerts to %s; set it with: pulumi config set --secret vllm-eks:%s", r.kind, r.key)
		case needed && !r.accepted(r.secret):
			found.add(field.ErrorTypeInvalid, path, "is not the secret of a receiver; want %s", r.want)
		}
	}
}

// checkNamespaces refuses namespaces for models that a component creates for its own
// pods.
func (c *Config) checkNamespaces(found *findings) {
	for _, named := range c.Platform.charts() {
		claimed := chart.Namespaces(named.spec)
		for i, n := range c.Namespaces {
			if slices.Contains(claimed, n.Name) {
				found.add(field.ErrorTypeInvalid, field.NewPath("namespaces").Index(i).Child("name"), "is %q, which %s creates for its own pods; want another name", n.Name, named.key)
			}
		}
	}
}
