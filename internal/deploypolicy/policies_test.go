package deploypolicy

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
)

type parsedPolicy struct {
	Statement []struct {
		Sid              string
		Effect           string
		Action, Resource []string
		Condition        map[string]map[string][]string
	}
}

func policies(t *testing.T) map[string]parsedPolicy {
	t.Helper()
	list, err := Policies(Documented)
	if err != nil {
		t.Fatal(err)
	}
	parsed := map[string]parsedPolicy{}
	for _, p := range list {
		var d parsedPolicy
		if err := json.Unmarshal([]byte(p.JSON), &d); err != nil {
			t.Fatalf("%s: %v", p.Name, err)
		}
		if p.Characters() > LongestPolicy {
			t.Errorf("%s has %d characters", p.Name, p.Characters())
		}
		parsed[p.Name] = d
	}
	return parsed
}

func TestRowsAreSourced(t *testing.T) {
	rows, err := Rows()
	if err != nil || len(rows) < 200 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	action := regexp.MustCompile(`^(-|[a-z0-9-]+:[A-Z][A-Za-z0-9]+)$`)
	source := regexp.MustCompile(`^([PTU]:[\w./-]+|[KEF])$`)
	seen := map[Row]bool{}
	for _, r := range rows {
		function := strings.Contains(r.Subject, "/get")
		if !action.MatchString(r.Action) || !source.MatchString(r.Source) || function != (r.Use == Call) ||
			!slices.Contains([]Use{Create, Read, Update, Delete, Call}, r.Use) {
			t.Errorf("%+v", r)
		}
		r.Source = ""
		if seen[r] {
			t.Errorf("%+v is there twice", r)
		}
		seen[r] = true
	}
}

func TestUpAllowsEveryRowAndPreviewChangesNothing(t *testing.T) {
	parsed := policies(t)
	allowed := map[string]bool{}
	for _, name := range []string{"iam-up-network", "iam-up-cluster"} {
		for _, s := range parsed[name].Statement {
			for _, action := range s.Action {
				allowed[action] = true
			}
		}
	}
	rows, err := Rows()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if r.Action != noAction && !allowed[r.Action] {
			t.Errorf("pulumi up may not %s, which %s needs", r.Action, r.Subject)
		}
	}
	look := regexp.MustCompile(`:(Describe|Get|List)`)
	for _, s := range parsed["iam-preview"].Statement {
		for _, action := range s.Action {
			if !look.MatchString(action) {
				t.Errorf("pulumi preview may %s", action)
			}
		}
	}
}

func TestActionsAreLimited(t *testing.T) {
	for name, d := range policies(t) {
		for _, s := range d.Statement {
			if s.Effect != "Allow" || !regexp.MustCompile(`^[A-Za-z0-9]+$`).MatchString(s.Sid) {
				t.Errorf("%s: %+v", name, s)
			}
			if slices.Contains(s.Resource, "*") && len(s.Condition) == 0 && s.Sid != "WhoAmI" {
				t.Errorf("%s: %s is bound to no resource, region or tag", name, s.Sid)
			}
			for _, action := range s.Action {
				if strings.Contains(action, "*") {
					t.Errorf("%s allows %s", name, action)
				}
			}
		}
	}
}

func TestDeletionsRequireTagOrResource(t *testing.T) {
	// DeleteTags and DeleteNetworkInterface act on resources that may have no tag.
	loose := []string{"ec2:DeleteTags", "ec2:DeleteNetworkInterface", "logs:DeleteLogDelivery", "autoscaling:DeleteTags"}
	for name, d := range policies(t) {
		for _, s := range d.Statement {
			for _, action := range s.Action {
				if !strings.Contains(action, ":Delete") || slices.Contains(loose, action) {
					continue
				}
				byTag := s.Condition["StringEquals"]["aws:ResourceTag/vllm-eks:project"] != nil
				if !byTag && slices.Contains(s.Resource, "*") {
					t.Errorf("%s: %s may delete what others own", name, action)
				}
			}
		}
	}
	if got := Documented.scopeOf("iam:PassRole").condition["StringEquals"]["iam:PassedToService"]; !slices.Equal(got, []string{"ec2.amazonaws.com", "eks.amazonaws.com", "pods.eks.amazonaws.com", "vpc-flow-logs.amazonaws.com"}) {
		t.Errorf("roles are passed to %q", got)
	}
}

// TestValuesReplaceEveryPlaceholder checks policies of another account, region and project.
func TestValuesReplaceEveryPlaceholder(t *testing.T) {
	list, err := Policies(Values{Partition: "aws-us-gov", Account: "999988887777", Region: "us-gov-west-1", Project: "llm"})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list {
		for _, never := range []string{"111122223333", `"us-west-2`, ":us-west-2", "arn:aws:", "/vllm-eks-*", `"vllm-eks"`} {
			if strings.Contains(p.JSON, never) {
				t.Errorf("%s still has %s", p.Name, never)
			}
		}
		if !strings.Contains(p.JSON, "us-gov-west-1") || !strings.Contains(p.JSON, `"llm"`) && !strings.Contains(p.JSON, "/llm-*") {
			t.Errorf("%s has not the given values:\n%s", p.Name, p.JSON)
		}
	}
	if _, err := Policies(Values{Partition: "aws", Account: "111122223333", Region: "us-west-2", Project: strings.Repeat("long", 200)}); err == nil || !strings.Contains(err.Error(), "characters, want at most 6144") {
		t.Errorf("a long name: %v", err)
	}
}
