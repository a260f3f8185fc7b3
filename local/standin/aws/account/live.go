package account

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"github.com/vllm-eks/vllm-eks/internal/stacktest/awsdata"
)

// Kinds of events.
const (
	// Terminated counts nodes that an update terminated because it set a smaller size.
	Terminated = "terminated"
	// Started counts nodes that an update started because it set a larger size.
	Started = "started"
	// Replaced counts nodes that an update replaced, for another version, release or
	// launch template.
	Replaced = "replaced"
	// Surged counts nodes that an update adds while it replaces others, and terminates
	// afterwards.
	Surged = "surged"
)

// Event is an effect of an update on the nodes of a group.
type Event struct {
	Kind string
	// Group is the node group's ID, and URN its name in the program.
	Group, URN string
	// Nodes is the number of affected nodes.
	Nodes int
	// Why names the property that caused it.
	Why string
}

// Events returns the effects of updates on nodes, in order.
func Events(folder string) ([]Event, error) {
	var events []Event
	return events, store{folder}.change(func(stock) error {
		text, err := os.ReadFile(filepath.Join(folder, "events.jsonl"))
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		}
		for line := range strings.Lines(string(text)) {
			var e Event
			if err := json.Unmarshal([]byte(line), &e); err != nil {
				return err
			}
			events = append(events, e)
		}
		return nil
	})
}

