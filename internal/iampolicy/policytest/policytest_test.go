package policytest

import (
	"strings"
	"testing"
)

// TestProblems checks that the check can fail.
func TestProblems(t *testing.T) {
	tagged := map[string]map[string][]string{"StringEquals": {"aws:ResourceTag/a": {"b"}}}
	tests := []struct {
		name      string
		statement Statement
		want      string
	}{
		{"reads everything", Statement{Action: []string{"ec2:DescribeVpcs"}, Resource: []string{"*"}}, ""},
		{"changes what is tagged", Statement{Action: []string{"ec2:DeleteTags"}, Resource: []string{"*"}, Condition: tagged}, ""},
		{"changes one kind", Statement{Action: []string{"ec2:DeleteTags"}, Resource: []string{"arn:aws:ec2:us-west-2:*:security-group/*"}}, ""},
		{"changes everything", Statement{Action: []string{"ec2:DeleteTags"}, Resource: []string{"*"}}, "is allowed on everything"},
		{"misspelt", Statement{Action: []string{"ec2:DescribeVPCs"}, Resource: []string{"*"}}, "is no action"},
		{"any", Statement{Action: []string{"ec2:*"}, Resource: []string{"*"}}, "is no action"},
		{"no ARN", Statement{Action: []string{"ec2:DescribeVpcs"}, Resource: []string{"arn:ec2:*"}}, "is no ARN"},
		{"odd operator", Statement{Action: []string{"ec2:DeleteTags"}, Resource: []string{"*"}, Condition: map[string]map[string][]string{"Equals": tagged["StringEquals"]}}, "is no operator"},
		{"empty condition", Statement{Action: []string{"ec2:DeleteTags"}, Resource: []string{"*"}, Condition: map[string]map[string][]string{"StringEquals": {"a:b": nil}}}, "is no condition"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := strings.Join(Problems(test.statement), "\n")
			if (test.want == "") != (got == "") || !strings.Contains(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
