package config

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/keys"
	"github.com/vllm-eks/vllm-eks/spec/serving"
	"github.com/vllm-eks/vllm-eks/spec/telemetry"
)

// checkReferences checks the references between lists, and duplicates within them. It
// settles the namespaces of models: their problems are reported here, or where the
// namespace is listed.
func (c *Config) checkReferences(found *findings) {
	namespaces := field.NewPath("namespaces")
	seen := map[string]*field.Path{}
	for i, n := range c.Namespaces {
		unique(found, seen, n.Name, namespaces.Index(i))
	}
	names, complete := c.namespaceNames(found)
	if complete && len(names) == 0 && len(c.Models) > 0 {
		found.add(field.ErrorTypeRequired, namespaces, "is empty, and models need one; list one, or remove the key for the namespace inference")
	}
	groups := map[string]*field.Path{}
	for i, g := range c.NodeGroups {
		unique(found, groups, g.Name, field.NewPath("nodeGroups").Index(i))
	}
	models := map[string]*field.Path{}
	for i, m := range c.Models {
		path := field.NewPath("models").Index(i)
		unique(found, models, m.Name, path)
		for j, name := range m.PreviousNames {
			uniqueAt(found, models, name, path, path.Child("previousNames").Index(j))
		}
		namespace := path.Child("namespace")
		if complete && len(names) > 0 && !found.covers(namespace) {
			checkNamespace(found, namespace, m.Namespace, names)
		}
		found.settle(namespace)
	}
}

// checkNamespace refuses a model's namespace that is not among the names.
func checkNamespace(found *findings, path *field.Path, name string, names []string) {
	choice := strings.Join(names, ", ")
	switch {
	case name == "":
		found.add(field.ErrorTypeRequired, path, "is missing, and there are several namespaces; name one of %s", choice)
	case !slices.Contains(names, name):
		found.add(field.ErrorTypeNotSupported, path, "is %q, which is not among the namespaces%s; want one of %s", name, keys.DidYouMean(name, names), choice)
	}
}

// unique reports a name that an earlier item has.
func unique(found *findings, seen map[string]*field.Path, name string, item *field.Path) {
	uniqueAt(found, seen, name, item, item.Child("name"))
}

// uniqueAt works like unique, for a name with another key.
func uniqueAt(found *findings, seen map[string]*field.Path, name string, item, path *field.Path) {
	if name == "" {
		return // reported as missing
	}
	switch holder, duplicate := seen[name]; {
	case holder == item: // duplicates within an item are reported elsewhere
	case duplicate:
		found.add(field.ErrorTypeDuplicate, path, "is %q, which is the name of %s already; names are unique in a stack", name, holder)
	default:
		seen[name] = item
	}
}

// checkGroupNames refuses unknown names of node groups, and names that a model lists
// twice.
func (c *Config) checkGroupNames(found *findings, i int) {
	names := c.Models[i].NodeGroupNames
	wrong := c.wrongName(names)
	list := field.NewPath("models").Index(i).Child("nodeGroup")
	if wrong < 0 || found.covers(list) || found.covers(field.NewPath("nodeGroups")) {
		return
	}
	path := found.typedAt(itemPath(list, names, wrong))
	switch name := names[wrong]; {
	case found.covers(path):
	case slices.Contains(names[:wrong], name):
		found.add(field.ErrorTypeDuplicate, path, "is %q a second time; name each group once, in order of preference", name)
	default:
		found.add(field.ErrorTypeNotSupported, path, "is %q, which is not among the nodeGroups%s; want %s", name, keys.DidYouMean(name, c.groupNames()), oneOf(c.groupNames()))
	}
}

// oneOf returns the possible names, as part of a message.
func oneOf(names []string) string {
	if len(names) == 0 {
		return "a group of nodeGroups, which has none"
	}
	return "one of " + strings.Join(names, ", ")
}

// checkIngresses refuses two models with the same host, and members of a load balancer
// with different settings for it.
func (c *Config) checkIngresses(found *findings) {
	hosts := map[string]*field.Path{}
	groups := map[string]int{}
	for i, m := range c.Models {
		ingress, model := m.Ingress, field.NewPath("models").Index(i)
		if ingress.Host != "" {
			if holder, duplicate := hosts[ingress.Host]; duplicate {
				found.add(field.ErrorTypeDuplicate, found.typedAt(model.Child("ingress", "host")), "is %q, which is the host of %s already; each model has its own", ingress.Host, holder)
			} else {
				hosts[ingress.Host] = model
			}
		}
		if ingress.ALB.Group != "" {
			member, shared := groups[ingress.ALB.Group]
			if !shared {
				groups[ingress.ALB.Group] = i
			} else if differ(c.Models[member].Ingress.ALB, ingress.ALB) {
				found.add(field.ErrorTypeInvalid, found.typedAt(model.Child("ingress", "alb")), "differs from the alb of %s, with which it shares the load balancer %s; make internetFacing, allowedCidrs and idleSeconds the same",
					field.NewPath("models").Index(member), ingress.ALB.Group)
			}
		}
	}
}

