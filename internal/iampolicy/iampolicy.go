// Package iampolicy builds the policies of IAM roles.
package iampolicy

import "encoding/json"

// Statement allows actions on resources.
type Statement struct {
	// Sid names the purpose, in letters and digits.
	Sid string
	// Actions are the allowed actions: service:Action.
	Actions []string
	// Resources are ARNs, in which * stands for any characters, or only *.
	Resources []string
	// Condition holds values by operator and key. Default: none.
	Condition Condition
}

// Condition holds additional requirements: operator → key → accepted values.
type Condition map[string]map[string][]string

// policy is a policy document of IAM.
type policy struct {
	Version   string      `json:"Version"`
	Statement []statement `json:"Statement"`
}

type statement struct {
	Sid       string
	Effect    string
	Action    []string
	Resource  []string
	Condition Condition `json:",omitempty"`
}

// JSON returns the document that allows all statements. The same statements give the
// same text.
func JSON(statements ...Statement) (string, error) {
	p := policy{Version: "2012-10-17"}
	for _, s := range statements {
		p.Statement = append(p.Statement, statement{Sid: s.Sid, Effect: "Allow", Action: s.Actions, Resource: s.Resources, Condition: s.Condition})
	}
	text, err := json.Marshal(p)
	return string(text), err
}
