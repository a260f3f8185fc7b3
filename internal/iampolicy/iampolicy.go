// Package iampolicy builds the policies of IAM roles.
package iampolicy

import "encoding/json"

// Statement allows actions on resources.
type Statement struct {
	// Sid says what it is for, in letters and digits.
	Sid string
	// Actions are what is allowed: service:Action.
	Actions []string
	// Resources are ARNs, in which * stands for anything, or * alone.
	Resources []string
	// Condition is by operator and key. Default: none.
	Condition Condition
}

// Condition is what must hold besides: operator → key → any of the values.
type Condition map[string]map[string][]string

// policy is a document as IAM takes it.
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

// JSON is the document that allows all of the statements, the same text for the
// same statements.
func JSON(statements ...Statement) (string, error) {
	p := policy{Version: "2012-10-17"}
	for _, s := range statements {
		p.Statement = append(p.Statement, statement{Sid: s.Sid, Effect: "Allow", Action: s.Actions, Resource: s.Resources, Condition: s.Condition})
	}
	text, err := json.Marshal(p)
	return string(text), err
}
