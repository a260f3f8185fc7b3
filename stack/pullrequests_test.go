package stack

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestDocumentedAccessIsAccepted checks that the access in docs/pull-requests.md gives the
// role of previews a policy that changes nothing.
func TestDocumentedAccessIsAccepted(t *testing.T) {
	page, err := os.ReadFile("../docs/pull-requests.md")
	if err != nil {
		t.Fatal(err)
	}
	access := regexp.MustCompile(`(?m)^ *- \{principalArn: .*$`).FindAllString(string(page), -1)
	if len(access) != 2 {
		t.Fatalf("the page has the access %q, want two entries", access)
	}
	const old = "      - principalArn: arn:aws:iam::111122223333:role/deploy\n        policy: admin\n"
	entries := ""
	for _, entry := range access {
		entries += "      " + strings.TrimSpace(entry) + "\n"
	}
	dev, err := os.ReadFile("../Pulumi.dev.yaml")
	if err != nil || !strings.Contains(string(dev), old) {
		t.Fatalf("the stack dev has not the access %q: %v", old, err)
	}
	policies := map[string]string{}
	for _, r := range mustRecord(t, "dev", mustParse(t, strings.Replace(string(dev), old, entries, 1))).Resources() {
		if r.Type == "aws:eks/accessPolicyAssociation:AccessPolicyAssociation" {
			policies[r.Inputs["principalArn"].(string)] = r.Inputs["policyArn"].(string)
		}
	}
	for role, want := range map[string]string{"llm-up": "AmazonEKSClusterAdminPolicy", "llm-preview": "AmazonEKSAdminViewPolicy"} {
		if got := policies["arn:aws:iam::111122223333:role/"+role]; got != "arn:aws:eks::aws:cluster-access-policy/"+want {
			t.Errorf("%s has the policy %q, want %s; all: %q", role, got, want, policies)
		}
	}
}
