// Package deploypolicy builds the IAM policies for pulumi up and for pulumi preview
// from a table of the API actions that each resource type and each function of Pulumi's
// AWS provider calls.
package deploypolicy

import (
	_ "embed" // the table
	"fmt"
	"slices"
	"strings"
)

// Use is the operation of a resource, or the call of a function, that needs an action.
type Use string

// Uses.
const (
	Create Use = "create"
	Read   Use = "read"
	Update Use = "update"
	Delete Use = "delete"
	Call   Use = "call"
)

// none is the action of a subject that calls no API.
const noAction = "-"

// Row is one action of one subject.
type Row struct {
	// Subject is a resource type or a function of Pulumi's AWS provider.
	Subject string
	Use     Use
	// Action is an IAM action, such as ec2:CreateVpc; "-" if the subject calls no API.
	Action string
	// Source names the origin of the row. The head of the table has the legend.
	Source string
}

//go:embed actions.tsv
var table string

// Rows returns the table.
func Rows() ([]Row, error) {
	var rows []Row
	for line := range strings.Lines(table) {
		line = strings.TrimRight(line, "\n")
		if strings.HasPrefix(line, "#") || strings.HasPrefix(line, "subject\t") {
			continue
		}
		fields := strings.Split(line, "\t")
		if len(fields) != 4 {
			return nil, fmt.Errorf("actions.tsv: %q has %d columns, want 4", line, len(fields))
		}
		rows = append(rows, Row{Subject: fields[0], Use: Use(fields[1]), Action: fields[2], Source: fields[3]})
	}
	return rows, nil
}

// Subjects returns the resource types and functions of the table, sorted.
func Subjects() ([]string, error) {
	rows, err := Rows()
	var subjects []string
	for _, r := range rows {
		subjects = append(subjects, r.Subject)
	}
	slices.Sort(subjects)
	return slices.Compact(subjects), err
}
