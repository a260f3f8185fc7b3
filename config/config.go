package config

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/spec/account"
	"github.com/vllm-eks/vllm-eks/spec/cluster"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// Config is a stack's whole configuration, with defaults, and valid.
type Config struct {
	// Platform is everything below the models.
	Platform Platform
	// Namespaces are the namespaces of models (key namespaces).
	Namespaces []serving.NamespaceSpec
	// NodeGroups are the nodes with GPUs, as models see them (key nodeGroups).
	// Default: none.
	NodeGroups []serving.NodeGroup
	// Costs are prices, and what is paid for beside the models (key costs).
	Costs Costs
	// Limits fail a preview that exceeds them (key limits).
	Limits Limits
	// Monitoring is how models are monitored (key monitoring). Default: by the
	// Prometheus that is installed, if one is.
	Monitoring serving.Monitoring
	// Region is the AWS region (key aws:region). Default: none.
	Region string
	// Models are the services, one for each model (key models). Default: none.
	Models []serving.Spec
	// HuggingFaceToken reads gated models; nil if there is none (key
	// huggingFaceToken, encrypted).
	HuggingFaceToken pulumi.StringPtrInput
	// APIKey is what clients of every model must send; nil if they need none (key
	// apiKey, encrypted).
	APIKey pulumi.StringPtrInput
	// GrafanaPassword is the password of Grafana's administrator; nil if none is
	// given (key grafanaPassword, encrypted).
	GrafanaPassword pulumi.StringPtrInput
	// AlertReceivers holds the secret of each kind of receiver of alerts that has one
	// (keys alertSlackUrl, alertPagerDutyKey and alertWebhookUrl, encrypted).
	AlertReceivers map[string]pulumi.StringPtrInput

	passedOver passedOver
	source     Source
	// typed is what the user typed, before anything was filled in, and root the same with
	// the defaults that are declared.
	typed, root stack
	// location is where the existing cluster is; nil if that is not known.
	location *cluster.Location
	// unfilled are the reasons for which something could not be filled in.
	unfilled field.ErrorList
}

// passedOver are the cheaper node groups that were not chosen, by the model's index.
type passedOver map[int][]serving.PassedOver

// Load decodes the configuration, fills in its defaults, also from what the account
// supports, where a reader is given, and checks it. Its error holds every problem,
// each beginning with its key.
func Load(source *Source, read account.Reader) (*Config, error) {
	if source == nil {
		source = &Source{}
	}
	typed, decoded := decode(source)
	found := newFindings(decoded)
	c := newConfig(source, typed, decoded)
	c.complete(found, read)
	c.check(found)
	if err := problems.Err(found.list); err != nil {
		return nil, err
	}
	return c, nil
}
