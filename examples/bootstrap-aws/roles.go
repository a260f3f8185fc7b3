package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/internal/deploypolicy"
	"github.com/vllm-eks/vllm-eks/internal/iampolicy"
)

// The longest sessions of the roles, in seconds: a preview takes minutes. An update can
// replace many nodes; a job of GitHub ends after six hours.
// https://docs.github.com/en/actions/reference/limits (read 2026-11-30)
const (
	previewSession = 3600
	upSession      = 6 * 3600
)

// newRoles creates the roles of previews and of updates, with the provider of their tokens.
func newRoles(ctx *pulumi.Context, s settings, values deploypolicy.Values, kept state) (preview, up *iam.Role, err error) {
	provider := pulumi.String(s.provider).ToStringOutput()
	if s.provider == "" {
		// AWS validates the certificates of GitHub, GitLab and others by its own list of
		// authorities, without a thumbprint: IAM API, UpdateOpenIDConnectProviderThumbprint
		// (read 2026-11-30).
		created, err := iam.NewOpenIdConnectProvider(ctx, "tokens", &iam.OpenIdConnectProviderArgs{Url: pulumi.String(s.issuer), ClientIdLists: pulumi.StringArray{pulumi.String(s.audience)}})
		if err != nil {
			return nil, nil, err
		}
		provider = created.Arn
	}
	policies, err := deploypolicy.Policies(values)
	if err != nil {
		return nil, nil, fmt.Errorf("project: %w", err)
	}
	r := roles{ctx: ctx, settings: s, values: values, kept: kept, provider: provider}
	if preview, err = r.role("preview", s.preview, previewSession, policies); err != nil {
		return nil, nil, err
	}
	up, err = r.role("up", s.up, upSession, policies)
	return preview, up, err
}

// roles creates roles that tokens of one provider assume.
type roles struct {
	ctx      *pulumi.Context
	settings settings
	values   deploypolicy.Values
	kept     state
	provider pulumi.StringOutput
}

// role creates the role preview or up, with the generated policies iam-<name>….
func (r roles) role(name string, subjects []string, session int, policies []deploypolicy.Policy) (*iam.Role, error) {
	role, err := iam.NewRole(r.ctx, name, &iam.RoleArgs{
		Name: pulumi.String(r.values.Project + "-" + name), MaxSessionDuration: pulumi.Int(session), AssumeRolePolicy: r.trust(subjects),
		Description: pulumi.String("pulumi " + name + " of the stacks of " + r.values.Project),
	})
	if err != nil {
		return nil, err
	}
	for _, p := range policies {
		if !strings.HasPrefix(p.Name+"-", "iam-"+name+"-") {
			continue
		}
		created, err := iam.NewPolicy(r.ctx, p.Name, &iam.PolicyArgs{Name: pulumi.String(r.values.Project + strings.TrimPrefix(p.Name, "iam")), Policy: compact(p.JSON)})
		if err != nil {
			return nil, err
		}
		if _, err := iam.NewRolePolicyAttachment(r.ctx, p.Name, &iam.RolePolicyAttachmentArgs{Role: role.Name, PolicyArn: created.Arn}); err != nil {
			return nil, err
		}
	}
	_, err = iam.NewRolePolicy(r.ctx, name+"-state", &iam.RolePolicyArgs{Name: pulumi.String("state"), Role: role.Name, Policy: r.access(name == "up")})
	return role, err
}

// compact removes the white space of a document.
func compact(text string) pulumi.StringInput {
	var document json.RawMessage = []byte(text)
	short, err := json.Marshal(document) // Marshal compacts a RawMessage
	if err != nil {
		return pulumi.String(text)
	}
	return pulumi.String(string(short))
}

// trust returns the policy by which only tokens with one of the subjects assume a role.
func (r roles) trust(subjects []string) pulumi.StringOutput {
	host := strings.TrimPrefix(r.settings.issuer, "https://")
	return r.provider.ApplyT(func(arn string) (string, error) {
		text, err := json.Marshal(map[string]any{
			"Version": "2012-10-17",
			"Statement": []map[string]any{{
				"Effect": "Allow", "Action": []string{"sts:AssumeRoleWithWebIdentity"}, "Principal": map[string]any{"Federated": arn},
				"Condition": map[string]any{
					"StringEquals": map[string]any{host + ":aud": []string{r.settings.audience}},
					"StringLike":   map[string]any{host + ":sub": subjects},
				},
			}},
		})
		return string(text), err
	}).(pulumi.StringOutput)
}

// access returns the policy for the state. A preview takes no lock and writes nothing, once a
// stack exists: github.com/pulumi/pulumi/pkg/v3 v3.259.0, backend/diy/backend.go, Preview. The
// key encrypts the bucket, and the data key of each stack's secrets.
func (r roles) access(writes bool) pulumi.StringOutput {
	return pulumi.All(r.kept.bucket.Arn, r.kept.key.Arn).ApplyT(func(arns []any) (string, error) {
		bucket, key := fmt.Sprint(arns[0]), fmt.Sprint(arns[1])
		objects, uses := []string{"s3:GetObject"}, []string{"kms:Decrypt"}
		if writes {
			objects = append(objects, "s3:PutObject", "s3:DeleteObject")
			uses = append(uses, "kms:Encrypt", "kms:GenerateDataKey")
		}
		return iampolicy.JSON(
			iampolicy.Statement{Sid: "List", Actions: []string{"s3:ListBucket"}, Resources: []string{bucket}},
			iampolicy.Statement{Sid: "Objects", Actions: objects, Resources: []string{bucket + "/*"}},
			iampolicy.Statement{Sid: "Key", Actions: uses, Resources: []string{key}},
		)
	}).(pulumi.StringOutput)
}
