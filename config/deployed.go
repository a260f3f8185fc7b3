package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"

	"github.com/vllm-eks/vllm-eks/internal/oneline"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/spec/cluster"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// DeployedOutput is the stack output that records the deployed objects for the next
// update.
const DeployedOutput = "deployed"

// Deployed records the objects of the last successful update, for checks that need more
// than the configuration. The zero value means not known.
type Deployed struct {
	// Cluster is the existing cluster, and EKS the name of the cluster that the
	// stack created. One of them is known after the first update.
	Cluster *DeployedCluster `json:"cluster,omitempty"`
	EKS     string           `json:"eks,omitempty"`
	// Namespaces are the namespaces; true for existing ones, which the program does not
	// own.
	Namespaces map[string]bool `json:"namespaces,omitempty"`
	// Models are the models by their names.
	Models map[string]DeployedModel `json:"models,omitempty"`
}

// DeployedCluster identifies an existing cluster of the last update.
type DeployedCluster struct {
	Context string `json:"context"`
	Server  string `json:"server"`
	CA      string `json:"ca,omitempty"`
}

// DeployedModel holds the namespace and the names of a model's objects.
type DeployedModel struct {
	Namespace string `json:"namespace"`
	Objects   string `json:"objects"`
	// Cache is the class of the claim for its cache; "" if it has none.
	Cache string `json:"cache,omitempty"`
}

// same reports whether the objects of two models are the same.
func (m DeployedModel) same(model DeployedModel) bool {
	return m.Namespace == model.Namespace && m.Objects == model.Objects
}

func deployedModel(m serving.Spec) DeployedModel {
	return DeployedModel{Namespace: m.Namespace, Objects: m.ResourceName(), Cache: m.Storage.Cache.StorageClass}
}

// ReadDeployed reads the output of the stack's own last update. A stack that was never
// updated, or by a version without this output, returns the zero value.
func ReadDeployed(ctx *pulumi.Context) (Deployed, error) {
	if ctx == nil {
		return Deployed{}, errors.New("the outputs of the stack's last update: there is no Pulumi context; call this within pulumi.Run")
	}
	// A self-managed backend may have no organization, or this one.
	name := ctx.Stack()
	if organization := ctx.Organization(); organization != "organization" {
		name = organization + "/" + ctx.Project() + "/" + name
	}
	self, err := pulumi.NewStackReference(ctx, name, nil)
	if err != nil {
		return Deployed{}, err
	}
	output, err := self.GetOutputDetails(DeployedOutput)
	if err != nil {
		return Deployed{}, fmt.Errorf("the outputs of the stack's last update: %w", err)
	}
	text, _ := output.Value.(string)
	return parseDeployed(text), nil
}

// parseDeployed returns the record of the last update. It ignores an output that it
// cannot read, because the update replaces it.
func parseDeployed(text string) Deployed {
	var d Deployed
	if err := yaml.Unmarshal([]byte(text), &d); err != nil {
		return Deployed{}
	}
	return d
}

// Deployed returns the record of this configuration for the next update, as one line of
// text.
func (c *Config) Deployed() (string, error) {
	d := Deployed{Namespaces: map[string]bool{}, Models: map[string]DeployedModel{}}
	if c == nil {
		c = &Config{}
	}
	switch existing := c.Platform.Cluster.Existing; {
	case existing == nil:
		d.EKS = c.Platform.Cluster.Name
	case c.location != nil:
		d.Cluster = &DeployedCluster{Context: existing.Context, Server: c.location.Server, CA: c.location.CA}
	}
	for _, n := range c.Namespaces {
		d.Namespaces[n.Name] = n.Existing
	}
	for _, m := range c.Models {
		d.Models[m.Name] = deployedModel(m)
	}
	return oneline.Marshal(d)
}

// locate finds the existing cluster in the kubeconfig.
func (c *Config) locate() {
	key := field.NewPath("cluster", "existing")
	existing, locate := c.Platform.Cluster.Existing, c.source.Locate
	if locate == nil || len(existing.Validate(key)) > 0 {
		return // reported as wrong
	}
	location, err := locate(*existing, key)
	if err != nil {
		c.unfilled = append(c.unfilled, problems.Of(err, key.String())...)
		return
	}
	c.location = &location
}

// contextPath returns the key of the context of an existing cluster.
func contextPath() *field.Path { return field.NewPath("cluster", "existing", "context") }