// differ reports whether two members of a load balancer have different settings for it.
func differ(a, b serving.ALB) bool {
	sorted := func(cidrs []string) []string { return slices.Sorted(slices.Values(cidrs)) }
	return a.InternetFacing != b.InternetFacing || a.IdleSeconds != b.IdleSeconds || !slices.Equal(sorted(a.AllowedCIDRs), sorted(b.AllowedCIDRs))
}

// checkCertificates refuses certificates that a load balancer of the region
// cannot have.
func (c *Config) checkCertificates(found *findings) {
	region := c.Region
	for i, m := range c.Models {
		parts := strings.Split(m.Ingress.ALB.CertificateARN, ":")
		if region == "" || len(parts) < 6 || parts[3] == region {
			continue
		}
		found.add(field.ErrorTypeNotSupported, found.typedAt(field.NewPath("models").Index(i).Child("ingress", "alb", "certificateArn")), "is a certificate of %s, and the load balancer is in %s; want a certificate of that region", parts[3], region)
	}
}

// checkRoles refuses roles that the program cannot give to a model.
func (c *Config) checkRoles(found *findings) {
	for i, m := range c.Models {
		if m.Storage.S3.RoleARN != "" && !c.Platform.grants() {
			found.add(field.ErrorTypeInvalid, found.typedAt(field.NewPath("models").Index(i).Child("storage", "s3", "roleArn")),
				"is set, but the program does not know the EKS cluster; add cluster.existing.name and aws:region, or remove it and associate the role yourself")
		}
	}
}

// diskClasses are StorageClasses of EBS, whose volumes only one node mounts at a time:
// the program's class and the class that EKS creates.
// https://docs.aws.amazon.com/eks/latest/userguide/ebs-csi.html
var diskClasses = []string{"gp2", "gp3"}

// checkCaches refuses caches on volumes that only one node can mount.
func (c *Config) checkCaches(found *findings) {
	if !c.Platform.Made() {
		return // the classes of an existing cluster are not known
	}
	for i, m := range c.Models {
		if class := m.Storage.Cache.StorageClass; slices.Contains(diskClasses, class) {
			found.add(field.ErrorTypeInvalid, found.typedAt(field.NewPath("models").Index(i).Child("storage", "cache", "storageClass")),
				"is %s, whose EBS volumes only one node can mount, but the replicas of a model run on several; want a StorageClass of EFS (cluster.efs: true installs its driver)", class)
		}
	}
}

// isReplaced reports whether the collector replaces a part of a text. It replaces $$ and
// ${NAME} in its configuration, also in values of environment variables.
// https://opentelemetry.io/docs/collector/configuration/#environment-variables
func isReplaced(text string) bool {
	return strings.Contains(text, "$$") || strings.Contains(text, "${")
}

// checkTelemetry refuses a token of traces that nothing sends, or that is changed, the
// name of a header without a token, and models that log the text of requests if logs are kept.
func (c *Config) checkTelemetry(found *findings) {
	t, token, header := c.Platform.Telemetry, field.NewPath("tracesToken"), field.NewPath("telemetry", "tracesHeader")
	sent := t.Install && t.Traces != ""
	switch given := c.TracesToken != nil; {
	case found.reported(token):
	case given && !sent:
		found.add(field.ErrorTypeForbidden, token, "is ignored without telemetry.install and telemetry.traces; remove it, or set both keys")
	case given && isReplaced(c.root.TracesToken):
		found.add(field.ErrorTypeInvalid, token, "has $$ or ${, which the collector would replace; want a token without them")
	case !given && sent && found.typed(header) && !found.reported(header):
		found.add(field.ErrorTypeForbidden, header, "is ignored without tracesToken; remove it, or set the token with: pulumi config set --secret vllm-eks:tracesToken")
	}
	if !t.Install || t.Logs == telemetry.None {
		return
	}
	for i, m := range c.Models {
		for _, setting := range m.LogsPrompts() {
			path := field.NewPath("models").Index(i).Child("extraArgs")
			if _, isVariable := m.Env[setting]; isVariable {
				path = field.NewPath("models").Index(i).Child("env", setting)
			}
			found.add(field.ErrorTypeForbidden, found.typedAt(path), "logs the text of requests with %s, and telemetry.logs keeps logs; remove it, or set telemetry.logs to none", setting)
		}
	}
}
