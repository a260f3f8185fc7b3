package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// Types of the resources that decide who can use the cluster.
const (
	entryType  = "aws:eks/accessEntry:AccessEntry"
	policyOf   = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
	logsType   = "aws:cloudwatch/logGroup:LogGroup"
	rulesType  = "kubernetes:monitoring.coreos.com/v1:PrometheusRule"
	principal  = "principalArn"
	apiAddress = "publicAccessCidrs"
)

// rights are the access policies of EKS that the program uses, those with fewer rights first:
// https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html (read 2026-11-30)
var rights = []string{"AmazonEKSViewPolicy", "AmazonEKSAdminViewPolicy", "AmazonEKSEditPolicy", "AmazonEKSAdminPolicy", "AmazonEKSClusterAdminPolicy"}

// access returns the effect of a step on who can use the cluster.
func access(s Step) (Consequence, bool) {
	who := code(cmp.Or(text(s.Old, principal), text(s.New, principal)))
	switch {
	case s.Type == entryType && s.Op == apitype.OpDelete:
		return Consequence{Kind: Deletion, Text: "takes the access to the cluster from " + who}, true
	case s.Type == policyOf && s.Op == apitype.OpDelete:
		return Consequence{Kind: Deletion, Text: fmt.Sprintf("takes %s from %s", granted(s.Old), who)}, true
	case s.Type == policyOf && s.is(apitype.OpUpdate, apitype.OpReplace) && granted(s.Old) != granted(s.New):
		c := Consequence{Kind: Change, Text: fmt.Sprintf("gives %s %s instead of %s", who, granted(s.New), granted(s.Old))}
		if narrower(s.Old, s.New) {
			c.Kind = Deletion
		}
		return c, true
	}
	return Consequence{}, false
}

// withoutEntries returns the steps without the deleted policies of principals that lose their
// access anyway.
func withoutEntries(steps []Step) []Step {
	gone := map[string]bool{}
	for _, s := range steps {
		if s.Type == entryType && s.Op == apitype.OpDelete {
			gone[text(s.Old, principal)] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(steps), func(s Step) bool {
		return s.Type == policyOf && s.Op == apitype.OpDelete && gone[text(s.Old, principal)]
	})
}

// granted returns the policy of an association with its namespaces.
func granted(inputs map[string]any) string {
	what := code(policyName(inputs))
	if spaces := stringsOf(inputs, "accessScope", "namespaces"); len(spaces) > 0 {
		what += " in " + code(strings.Join(spaces, " "))
	}
	return what
}

func policyName(inputs map[string]any) string {
	arn := text(inputs, "policyArn")
	return arn[strings.LastIndex(arn, "/")+1:]
}

// narrower reports whether an association has fewer rights than before, or in fewer namespaces.
func narrower(before, after map[string]any) bool {
	if slices.Index(rights, policyName(after)) < slices.Index(rights, policyName(before)) {
		return true
	}
	old, now := stringsOf(before, "accessScope", "namespaces"), stringsOf(after, "accessScope", "namespaces")
	return len(now) > 0 && (len(old) == 0 || len(without(old, now)) > 0)
}

// endpoint returns the effect of other addresses that can reach the API server.
func endpoint(s Step) []Consequence {
	before, after := stringsOf(s.Old, "vpcConfig", apiAddress), stringsOf(s.New, "vpcConfig", apiAddress)
	var found []Consequence
	if lost := outsideOf(before, after); len(lost) > 0 {
		found = append(found, Consequence{Kind: Deletion, Text: fmt.Sprintf("no longer admits %s to the API server: kubectl and pulumi fail there", code(strings.Join(lost, " "))),
			Safer: "check that the runner of the next update has another address, or is in the network"})
	}
	if more := outsideOf(after, before); len(more) > 0 {
		found = append(found, Consequence{Kind: Change, Text: fmt.Sprintf("admits %s to the API server", code(strings.Join(more, " ")))})
	}
	return found
}

// unprotected returns the effect of a removed protection against deletion; nil if no resource
// whose deletion loses something has it. Others have the protection of their parent.
func unprotected(steps []Step) []Consequence {
	var kinds []string
	for _, s := range steps {
		if _, durable := lost[s.Type]; durable && s.Unprotected {
			kinds = append(kinds, s.kind())
		}
	}
	if len(kinds) == 0 {
		return nil
	}
	slices.Sort(kinds)
	return []Consequence{{Subject: "protection", Kind: Change, Text: fmt.Sprintf("ends for %s: a later update can delete them", enumerate(slices.Compact(kinds)))}}
}

// always is the retention of a log group that keeps its logs.
const always = 0

// retention returns the effect of a shorter retention of logs.
func retention(s Step) (Consequence, bool) {
	days := func(inputs map[string]any) int { n, _ := integer(inputs, "retentionInDays"); return n }
	before, after := days(s.Old), days(s.New)
	if after == always || before != always && after >= before {
		return Consequence{}, false
	}
	return Consequence{Subject: subject(s), Kind: Deletion, Text: fmt.Sprintf("keeps logs for %d days instead of %s: DELETES older ones", after, kept(before))}, true
}

func kept(days int) string {
	if days == always {
		return "all"
	}
	return fmt.Sprint(days)
}