// log stores events.
func (s store) log(events []Event) error {
	if len(events) == 0 {
		return nil
	}
	return s.change(func(stock) error {
		file, err := os.OpenFile(filepath.Join(s.folder, "events.jsonl"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		encoder := json.NewEncoder(file)
		for _, e := range events {
			err = errors.Join(err, encoder.Encode(e))
		}
		return errors.Join(err, file.Close())
	})
}

// SetSize changes the number of nodes of a group, like the cluster autoscaler: within the
// group's limits and without the program's knowledge. group is the name in EKS or the last part
// of the URN.
func SetSize(folder, group string, desired int) error {
	return changeGroup(folder, group, func(r *Record) error {
		sizes := maps.Clone(asObject(r.Outputs["scalingConfig"]))
		low, high := numberAt(sizes, "minSize"), numberAt(sizes, "maxSize")
		if float64(desired) < low || float64(desired) > high {
			return fmt.Errorf("ValidationError: %s cannot have %d nodes, only %g to %g", r.ID, desired, low, high)
		}
		sizes["desiredSize"] = float64(desired)
		r.Outputs["scalingConfig"] = sizes
		return nil
	})
}

// SetRelease changes the AMI release of a group, like a user of AWS' console.
func SetRelease(folder, group, release string) error {
	return changeGroup(folder, group, func(r *Record) error {
		r.Outputs["releaseVersion"] = release
		return nil
	})
}

// BlockDrains makes the next update of a group's nodes fail, as if a PodDisruptionBudget
// blocked the eviction of a pod for 15 minutes.
// https://docs.aws.amazon.com/eks/latest/userguide/managed-node-update-behavior.html
func BlockDrains(folder, group string) error {
	return changeGroup(folder, group, func(r *Record) error {
		r.Outputs[blocked] = true
		return nil
	})
}

// blocked is the output of a node group that BlockDrains sets.
const blocked = "drainsBlocked"

// UnfinishedError is the error of an update that AWS accepted and did not complete. AWS'
// provider returns it with the planned values, which Pulumi records.
type UnfinishedError struct {
	// Planned is the resource after a complete update.
	Planned *Record
	err     error
}

func (e *UnfinishedError) Error() string { return e.err.Error() }

// giveUp fails the update of a node group whose pods cannot be evicted. The group has its new
// tags, because the provider sets them first.
func giveUp(records stock, planned, before *Record) error {
	rest := *before
	rest.Outputs = maps.Clone(before.Outputs)
	delete(rest.Outputs, blocked)
	for _, name := range []string{"tags", "tagsAll"} {
		rest.Outputs[name] = planned.Outputs[name]
	}
	records.put(&rest)
	delete(planned.Outputs, blocked)
	return &UnfinishedError{Planned: planned, err: fmt.Errorf(
		"PodEvictionFailure: %s: reached max retries while trying to evict pods from nodes in node group", before.ID)}
}

func changeGroup(folder, group string, edit func(*Record) error) error {
	return store{folder}.change(func(records stock) error {
		var found []*Record
		for _, r := range records.ofType(token("eks/nodeGroup")) {
			if group == textAt(r.Outputs, "nodeGroupName") || strings.HasSuffix(r.URN, "::"+group) {
				found = append(found, r)
			}
		}
		if len(found) != 1 {
			return fmt.Errorf("the simulated account has %d node groups %q", len(found), group)
		}
		changed := *found[0]
		changed.Outputs = maps.Clone(changed.Outputs)
		if err := edit(&changed); err != nil {
			return err
		}
		records.put(&changed)
		return nil
	})
}

// live returns a node group as a refresh reads it, with its current values.
func live(r *Record) *Record {
	read := *r
	read.Inputs = maps.Clone(r.Inputs)
	for _, name := range []string{"scalingConfig", "releaseVersion", "version", "launchTemplate", "labels"} {
		if _, isInput := read.Inputs[name]; isInput {
			read.Inputs[name] = r.Outputs[name]
		}
	}
	return &read
}

// sendNodeGroup simulates EKS' reaction to the provider's calls for a node group. The provider
// compares the new inputs with the program's state and does not send equal values.
// https://github.com/hashicorp/terraform-provider-aws internal/service/eks/node_group.go, resourceNodeGroupUpdate
func sendNodeGroup(s *Session, records stock, r, before *Record, state map[string]any) ([]Event, error) {
	var events []Event
	note := func(kind string, nodes float64, detail string) {
		if nodes > 0 {
			events = append(events, Event{Kind: kind, Group: r.ID, URN: r.URN, Nodes: int(nodes), Why: detail})
		}
	}
	had := numberAt(before.Outputs, "scalingConfig.desiredSize")
	sent := func(name string) bool { return r.Inputs[name] != nil && !same(r.Inputs[name], state[name]) }
	for _, name := range []string{"version", "launchTemplate", "labels"} {
		if !sent(name) {
			r.Outputs[name] = before.Outputs[name]
		}
	}
	if reason := rolls(sent); reason != "" {
		extra, err := s.expectRollable(records, r, before)
		if err != nil {
			return nil, err
		}
		note(Surged, extra, reason)
		if !sent("releaseVersion") {
			r.Outputs["releaseVersion"] = awsdata.Release(textAt(r.Outputs, "version"))
		}
		note(Replaced, had, reason)
	} else {
		r.Outputs["releaseVersion"] = before.Outputs["releaseVersion"]
	}
	if !sent("scalingConfig") {
		r.Outputs["scalingConfig"] = before.Outputs["scalingConfig"]
		return events, nil
	}
	// An update without a size keeps the size, within the limits.
	sizes := maps.Clone(asObject(r.Inputs["scalingConfig"]))
	if sizes["desiredSize"] == nil {
		sizes["desiredSize"] = had
	}
	if err := sizesFit(sizes); err != nil {
		return nil, err
	}
	r.Outputs["scalingConfig"] = sizes
	has := numberAt(sizes, "desiredSize")
	if err := s.expectCapacity(records, before, has-had, "the update"); err != nil {
		return nil, err
	}
	note(Terminated, had-has, fmt.Sprintf("scalingConfig.desiredSize: %g was sent, and %g ran", has, had))
	note(Started, has-had, fmt.Sprintf("scalingConfig.desiredSize: %g was sent, and %g ran", has, had))
	return events, nil
}

// rolls returns the property that makes EKS replace every node; "" if none does.
func rolls(sent func(string) bool) string {
	for _, name := range []string{"version", "releaseVersion", "launchTemplate"} {
		if sent(name) {
			return name
		}
	}
	return ""
}

// sizesFit returns an error, in EKS' words, if a node group's sizes contradict each other.
func sizesFit(sizes map[string]any) error {
	low, high, desired := numberAt(sizes, "minSize"), numberAt(sizes, "maxSize"), numberAt(sizes, "desiredSize")
	switch {
	case low > desired:
		return fmt.Errorf("InvalidParameterException: Minimum capacity %g can't be greater than desired size %g", low, desired)
	case desired > high:
		return fmt.Errorf("InvalidParameterException: Desired capacity %g can't be greater than max size %g", desired, high)
	}
	return nil
}

func numberAt(value any, path string) float64 {
	for _, v := range valuesAt(value, path) {
		number, _ := v.(float64)
		return number
	}
	return 0
}
