package main

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// account records the resources of the program by their type and name.
type account struct {
	mutex    sync.Mutex
	inputs   map[string]map[string]any
	guarded  []string
	identity resource.PropertyMap
}

func (a *account) Call(pulumi.MockCallArgs) (resource.PropertyMap, error) { return a.identity, nil }

func (a *account) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	short := args.TypeToken[strings.LastIndex(args.TypeToken, ":")+1:] + " " + args.Name
	a.inputs[short] = args.Inputs.Mappable()
	if args.RegisterRPC.GetProtect() {
		a.guarded = append(a.guarded, short)
	}
	outputs := args.Inputs.Copy()
	outputs["arn"], outputs["keyId"] = resource.NewProperty("arn:aws:x:::"+args.Name), resource.NewProperty("key-1")
	return args.Name, outputs, nil
}

// deploy runs the program with a configuration.
func deploy(configuration map[string]string) (*account, error) {
	a := &account{inputs: map[string]map[string]any{}, identity: resource.NewPropertyMapFromMap(map[string]any{"accountId": "999988887777"})}
	values := map[string]string{"aws:region": "eu-west-1"}
	for key, value := range configuration {
		values["bootstrap-aws:"+key] = value
	}
	return a, pulumi.RunErr(program, pulumi.WithMocks("bootstrap-aws", "main", a), func(info *pulumi.RunInfo) { info.Config = values })
}

// github is the configuration of a repository on GitHub.
func github(more map[string]string) map[string]string {
	c := map[string]string{
		"project": "llm", "repository": "acme/llm", "environments": `["dev","prod"]`,
		"issuer": "https://token.actions.githubusercontent.com", "audience": "sts.amazonaws.com",
	}
	maps.Copy(c, more)
	return c
}

// document decodes a policy.
func document(t *testing.T, text any) []map[string]any {
	t.Helper()
	var policy struct{ Statement []map[string]any }
	if err := json.Unmarshal([]byte(text.(string)), &policy); err != nil {
		t.Fatal(err)
	}
	return policy.Statement
}

