// Package account is a simulated AWS account. It stores the resources of a program in files of
// one folder, and refuses what AWS or its Pulumi provider refuses. Names and types of
// properties come from the Go SDK's types, enumerations from AWS' SDK, and the rest from short
// tables. It runs nothing.
package account

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vllm-eks/vllm-eks/internal/stacktest/awsdata"
	"github.com/vllm-eks/vllm-eks/local/standin/shape"
)

// ID is the number of the simulated account. AWS reserves it for documentation.
const ID = awsdata.ID

// Session is the view that one configured provider has of an account.
type Session struct {
	store       store
	Region      string
	DefaultTags map[string]string
}

// Open returns a session of the account in a folder.
func Open(folder, region string, defaultTags map[string]string) *Session {
	return &Session{store: store{folder}, Region: region, DefaultTags: defaultTags}
}

// Create creates a resource with checked inputs.
func (s *Session) Create(typ, urn string, inputs map[string]any) (*Record, error) {
	k, err := KindOf(typ)
	if err != nil {
		return nil, err
	}
	r := &Record{Type: typ, URN: urn, Region: s.Region, Inputs: inputs}
	return r, s.store.change(func(records stock) error {
		r.Outputs = maps.Clone(inputs)
		k.completeName(r)
		if err := errors.Join(records.expectReferences(r), records.expectUnique(k, r), k.expect(records, r, nil)); err != nil {
			return err
		}
		r.ID = k.id(r)
		if records.find(typ, r.ID) != nil {
			return fmt.Errorf("%s: %s %s exists already", k.exists, k.short(typ), r.ID)
		}
		k.complete(s, records, r)
		if k.afford != nil {
			if err := k.afford(s, records, r); err != nil {
				return err
			}
		}
		records.put(r)
		return nil
	})
}

// Update changes the inputs of a resource. state is the resource in the program's state. Like
// the real provider, Update sends what differs from the state, whatever the account has by now.
func (s *Session) Update(typ, id string, inputs, state map[string]any) (*Record, error) {
	k, err := KindOf(typ)
	if err != nil {
		return nil, err
	}
	var r *Record
	var events []Event
	var unfinished error
	err = s.store.change(func(records stock) error {
		before := records.find(typ, id)
		if before == nil {
			return fmt.Errorf("NotFound: %s %s does not exist; run with --refresh", k.short(typ), id)
		}
		if r, events, err = s.update(k, records, before, inputs, state); err != nil {
			return err
		}
		if err := errors.Join(records.expectReferences(r), k.expect(records, r, before)); err != nil {
			return err
		}
		if k.changed(before.Inputs, inputs) {
			for _, name := range k.versioned {
				version, _ := before.Outputs[name].(float64)
				r.Outputs[name] = version + 1
			}
		}
		k.complete(s, records, r)
		if before.Outputs[blocked] != nil && len(events) > 0 && events[0].Kind == Surged {
			unfinished = giveUp(records, r, before)
			return nil
		}
		records.put(r)
		return nil
	})
	if err != nil || unfinished != nil {
		return r, errors.Join(err, unfinished)
	}
	return r, s.store.log(events)
}

// update returns the resource with new inputs, or an error if AWS refuses the change.
func (s *Session) update(k *Kind, records stock, before *Record, inputs, state map[string]any) (r *Record, events []Event, err error) {
	updated := *before
	r = &updated
	r.Inputs, r.Outputs = inputs, maps.Clone(before.Outputs)
	for name := range before.Inputs {
		if _, kept := inputs[name]; !kept {
			delete(r.Outputs, name)
		}
	}
	maps.Copy(r.Outputs, inputs)
	if k.send != nil {
		if events, err = k.send(s, records, r, before, state); err != nil {
			return nil, nil, err
		}
	}
	return r, events, nil
}

