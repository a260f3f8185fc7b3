package config

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/spec/account"
	"github.com/vllm-eks/vllm-eks/spec/cluster"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// Config is a stack's valid configuration, with defaults.
type Config struct {
	// Platform is everything except the models.
	Platform Platform
	// Namespaces are the namespaces of models (key namespaces).
	Namespaces []serving.NamespaceSpec
	// NodeGroups are the nodes with GPUs, as models see them (key nodeGroups).
	// Default: none.
	NodeGroups []serving.NodeGroup
	// Costs are prices, and costs other than those of the models (key costs).
	Costs Costs
	// Limits are bounds; a preview that exceeds them fails (key limits).
	Limits Limits
	// Monitoring holds how models are monitored (key monitoring). Default: by the
	// Prometheus that the stack installs, if any.
	Monitoring serving.Monitoring
	// Region is the AWS region (key aws:region). Default: none.
	Region string
	// Models are the services, one for each model (key models). Default: none.
	Models []serving.Spec
	// HuggingFaceToken reads gated models; nil if there is none (key
	// huggingFaceToken, encrypted).
	HuggingFaceToken pulumi.StringPtrInput
	// APIKey is the key that clients of every model must send; nil if they need none (key
	// apiKey, encrypted).
	APIKey pulumi.StringPtrInput
	// GrafanaPassword is the password of Grafana's administrator; nil if none is
	// given (key grafanaPassword, encrypted).
	GrafanaPassword pulumi.StringPtrInput
	// AlertReceivers holds the secret of each kind of receiver of alerts that has one
	// (keys alertSlackUrl, alertPagerDutyKey and alertWebhookUrl, encrypted).
	AlertReceivers map[string]pulumi.StringPtrInput
	// TracesToken is the token of exported traces; nil if none is given (key tracesToken, encrypted).
	TracesToken pulumi.StringPtrInput

	passedOver passedOver
	source     Source
	// typed holds the values that the user typed. root also has the declared defaults.
	typed, root stack
	// location identifies the existing cluster; nil if it is not known.
	location *cluster.Location
	// unfilled holds problems of values that could not be completed.
	unfilled field.ErrorList
}

// passedOver are the cheaper node groups that were not chosen, by the model's index.
type passedOver map[int][]serving.PassedOver

// Load decodes the configuration, completes it with defaults and with values from the
// account (if read is not nil), and checks it. Its error holds every problem, each
// beginning with its key.
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