// checkLocation refuses an existing cluster other than that of the last update: the
// objects would stay there, while Pulumi would assume them here.
func (c *Config) checkLocation(found *findings) {
	location, existing, before := c.location, c.Platform.Cluster.Existing, c.source.Deployed
	switch deployed := before.Cluster; {
	case location == nil:
	case before.EKS != "":
		found.add(field.ErrorTypeForbidden, field.NewPath("cluster", "existing"), "is set, but this stack created its cluster %q, which the update would delete; remove the key, or create another stack for the existing cluster: pulumi stack init NAME", before.EKS)
	case deployed != nil && !location.SameCluster(cluster.Location{Server: deployed.Server, CA: deployed.CA}) && deployed.Context != existing.Context:
		found.add(field.ErrorTypeInvalid, contextPath(), "is %q, whose cluster %s is not %s, to which this stack was deployed with the context %q; its objects would stay there. "+
			"Name that context, or create another stack for the other cluster: pulumi stack init NAME. "+
			"If it is the same cluster at another address: kubectl config rename-context %s %s",
			existing.Context, location.Server, deployed.Server, deployed.Context, existing.Context, deployed.Context)
	}
}

// locationWarnings returns warnings about an existing cluster that was created anew or
// cannot be reached.
func (c *Config) locationWarnings() []string {
	location, existing, deployed := c.location, c.Platform.Cluster.Existing, c.source.Deployed.Cluster
	if location == nil {
		return nil
	}
	var warnings []string
	if deployed != nil && !location.SameCluster(cluster.Location{Server: deployed.Server, CA: deployed.CA}) {
		warnings = append(warnings, fmt.Sprintf("%s: %q was %s at the last update; if its cluster was created anew, run first: pulumi refresh", contextPath(), existing.Context, deployed.Server))
	}
	if location.Unreachable != "" {
		warnings = append(warnings, fmt.Sprintf("%s: %q is %s, which cannot be reached from here (%s), so pulumi up fails",
			contextPath(), existing.Context, location.Server, location.Unreachable))
	}
	return warnings
}

// checkIdentity refuses a model whose previousNames lack its first name. Its objects have
// that name, so the update would delete them and start other replicas.
func (c *Config) checkIdentity(found *findings) {
	before := c.source.Deployed.Models
	for i, m := range c.Models {
		current := deployedModel(m)
		c.checkCache(found, i, current)
		previous, exists := before[m.Name]
		deployed := slices.ContainsFunc(slices.Collect(maps.Values(before)), current.same)
		if !exists || previous.Namespace != m.Namespace || deployed {
			continue
		}
		want := slices.DeleteFunc(slices.Clone(m.PreviousNames), func(name string) bool { return name == previous.Objects })
		found.add(field.ErrorTypeInvalid, field.NewPath("models").Index(i).Child("previousNames"), "is %s, but the objects of %s have its first name, %s; without it, the update would end its replicas and start others. "+
			"Keep the name at the end: previousNames: %s; for new objects, add a model with another name, and remove this one when the new one serves",
			list(m.PreviousNames), m.Name, previous.Objects, list(append(want, previous.Objects)))
	}
}

// checkCache refuses another class for a claim. The provider would delete the claim
// first, which waits for the replicas that use it, and new replicas could not mount it.
func (c *Config) checkCache(found *findings, i int, current DeployedModel) {
	for _, previous := range c.source.Deployed.Models {
		if previous.same(current) && previous.Cache != "" && current.Cache != "" && previous.Cache != current.Cache {
			found.add(field.ErrorTypeInvalid, field.NewPath("models").Index(i).Child("storage", "cache", "storageClass"), "is %q, but the claim of the model has the class %q, which Kubernetes cannot change; "+
				"remove storage.cache, which deletes the claim and its data, and set the new class in the next update", current.Cache, previous.Cache)
		}
	}
}

// list returns names as YAML.
func list(names []string) string { return "[" + strings.Join(names, ", ") + "]" }

// recognize sets Known for an existing namespace that the last update recorded as
// existing. Other existing namespaces are read, so that Pulumi does not delete a
// namespace that the stack created.
func (c *Config) recognize(n serving.NamespaceSpec) serving.NamespaceSpec {
	n.Known = n.Existing && c.source.Deployed.Namespaces[n.Name]
	return n
}