// TryUpdate returns the error of an update without executing it. It accepts values that a
// preview does not know yet. It does not compare with other resources that the same update may
// change, such as an add-on with the version of its cluster.
func (s *Session) TryUpdate(typ, id string, inputs, state map[string]any) error {
	k, err := KindOf(typ)
	if err != nil {
		return err
	}
	return s.store.change(func(records stock) error {
		before := records.find(typ, id)
		if before == nil {
			return nil // the update reports it
		}
		r, _, err := s.update(k, records, before, inputs, state)
		if err == nil && typ == token("eks/cluster") {
			err = k.expect(records, r, before)
		}
		return err
	})
}

// Read returns a resource; nil if it does not exist.
func (s *Session) Read(typ, id string) (*Record, error) {
	if _, err := KindOf(typ); err != nil {
		return nil, err
	}
	var r *Record
	return r, s.store.change(func(records stock) error {
		r = records.find(typ, id)
		if r != nil && typ == token("eks/nodeGroup") {
			r = live(r)
		}
		return nil
	})
}

// Delete deletes a resource and the resources that AWS deletes with it. It returns an error
// while another resource depends on it.
func (s *Session) Delete(typ, id string) error {
	k, err := KindOf(typ)
	if err != nil {
		return err
	}
	return s.store.change(func(records stock) error {
		r := records.find(typ, id)
		if r == nil {
			return nil // already deleted
		}
		dependents, err := records.heldBy(r)
		if err != nil {
			return err
		}
		if k.held != nil {
			if err := k.held(records, r); err != nil {
				return err
			}
		}
		for _, gone := range append(dependents, r) {
			delete(records, key(gone.Type, gone.ID))
		}
		records.writeLateLogs(r)
		return nil
	})
}

// Preview returns a resource's planned outputs. Outputs that AWS sets are unknown, unless an
// update keeps them.
func (s *Session) Preview(typ string, inputs map[string]any, before *Record) (map[string]any, error) {
	k, err := KindOf(typ)
	if err != nil {
		return nil, err
	}
	out := map[string]any{}
	for name, optional := range k.outputs() {
		if _, present := inputs[name]; present || optional {
			continue
		}
		counts := slices.Contains(k.versioned, name)
		if before == nil || counts && k.changed(before.Inputs, inputs) {
			out[name] = shape.Unknown{}
		} else if value, found := before.Outputs[name]; found {
			out[name] = value
		}
	}
	maps.Copy(out, inputs)
	if before != nil {
		k.keepNested(out, before.Outputs)
	}
	if _, tagged := out["tagsAll"]; tagged {
		out["tagsAll"] = s.allTags(inputs)
	}
	return out, nil
}

// allTags returns a resource's tags merged with the provider's default tags.
func (s *Session) allTags(inputs map[string]any) any {
	tags := map[string]any{}
	for key, value := range s.DefaultTags {
		tags[key] = value
	}
	switch declared := inputs["tags"].(type) {
	case map[string]any:
		maps.Copy(tags, declared)
	case shape.Unknown:
		return shape.Unknown{}
	}
	return tags
}

// Change is a difference between two sets of inputs.
type Change struct {
	Path    string
	Kind    byte // + added, - removed, ~ changed
	Replace bool
}

// Diff compares the inputs of an existing resource with new ones.
func (s *Session) Diff(typ string, olds, news, state map[string]any) ([]Change, error) {
	k, err := KindOf(typ)
	if err != nil {
		return nil, err
	}
	var changes []Change
	compare("", olds, news, func(path string, kind byte) {
		changes = append(changes, Change{Path: path, Kind: kind, Replace: k.replaced(path, kind)})
	})
	if before, tagged := state["tagsAll"]; tagged && !same(before, s.allTags(news)) {
		changes = append(changes, Change{Path: "tagsAll", Kind: '~'})
	}
	return changes, nil
}

// KindOf returns the kind of a type that the program or the EKS component registers.
func KindOf(typ string) (*Kind, error) {
	if k, found := kinds[typ]; found {
		return k, nil
	}
	return nil, fmt.Errorf("the simulated AWS account does not support type %s, only: %s", typ, strings.Join(slices.Sorted(maps.Keys(kinds)), ", "))
}
