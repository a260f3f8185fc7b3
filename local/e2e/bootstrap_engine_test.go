//go:build engine

package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestBootstrap previews and applies examples/bootstrap-aws in the simulated account. A second
// preview has no change, and pulumi destroy refuses the state of the stacks.
func TestBootstrap(t *testing.T) {
	t.Parallel()
	folder := accountFolder(t)
	environment := append(simulatedEnvironment(t, folder), "PULUMI_BACKEND_URL=file://"+folder)
	project := filepath.Join(folder, "bootstrap")
	if err := os.Mkdir(project, 0o700); err != nil {
		t.Fatal(err)
	}
	root, binary := checkout(t).Root, filepath.Join(folder, "program")
	run := func(fails bool, args ...string) string {
		t.Helper()
		out, err := inProject(t, environment, project, args...)
		if (err != nil) != fails {
			t.Fatalf("%s: %v, want a failure: %t\n%s", args, err, fails, out)
		}
		return out
	}
	run(false, filepath.Join(root, "local/bootstrap"), "go", "build", "-C", root, "-o", binary, "./examples/bootstrap-aws")
	text := readIn(t, filepath.Join(root, "examples/bootstrap-aws"), "Pulumi.yaml")
	writeIn(t, project, "Pulumi.yaml", replaced(t, text, "runtime: go\n", "runtime: {name: go, options: {binary: "+binary+"}}\n"))
	run(false, "pulumi", "stack", "init", "main")
	if out := run(true, "pulumi", "preview", "--non-interactive"); !strings.Contains(out, "missing configuration value 'project'") {
		t.Errorf("without a configuration, the preview does not name the key:\n%s", out)
	}
	for key, value := range map[string]string{"aws:region": "us-west-2", "project": "llm", "repository": "acme/llm"} {
		run(false, "pulumi", "config", "set", key, value)
	}
	if out := run(false, "pulumi", "preview", "--non-interactive"); !strings.Contains(out, "+ 19 to create") {
		t.Errorf("the preview is\n%s", out)
	}
	run(false, "pulumi", "up", "--yes", "--skip-preview", "--non-interactive")
	for _, want := range []string{
		"aws:s3/bucketV2:BucketV2 llm-pulumi-111122223333-us-west-2",
		"aws:iam/openIdConnectProvider:OpenIdConnectProvider arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com",
		"aws:iam/policy:Policy arn:aws:iam::111122223333:policy/llm-up-network", "aws:iam/role:Role llm-up", "aws:iam/role:Role llm-preview", "aws:kms/alias:Alias alias/llm-pulumi",
	} {
		if !slices.Contains(inAccount(t, folder, ""), want) {
			t.Errorf("the account has no %s: %q", want, inAccount(t, folder, ""))
		}
	}
	outputs := run(false, "pulumi", "stack", "output", "--json")
	for _, want := range []string{
		`"AWS_PREVIEW_ROLE": "arn:aws:iam::111122223333:role/llm-preview"`, `"AWS_UP_ROLE": "arn:aws:iam::111122223333:role/llm-up"`, `"AWS_REGION": "us-west-2"`,
		`"PULUMI_BACKEND_URL": "s3://llm-pulumi-111122223333-us-west-2?region=us-west-2"`, `"secretsProvider": "awskms://alias/llm-pulumi?region=us-west-2"`,
	} {
		if !strings.Contains(outputs, want) {
			t.Errorf("the outputs have no %s:\n%s", want, outputs)
		}
	}
	if out := run(false, "pulumi", "preview", "--non-interactive", "--expect-no-changes"); !strings.Contains(out, "unchanged") {
		t.Errorf("a second preview is\n%s", out)
	}
	if out := run(true, "pulumi", "destroy", "--yes", "--non-interactive"); !strings.Contains(out, "protected") {
		t.Errorf("destroy does not say what is protected:\n%s", out)
	}
	if len(inAccount(t, folder, "aws:s3/bucketV2:BucketV2")) != 1 {
		t.Errorf("after a destroy, the state of the stacks is gone")
	}
}
