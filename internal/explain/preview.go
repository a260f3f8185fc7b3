// Package explain turns a Pulumi preview of a stack into sentences that a reviewer
// understands: what happens to each model, and what it costs.
package explain

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"

	"github.com/vllm-eks/vllm-eks/internal/plans"
)

// Step is the operation of a preview on one resource.
type Step struct {
	// Op is create, update, delete, replace, same, read, refresh or another of the engine's.
	Op apitype.OpType
	// URN, Type and Parent identify the resource in the program.
	URN, Type, Parent string
	// Custom reports a resource that a provider manages, and not a component.
	Custom bool
	// Old and New are the inputs before and after, with secrets as "[secret]"; nil without the
	// resource.
	Old, New map[string]any
	// OldOutputs are the outputs of the last update.
	OldOutputs map[string]any
	// Changed lists the paths of changed properties, as the provider reports them.
	Changed []string
	// Keys lists the properties that cause a replacement.
	Keys []string
	// Unprotected reports a resource that loses its protection against deletion.
	Unprotected bool
	// DeletedFirst reports a replacement that deletes the old resource first.
	DeletedFirst bool
}

// name returns the resource's name in the program.
func (s Step) name() string { return s.URN[strings.LastIndex(s.URN, "::")+2:] }

// kind returns the last part of the resource's type, such as Deployment.
func (s Step) kind() string { return s.Type[strings.LastIndex(s.Type, ":")+1:] }

// is reports whether the step has one of the operations.
func (s Step) is(ops ...apitype.OpType) bool { return slices.Contains(ops, s.Op) }

// changes reports whether the step changes a resource that a provider manages.
func (s Step) changes() bool {
	return s.Custom && !s.is(apitype.OpSame, apitype.OpRead, apitype.OpRefresh)
}

// Message is a message of the program or of a provider.
type Message struct {
	// Severity is info, warning or error.
	Severity string
	Text     string
}

// Preview is what a preview reports.
type Preview struct {
	// Stack is the name of the stack; "" if the preview has no resource.
	Stack string
	// Steps are in the order of the engine.
	Steps    []Step
	Messages []Message
	// Before is the record of the last update, and After that of the previewed one. After is
	// nil if the preview failed, or is a digest, which has no outputs.
	Before plans.Record
	After  *plans.Record
	// Failed reports that the preview ended with an error.
	Failed bool
}

// jsonDocument is one JSON document of a preview: an event of the engine, or the digest of all.
type jsonDocument struct {
	apitype.EngineEvent

	Steps       []digestStep       `json:"steps"`
	Diagnostics []digestDiagnostic `json:"diagnostics"`
	Summary     map[string]int     `json:"changeSummary"`
}

// digestStep is a step of the digest that `pulumi preview --json` writes: PreviewStep in
// pkg/display/json.go of Pulumi 3.259.
type digestStep struct {
	Op           apitype.OpType                  `json:"op"`
	URN          string                          `json:"urn"`
	Old          *apitype.ResourceV3             `json:"oldState"`
	New          *apitype.ResourceV3             `json:"newState"`
	ReplaceKeys  []string                        `json:"replaceReasons"`
	DetailedDiff map[string]apitype.PropertyDiff `json:"detailedDiff"`
}

type digestDiagnostic struct {
	Message, Severity string
}

// Read reads what `pulumi preview --json` wrote: the events of the engine, one document each,
// with PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true, or one digest without it. Anything else is
// an error.
func Read(r io.Reader) (Preview, error) {
	var reader reader
	decoder := json.NewDecoder(r)
	for number := 1; ; number++ {
		var d jsonDocument
		err := decoder.Decode(&d)
		if errors.Is(err, io.EOF) {
			return reader.preview(number - 1)
		}
		if err != nil {
			return Preview{}, fmt.Errorf("the preview: document %d: %w; want the output of pulumi preview --json", number, err)
		}
		if err := reader.add(d); err != nil {
			return Preview{}, err
		}
	}
}

// reader collects the documents of a preview.
type reader struct {
	p     Preview
	order map[string]apitype.OpType // the first part of each replacement
	ended bool
}