// words returns a JSON value as text.
func words(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestStateIsEncryptedVersionedAndProtected(t *testing.T) {
	a, err := deploy(github(nil))
	if err != nil {
		t.Fatal(err)
	}
	for resource, want := range map[string]string{
		"BucketV2 state":                                  `"bucket":"llm-pulumi-999988887777-eu-west-1"`,
		"BucketVersioningV2 state":                        `"status":"Enabled"`,
		"BucketPublicAccessBlock state":                   `{"blockPublicAcls":true,"blockPublicPolicy":true,"bucket":"llm-pulumi-999988887777-eu-west-1","ignorePublicAcls":true,"restrictPublicBuckets":true}`,
		"BucketServerSideEncryptionConfigurationV2 state": `"kmsMasterKeyId":"arn:aws:x:::state","sseAlgorithm":"aws:kms"`,
		"Key state":   `"enableKeyRotation":true`,
		"Alias state": `"name":"alias/llm-pulumi"`,
	} {
		if got := words(t, a.inputs[resource]); !strings.Contains(got, want) {
			t.Errorf("%s is %s, want %s", resource, got, want)
		}
	}
	slices.Sort(a.guarded)
	if want := []string{"BucketV2 state", "Key state"}; !slices.Equal(a.guarded, want) {
		t.Errorf("protected are %q, want %q", a.guarded, want)
	}
	deny := document(t, a.inputs["BucketPolicy state"]["policy"])
	if want := `[{"Action":["s3:*"],"Condition":{"Bool":{"aws:SecureTransport":["false"]}},"Effect":"Deny","Principal":"*","Resource":["arn:aws:s3:::llm-pulumi-999988887777-eu-west-1","arn:aws:s3:::llm-pulumi-999988887777-eu-west-1/*"],"Sid":"OnlyTLS"}]`; words(t, deny) != want {
		t.Errorf("the policy of the bucket is %s, want %s", words(t, deny), want)
	}
}

func TestRoles(t *testing.T) {
	a, err := deploy(github(nil))
	if err != nil {
		t.Fatal(err)
	}
	for role, want := range map[string]string{
		"preview": `[{"Action":["sts:AssumeRoleWithWebIdentity"],"Condition":{"StringEquals":{"token.actions.githubusercontent.com:aud":["sts.amazonaws.com"]},` +
			`"StringLike":{"token.actions.githubusercontent.com:sub":["repo:acme/llm:pull_request","repo:acme/llm:ref:refs/heads/main"]}},"Effect":"Allow","Principal":{"Federated":"arn:aws:x:::tokens"}}]`,
		"up": `[{"Action":["sts:AssumeRoleWithWebIdentity"],"Condition":{"StringEquals":{"token.actions.githubusercontent.com:aud":["sts.amazonaws.com"]},` +
			`"StringLike":{"token.actions.githubusercontent.com:sub":["repo:acme/llm:environment:dev","repo:acme/llm:environment:prod"]}},"Effect":"Allow","Principal":{"Federated":"arn:aws:x:::tokens"}}]`,
	} {
		if got := words(t, document(t, a.inputs["Role "+role]["assumeRolePolicy"])); got != want {
			t.Errorf("%s trusts %s, want %s", role, got, want)
		}
	}
	for name, want := range map[string]string{
		"preview-state": `[["s3:ListBucket"],["s3:GetObject"],["kms:Decrypt"]]`,
		"up-state":      `[["s3:ListBucket"],["s3:GetObject","s3:PutObject","s3:DeleteObject"],["kms:Decrypt","kms:Encrypt","kms:GenerateDataKey"]]`,
	} {
		var actions []any
		for _, s := range document(t, a.inputs["RolePolicy "+name]["policy"]) {
			actions = append(actions, s["Action"])
			if strings.Contains(words(t, s["Resource"]), `"*"`) {
				t.Errorf("%s allows %v everywhere", name, s["Action"])
			}
		}
		if got := words(t, actions); got != want {
			t.Errorf("%s allows %s, want %s", name, got, want)
		}
	}
	var policies []string
	for name, inputs := range a.inputs {
		if strings.HasPrefix(name, "Policy ") {
			policies = append(policies, inputs["name"].(string))
			if text := inputs["policy"].(string); len(text) > 6144 || !strings.Contains(text, "eu-west-1") || strings.Contains(text, "111122223333") {
				t.Errorf("%s has %d characters:\n%s", name, len(text), text)
			}
		}
	}
	slices.Sort(policies)
	if want := []string{"llm-preview", "llm-up-cluster", "llm-up-network"}; !slices.Equal(policies, want) {
		t.Errorf("the policies are %q, want %q", policies, want)
	}
}

// TestOtherIssuers covers GitLab, a provider that exists, and immutable subjects of GitHub.
func TestOtherIssuers(t *testing.T) {
	a, err := deploy(map[string]string{
		"project": "llm", "issuer": "https://gitlab.com", "audience": "https://gitlab.com", "provider": "arn:aws:iam::999988887777:oidc-provider/gitlab.com",
		"previewSubjects": `["project_path:acme/llm:ref_type:branch:ref:*"]`, "upSubjects": `["project_path:acme/llm:ref_type:branch:ref:main"]`,
	})
	if err != nil {
		t.Fatal(err)
	}
	got := words(t, document(t, a.inputs["Role preview"]["assumeRolePolicy"]))
	for _, want := range []string{`"gitlab.com:aud":["https://gitlab.com"]`, `"gitlab.com:sub":["project_path:acme/llm:ref_type:branch:ref:*"]`, `"Federated":"arn:aws:iam::999988887777:oidc-provider/gitlab.com"`} {
		if !strings.Contains(got, want) {
			t.Errorf("the role trusts %s, want %s", got, want)
		}
	}
	if a.inputs["OpenIdConnectProvider tokens"] != nil {
		t.Error("a second provider is created")
	}
	if a, err = deploy(github(map[string]string{"repository": "acme-12/llm-34"})); err != nil {
		t.Fatal(err)
	}
	if got := words(t, a.inputs["Role up"]); !strings.Contains(got, "repo:acme-12/llm-34:environment:dev") {
		t.Errorf("the role trusts %s", got)
	}
}

func TestEveryProblemIsReported(t *testing.T) {
	_, err := deploy(map[string]string{"project": "a b", "issuer": "gitlab.com", "previewSubjects": `["repo:*:pull_request"]`, "upSubjects": `["*"]`})
	if err == nil {
		t.Fatal("wrong settings are accepted")
	}
	for _, want := range []string{
		`project: got "a b"`, `issuer: got "gitlab.com"`, "audience: missing", `previewSubjects[0]: got "repo:*:pull_request"`, `upSubjects[0]: got "*"`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if _, err := deploy(map[string]string{"project": "llm", "issuer": "https://gitlab.com", "audience": "x"}); err == nil || !strings.Contains(err.Error(), "upSubjects: missing; set it, or set repository") {
		t.Errorf("without subjects: %v", err)
	}
	if _, err := deploy(github(map[string]string{"project": "LLM_Stacks"})); err == nil || !strings.Contains(err.Error(), "bucket: missing; the name of the project cannot begin") {
		t.Errorf("a name that no bucket can have: %v", err)
	}
	if a, err := deploy(github(map[string]string{"project": strings.Repeat("LLM_5", 10), "bucket": "acme-state"})); err != nil || a.inputs["BucketV2 state"]["bucket"] != "acme-state" {
		t.Errorf("the longest name of a project: %v", err)
	}
}
