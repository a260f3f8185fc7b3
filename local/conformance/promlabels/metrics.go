// Package promlabels checks queries to Prometheus against known metrics: each metric exists, and
// each label of a matcher, an aggregation or a join is a label of the series there. Prometheus
// itself does not report such a mistake: the query has no result.
package promlabels

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Labels are the names of the labels that a series may have.
type Labels map[string]bool

// LabelsOf returns a set of labels.
func LabelsOf(names ...string) Labels {
	labels := Labels{}
	for _, name := range names {
		labels[name] = true
	}
	return labels
}

func (l Labels) String() string { return "[" + strings.Join(slices.Sorted(maps.Keys(l)), " ") + "]" }

// union returns the labels of both sets.
func (l Labels) union(other Labels) Labels {
	both := maps.Clone(l)
	maps.Copy(both, other)
	return both
}

// without returns the labels that are not among some names.
func (l Labels) without(names ...string) Labels {
	rest := maps.Clone(l)
	for _, name := range names {
		delete(rest, name)
	}
	return rest
}

// Metrics holds the labels of each known metric.
type Metrics map[string]Labels

// Read returns the metrics of a table with a metric a line: its name, a tab, and its labels,
// separated by spaces. @group among the labels stands for the labels of the line of that name. A
// line that begins with # is a comment.
func Read(table string) (Metrics, error) {
	metrics := Metrics{}
	for line := range strings.Lines(table) {
		line = strings.TrimRight(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, list, found := strings.Cut(line, "\t")
		if _, known := metrics[name]; known || !found || name == "" {
			return nil, fmt.Errorf("%q: is a second line of the metric, or has no tab", line)
		}
		labels := Labels{}
		for _, label := range strings.Fields(list) {
			if !strings.HasPrefix(label, "@") {
				labels[label] = true
				continue
			}
			group, known := metrics[label]
			if !known {
				return nil, fmt.Errorf("%q: no line above names %s", line, label)
			}
			labels = labels.union(group)
		}
		metrics[name] = labels
	}
	return metrics, nil
}
