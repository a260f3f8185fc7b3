// Package plans records what an update needs to know about the running models of a stack: a
// stack exports it, and cmd/explain compares the record of the last update with that of a
// preview.
package plans

import (
	"fmt"
	"math"

	"sigs.k8s.io/yaml"

	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// The stack outputs with the record: ModelsOutput maps the name of a model to a Model,
// CostsOutput is a Costs. Each value is one line of YAML.
const (
	ModelsOutput = "plans"
	CostsOutput  = "costs"
)

// Model describes the replicas of one model, and what a change of its pods does to them.
type Model struct {
	// Namespace and Deployment name the Deployment.
	Namespace  string `json:"namespace"`
	Deployment string `json:"deployment"`
	// ID is the model, such as mistralai/Mistral-7B-Instruct-v0.2.
	ID string `json:"model"`
	// Min and Max are the smallest and the largest number of replicas.
	Min int `json:"min"`
	Max int `json:"max"`
	// GPUs is the number of GPUs of one replica, and Groups are its node groups.
	GPUs   int      `json:"gpus"`
	Groups []string `json:"groups,omitempty"`
	// Hardware is such as "1 × A10G (g5.2xlarge)", and Fit the verdict of sizing. Both are ""
	// if the model is not sized.
	Hardware string `json:"hardware,omitempty"`
	Fit      string `json:"fit,omitempty"`
	// MaxModelLen, KVTokens and Concurrency are the longest context, the tokens that the KV
	// cache holds, and the requests that meet the objectives, of one replica; 0 if the model is
	// not sized.
	MaxModelLen int `json:"maxModelLen,omitempty"`
	KVTokens    int `json:"kvTokens,omitempty"`
	Concurrency int `json:"concurrency,omitempty"`
	// LoadSeconds is the expected time from the start of a replica to its first answer, and
	// ProvisionSeconds the time before it, for a new node and the image.
	LoadSeconds      int `json:"loadSeconds"`
	ProvisionSeconds int `json:"provisionSeconds"`
	// InPlace reports that a change stops an old replica before its replacement starts. Surge
	// is then the change of the configuration with which the replacement starts first.
	InPlace bool   `json:"inPlace,omitempty"`
	Surge   string `json:"surge,omitempty"`
	// Cost is the cost of the nodes of the replicas.
	Cost *Costs `json:"cost,omitempty"`
}

// Costs are on-demand prices in USD an hour, with the smallest and the largest number of
// replicas.
type Costs struct {
	Min float64 `json:"usdPerHourMin"`
	Max float64 `json:"usdPerHourMax"`
	// Spot reports that nodes may be spot instances, which cost at most these prices.
	Spot bool `json:"spot,omitempty"`
}

// Of returns the record of a model with its defaults.
func Of(s serving.Spec) Model {
	m := Model{
		Namespace: s.Namespace, Deployment: s.ObjectName(), ID: s.Model.ID,
		Min: s.Replicas.Smallest(), Max: s.Replicas.Max, GPUs: s.GPU.Count, Groups: s.GroupNames(),
		LoadSeconds: s.Lifecycle.LoadSeconds, ProvisionSeconds: s.Lifecycle.ProvisionSeconds,
		InPlace: s.Lifecycle.Rollout == serving.InPlace,
	}
	if m.InPlace {
		m.Surge = s.SurgeAdvice()
	}
	if e, ok := s.Estimate(); ok {
		m.Hardware, m.Fit = e.Hardware(), string(e.Memory.Verdict)
		m.MaxModelLen, m.KVTokens, m.Concurrency = e.Memory.MaxModelLen, e.Memory.Tokens, e.Serving.Usable
		if e.Cost.Known {
			m.Cost = &Costs{Min: rounded(e.Cost.Min), Max: rounded(e.Cost.Max), Spot: e.Cost.Spot}
		}
	}
	return m
}

// CostsOf returns the record of a stack's costs.
func CostsOf(low, high float64, spot bool) Costs {
	return Costs{Min: rounded(low), Max: rounded(high), Spot: spot}
}

// rounded rounds an amount to four digits, so that the record does not change with the last bit
// of a sum. Cents an hour would be wrong by dollars in a month.
func rounded(usd float64) float64 { return math.Round(usd*10_000) / 10_000 }

// Record is what a stack exports. The zero value is the record of a stack without updates,
// or of a release without these outputs.
type Record struct {
	Models map[string]Model
	// Costs is nil if the stack has no record of them.
	Costs *Costs
}

// Read returns the record in the outputs of a stack. An output of another form is an error.
func Read(outputs map[string]any) (Record, error) {
	r := Record{Models: map[string]Model{}}
	models, _ := outputs[ModelsOutput].(map[string]any)
	for name, line := range models {
		var m Model
		if err := parse(line, &m); err != nil {
			return Record{}, fmt.Errorf("output %s.%s: %w", ModelsOutput, name, err)
		}
		r.Models[name] = m
	}
	if line, found := outputs[CostsOutput]; found {
		r.Costs = &Costs{}
		if err := parse(line, r.Costs); err != nil {
			return Record{}, fmt.Errorf("output %s: %w", CostsOutput, err)
		}
	}
	return r, nil
}

func parse(line, into any) error {
	text, ok := line.(string)
	if !ok {
		return fmt.Errorf("is %v, want one line of YAML", line)
	}
	return yaml.Unmarshal([]byte(text), into)
}
