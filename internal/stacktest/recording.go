package stacktest

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Resource is one registration.
type Resource struct {
	Type      string    `json:"type"`
	Name      string    `json:"name"`
	Parent    string    `json:"parent,omitempty"`
	Provider  string    `json:"provider,omitempty"`
	DependsOn []string  `json:"dependsOn,omitempty"`
	Timeouts  *Timeouts `json:"timeouts,omitempty"`
	// Protect refuses to delete it, and IgnoreChanges leaves some of its inputs as
	// they are once it is there.
	Protect       bool     `json:"protect,omitempty"`
	IgnoreChanges []string `json:"ignoreChanges,omitempty"`
	// DeleteBeforeReplace deletes it before its replacement is created, and
	// RetainOnDelete deletes nothing on the cluster.
	DeleteBeforeReplace bool `json:"deleteBeforeReplace,omitempty"`
	RetainOnDelete      bool `json:"retainOnDelete,omitempty"`
	// Read is an object that exists already and that the stack only reads.
	Read   bool           `json:"read,omitempty"`
	Inputs map[string]any `json:"inputs,omitempty"`
}

// Timeouts are how long the engine waits for a resource.
type Timeouts struct {
	Create string `json:"create,omitempty"`
	Update string `json:"update,omitempty"`
	Delete string `json:"delete,omitempty"`
}

// Redacted stands for every secret value in a recording.
const Redacted = "[secret]"

// Recording is what a program registered.
type Recording struct {
	// Account is the AWS account that answers what the program asks. Default:
	// SimulatedAccount.
	Account *Account

	mu        sync.Mutex
	resources []Resource
	calls     map[string]bool
}

var _ pulumi.MockResourceMonitor = (*Recording)(nil)

// Record runs a program and returns what it registered, also when it fails.
func Record(stack string, program pulumi.RunFunc, options ...pulumi.RunOption) (*Recording, error) {
	return RecordIn(nil, stack, program, options...)
}

// RecordIn is Record in an account.
func RecordIn(account *Account, stack string, program pulumi.RunFunc, options ...pulumi.RunOption) (*Recording, error) {
	r := &Recording{Account: account}
	options = append([]pulumi.RunOption{pulumi.WithMocks(Project, stack, r)}, options...)
	return r, pulumi.RunErr(program, options...)
}

// Resources are the registrations, sorted by type and name.
func (r *Recording) Resources() []Resource {
	r.mu.Lock()
	defer r.mu.Unlock()
	sorted := slices.Clone(r.resources)
	sortResources(sorted)
	return sorted
}

// JSON is the recording as text, the same for the same registrations.
func (r *Recording) JSON() ([]byte, error) {
	return resourcesJSON(r.Resources())
}

// Calls are the functions that were called, sorted.
func (r *Recording) Calls() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(maps.Keys(r.calls))
}

// Call answers what is asked of the account.
func (r *Recording) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	r.mu.Lock()
	if r.calls == nil {
		r.calls = map[string]bool{}
	}
	r.calls[args.Token] = true
	r.mu.Unlock()
	if r.Account == nil {
		return SimulatedAccount().answer(args.Token, args.Args)
	}
	return r.Account.answer(args.Token, args.Args)
}

// NewResource records one registration.
func (r *Recording) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	request := args.RegisterRPC
	if args.ReadRPC != nil {
		return r.read(args)
	}
	recorded := Resource{
		Type:     args.TypeToken,
		Name:     args.Name,
		Parent:   short(request.GetParent()),
		Provider: short(request.GetProvider()),
		Inputs:   redact(args.Inputs),

		Protect:             request.GetProtect(),
		IgnoreChanges:       request.GetIgnoreChanges(),
		DeleteBeforeReplace: request.GetDeleteBeforeReplace(),
		RetainOnDelete:      request.GetRetainOnDelete(),
	}
	for _, urn := range request.GetDependencies() {
		recorded.DependsOn = append(recorded.DependsOn, short(urn))
	}
	slices.Sort(recorded.DependsOn)
	t := request.GetCustomTimeouts()
	if waits := (Timeouts{Create: t.GetCreate(), Update: t.GetUpdate(), Delete: t.GetDelete()}); waits != (Timeouts{}) {
		recorded.Timeouts = &waits
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.resources = append(r.resources, recorded)
	return args.Name + "-id", computed(args.TypeToken, args.Name, named(args)), nil
}

// read records an object that is only read.
func (r *Recording) read(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	recorded := Resource{
		Type: args.TypeToken, Name: args.Name, Read: true,
		Parent: short(args.ReadRPC.GetParent()), Provider: short(args.ReadRPC.GetProvider()),
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.resources = append(r.resources, recorded)
	return args.ID, args.Inputs, nil
}

// named are the outputs of a resource: its inputs, and for a Kubernetes object
// without a name the one that the provider makes up.
func named(args pulumi.MockResourceArgs) resource.PropertyMap {
	outputs := args.Inputs.Copy()
	metadata := outputs["metadata"]
	if !metadata.IsObject() || metadata.ObjectValue().HasValue("name") {
		return outputs
	}
	withName := metadata.ObjectValue().Copy()
	withName["name"] = resource.NewProperty(args.Name + "-a1b2c3d")
	outputs["metadata"] = resource.NewProperty(withName)
	return outputs
}

// short is the type and name of a URN, without the stack and the parents; of a
// provider reference the identifier that follows is left out too.
func short(urn string) string {
	parsed := resource.URN(urn)
	if i := strings.LastIndex(urn, "::"); i >= 0 && strings.Count(urn, "::") > 3 {
		parsed = resource.URN(urn[:i])
	}
	if !parsed.IsValid() {
		return ""
	}
	return string(parsed.Type()) + "::" + parsed.Name()
}

// redact turns inputs into plain values in which no secret is left. Of a secret
// mapping the keys stay, so that a test can tell what is in it.
func redact(inputs resource.PropertyMap) map[string]any {
	return inputs.MapRepl(nil, func(v resource.PropertyValue) (any, bool) {
		switch {
		case !v.IsSecret():
			return nil, false
		case !v.SecretValue().Element.IsObject():
			return Redacted, true
		}
		hidden := map[string]any{}
		for key := range v.SecretValue().Element.ObjectValue() {
			hidden[string(key)] = Redacted
		}
		return hidden, true
	})
}
