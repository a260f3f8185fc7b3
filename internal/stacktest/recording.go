package stacktest

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Resource is one registered resource.
type Resource struct {
	Type      string    `json:"type"`
	Name      string    `json:"name"`
	Parent    string    `json:"parent,omitempty"`
	Provider  string    `json:"provider,omitempty"`
	DependsOn []string  `json:"dependsOn,omitempty"`
	Timeouts  *Timeouts `json:"timeouts,omitempty"`
	// Protect prevents deletion. IgnoreChanges ignores changes of some inputs after the
	// creation.
	Protect       bool     `json:"protect,omitempty"`
	IgnoreChanges []string `json:"ignoreChanges,omitempty"`
	// DeleteBeforeReplace deletes the resource before its replacement is created.
	// RetainOnDelete keeps the object on the cluster.
	DeleteBeforeReplace bool `json:"deleteBeforeReplace,omitempty"`
	RetainOnDelete      bool `json:"retainOnDelete,omitempty"`
	// Read reports an existing object that the stack only reads.
	Read   bool           `json:"read,omitempty"`
	Inputs map[string]any `json:"inputs,omitempty"`
}

// Timeouts holds how long Pulumi's engine waits for a resource.
type Timeouts struct {
	Create string `json:"create,omitempty"`
	Update string `json:"update,omitempty"`
	Delete string `json:"delete,omitempty"`
}

// Redacted replaces every secret value in a recording.
const Redacted = "[secret]"

// Recording holds the resources that a program registered.
type Recording struct {
	// Account is the AWS account that answers the program's functions. Default:
	// SimulatedAccount.
	Account *Account

	mu        sync.Mutex
	resources []Resource
	calls     map[string]bool
}

var _ pulumi.MockResourceMonitor = (*Recording)(nil)

// Record runs a program and returns its recording, also if the program fails.
func Record(stack string, program pulumi.RunFunc, options ...pulumi.RunOption) (*Recording, error) {
	return RecordIn(nil, stack, program, options...)
}

// RecordIn runs Record with an account.
func RecordIn(account *Account, stack string, program pulumi.RunFunc, options ...pulumi.RunOption) (*Recording, error) {
	r := &Recording{Account: account}
	options = append([]pulumi.RunOption{pulumi.WithMocks(Project, stack, r)}, options...)
	return r, pulumi.RunErr(program, options...)
}

// Resources returns the registered resources, sorted by type and name.
func (r *Recording) Resources() []Resource {
	r.mu.Lock()
	defer r.mu.Unlock()
	sorted := slices.Clone(r.resources)
	sortResources(sorted)
	return sorted
}

// JSON returns the recording as text. The same resources give the same text.
func (r *Recording) JSON() ([]byte, error) {
	return resourcesJSON(r.Resources())
}

// Calls returns the functions that the program called, sorted.
func (r *Recording) Calls() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(maps.Keys(r.calls))
}

// Call returns the account's answer to a function.
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

// NewResource records one registered resource.
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

// read records an object that the stack only reads.
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

// named returns the outputs of a resource: its inputs, and the generated name of a
// Kubernetes object without a name.
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

// short returns the type and name of a URN, without the stack and the parents, and
// without the identifier at the end of a provider reference.
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

// redact returns inputs as plain values without secrets. The keys of a secret mapping
// stay, so that a test can check them.
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