func (r *reader) preview(documents int) (Preview, error) {
	if documents == 0 {
		return Preview{}, errors.New("the preview: is empty; want the output of pulumi preview --json")
	}
	for i, s := range r.p.Steps {
		r.p.Steps[i].DeletedFirst = r.order[s.URN] == apitype.OpDeleteReplaced
	}
	for _, m := range r.p.Messages {
		r.p.Failed = r.p.Failed || m.Severity == "error"
	}
	r.p.Failed = r.p.Failed || !r.ended
	if r.p.Failed {
		r.p.After = nil
	}
	return r.p, nil
}

func (r *reader) add(d jsonDocument) error {
	switch {
	case d.Summary != nil:
		r.ended = true
		for _, m := range d.Diagnostics {
			r.message(m.Severity, m.Message)
		}
		for _, s := range d.Steps {
			if err := r.step(newStep(s.metadata())); err != nil {
				return err
			}
		}
	case d.SummaryEvent != nil:
		r.ended = true
	case d.DiagnosticEvent != nil:
		if e := d.DiagnosticEvent; !e.Ephemeral && e.Severity != "debug" {
			r.message(e.Severity, colors.Never.Colorize(e.Prefix+e.Message))
		}
	case d.ErrorEvent != nil:
		r.message("error", colors.Never.Colorize(d.ErrorEvent.Error))
	case d.ResourcePreEvent != nil:
		return r.step(newStep(d.ResourcePreEvent.Metadata))
	case d.ResOutputsEvent != nil:
		m := d.ResOutputsEvent.Metadata
		if m.Type != stackType || m.New == nil {
			return nil
		}
		record, err := plans.Read(m.New.Outputs)
		r.p.After = &record
		return err
	}
	return nil
}

func (r *reader) message(severity, text string) {
	text = strings.TrimRight(text, "\n")
	for _, m := range r.p.Messages {
		if m.Text == text {
			return
		}
	}
	r.p.Messages = append(r.p.Messages, Message{Severity: severity, Text: text})
}

// stackType is the type of the stack, the parent of all resources.
const stackType = "pulumi:pulumi:Stack"

func (r *reader) step(s Step) error {
	if parts := strings.Split(s.URN, ":"); len(parts) > 2 && r.p.Stack == "" {
		r.p.Stack = parts[2]
	}
	if s.Type == stackType && s.OldOutputs != nil {
		var err error
		if r.p.Before, err = plans.Read(s.OldOutputs); err != nil {
			return err
		}
	}
	switch s.Op {
	case apitype.OpCreateReplacement, apitype.OpDeleteReplaced:
		if r.order == nil {
			r.order = map[string]apitype.OpType{}
		}
		if r.order[s.URN] == "" {
			r.order[s.URN] = s.Op
		}
	default:
		r.p.Steps = append(r.p.Steps, s)
	}
	return nil
}

func newStep(m apitype.StepEventMetadata) Step {
	s := Step{Op: m.Op, URN: m.URN, Type: m.Type, Keys: m.Keys}
	if m.Old != nil {
		s.Old, s.OldOutputs, s.Parent, s.Custom = m.Old.Inputs, m.Old.Outputs, m.Old.Parent, m.Old.Custom
	}
	if m.New != nil {
		s.New, s.Parent, s.Custom = m.New.Inputs, m.New.Parent, m.New.Custom
	}
	s.Unprotected = m.Old != nil && m.New != nil && m.Old.Protect && !m.New.Protect
	for path := range m.DetailedDiff {
		s.Changed = append(s.Changed, path)
	}
	return s
}

// metadata returns the step as the event of the engine has it.
func (d digestStep) metadata() apitype.StepEventMetadata {
	m := apitype.StepEventMetadata{Op: d.Op, URN: d.URN, Keys: d.ReplaceKeys, DetailedDiff: d.DetailedDiff}
	state := func(r *apitype.ResourceV3) *apitype.StepEventStateMetadata {
		if r == nil {
			return nil
		}
		m.Type = string(r.Type)
		return &apitype.StepEventStateMetadata{Inputs: r.Inputs, Outputs: r.Outputs, Parent: string(r.Parent), Custom: r.Custom, Protect: r.Protect}
	}
	m.Old, m.New = state(d.Old), state(d.New)
	return m
}

// FromEvents returns the preview of the engine's events, in their order. An output of another
// form than that of a stack is an error.
func FromEvents(events []apitype.EngineEvent) (Preview, error) {
	var reader reader
	for _, event := range events {
		if err := reader.add(jsonDocument{EngineEvent: event}); err != nil {
			return Preview{}, err
		}
	}
	return reader.preview(len(events))
}
