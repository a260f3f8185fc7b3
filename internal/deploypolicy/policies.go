package deploypolicy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/vllm-eks/vllm-eks/internal/iampolicy"
)

// LongestPolicy is IAM's limit of characters in a managed policy, without white space.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const LongestPolicy = 6144

// Policy is a document for one managed policy.
type Policy struct {
	// Name is the name of the file, without its extension.
	Name string
	// JSON is the document, indented.
	JSON string
}

// Characters returns the length by which IAM limits a policy.
func (p Policy) Characters() int {
	n := 0
	for _, r := range p.JSON {
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}

// Policies returns the policies of pulumi up and of pulumi preview. The policy of
// pulumi up is split into network and cluster, so that each part is short enough. The
// error says if a long name of the project makes a policy too long.
func Policies(values Values) ([]Policy, error) {
	rows, err := Rows()
	if err != nil {
		return nil, err
	}
	inNetwork := func(r Row) bool { return strings.HasPrefix(r.Action, "ec2:") }
	reads := func(r Row) bool { return r.Use == Read || r.Use == Call }
	var policies []Policy
	for _, group := range []struct {
		name    string
		selects func(Row) bool
	}{
		{"iam-up-network", inNetwork},
		{"iam-up-cluster", func(r Row) bool { return !inNetwork(r) }},
		{"iam-preview", reads},
	} {
		text, err := document(values, rows, group.selects)
		if err != nil {
			return nil, err
		}
		policy := Policy{Name: group.name, JSON: text}
		if n := policy.Characters(); n > LongestPolicy {
			return nil, fmt.Errorf("%s has %d characters, want at most %d", policy.Name, n, LongestPolicy)
		}
		policies = append(policies, policy)
	}
	return policies, nil
}

// document returns the policy document that allows the actions of selected rows, with
// one statement for each scope.
func document(values Values, rows []Row, selects func(Row) bool) (string, error) {
	statements := map[string]iampolicy.Statement{}
	for _, r := range rows {
		if r.Action == noAction || !selects(r) {
			continue
		}
		s := values.scopeOf(r.Action)
		statement, found := statements[s.name]
		if !found {
			statement = iampolicy.Statement{Sid: s.name, Resources: s.resources, Condition: s.condition}
			if statement.Resources == nil {
				statement.Resources = []string{"*"}
			}
		}
		statement.Actions = append(statement.Actions, r.Action)
		slices.Sort(statement.Actions)
		statement.Actions = slices.Compact(statement.Actions)
		statements[s.name] = statement
	}
	var sorted []iampolicy.Statement
	for _, name := range slices.Sorted(maps.Keys(statements)) {
		sorted = append(sorted, statements[name])
	}
	text, err := iampolicy.JSON(sorted...)
	if err != nil {
		return "", err
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, []byte(text), "", "  "); err != nil {
		return "", err
	}
	return indented.String() + "\n", nil
}
