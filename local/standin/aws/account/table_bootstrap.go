package account

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
)

// bootstrapKinds are the types that only examples/bootstrap-aws creates, as an administrator.
// The principals of pipelines must not have their actions, so the table of internal/deploypolicy
// has no row for them.
var bootstrapKinds = map[string]*Kind{
	"iam/openIdConnectProvider": {
		Inputs: iam.OpenIdConnectProviderArgs{}, Outputs: iam.OpenIdConnectProvider{}, identity: "", unique: []string{"url"}, exists: "EntityAlreadyExists",
		replaces: []string{"url"}, // iam/openid_connect_provider.go
		required: []string{"url", "clientIdLists"},
		formats:  formats{"url": matching(`https://[\w.:/-]+`, "an address that begins with https://"), "clientIdLists[]": matching(".{1,255}", "an audience")},
		fill: func(_ *Session, _ stock, r *Record) {
			r.Outputs["arn"] = expand("arn:{partition}:iam::{account}:oidc-provider/", r) + strings.TrimPrefix(textAt(r.Inputs, "url"), "https://")
			r.ID = textAt(r.Outputs, "arn")
		},
	},
	"iam/policy": {
		Inputs: iam.PolicyArgs{}, Outputs: iam.Policy{}, identity: "arn:{partition}:iam::{account}:policy/{name}", exists: "EntityAlreadyExists",
		Name: "name", Prefix: "namePrefix", MaxName: 128, Documents: []string{"policy"},
		replaces: []string{"name", "namePrefix", "path", "description"}, // iam/policy.go
		computed: map[string]string{"arn": "{id}", "policyId": "ANPA{name}", "path": "/"},
		formats:  formats{"name": matching(nameOfIAM, "a name of IAM"), "policy": policyDocument(ofIdentity, 6144)}, // IAM's quota for a managed policy
		held: func(records stock, r *Record) error {
			if users := records.withProperty(token("iam/rolePolicyAttachment"), "policyArn", r.ID); len(users) > 0 {
				return fmt.Errorf("%s: the policy %s is attached to %d roles", conflict, r.ID, len(users)) // API_DeletePolicy.html
			}
			return nil
		},
	},
	"kms/alias": {
		Inputs: kms.AliasArgs{}, Outputs: kms.Alias{}, identity: "{name}", exists: "AlreadyExistsException",
		Name: "name", Prefix: "namePrefix", MaxName: 250,
		replaces: []string{"name", "namePrefix"}, // kms/alias.go
		required: []string{"targetKeyId"},
		computed: map[string]string{"arn": "arn:{partition}:kms:{region}:{account}:{name}"},
		formats:  formats{"name": matching(`alias/[A-Za-z0-9/_-]{1,250}`, "a name that begins with alias/")}, // kms API_CreateAlias.html
	},
	"s3/bucketV2": {
		Inputs: s3.BucketV2Args{}, Outputs: s3.BucketV2{}, identity: "{bucket}", exists: "BucketAlreadyOwnedByYou",
		Name: "bucket", Prefix: "bucketPrefix", MaxName: 63,
		replaces: []string{"bucket", "bucketPrefix", "objectLockEnabled"}, // s3/bucket.go
		computed: map[string]string{"arn": "arn:{partition}:s3:::{bucket}", "bucketDomainName": "{bucket}.s3.amazonaws.com", "region": "{region}"},
		formats:  formats{"bucket": matching(`[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]`, "3 to 63 lowercase letters, digits, dots and hyphens")}, // bucketnamingrules.html
	},
	"s3/bucketVersioningV2": {
		Inputs: s3.BucketVersioningV2Args{}, Outputs: s3.BucketVersioningV2{}, identity: "{bucket}",
		replaces: []string{"bucket"}, // s3/bucket_versioning.go
		formats:  formats{"versioningConfiguration.status": matching("Enabled|Suspended|Disabled", "Enabled, Suspended or Disabled")},
	},
	"s3/bucketServerSideEncryptionConfigurationV2": {
		Inputs: s3.BucketServerSideEncryptionConfigurationV2Args{}, Outputs: s3.BucketServerSideEncryptionConfigurationV2{}, identity: "{bucket}",
		replaces: []string{"bucket"}, // s3/bucket_server_side_encryption_configuration.go
		formats: formats{
			"rules[].applyServerSideEncryptionByDefault.sseAlgorithm":   matching("AES256|aws:kms|aws:kms:dsse", "AES256, aws:kms or aws:kms:dsse"),
			"rules[].applyServerSideEncryptionByDefault.kmsMasterKeyId": arn("kms", "key/.+"),
		},
	},
	"s3/bucketPublicAccessBlock": {
		Inputs: s3.BucketPublicAccessBlockArgs{}, Outputs: s3.BucketPublicAccessBlock{}, identity: "{bucket}",
		replaces: []string{"bucket"}, // s3/bucket_public_access_block.go
	},
	"s3/bucketPolicy": {
		Inputs: s3.BucketPolicyArgs{}, Outputs: s3.BucketPolicy{}, identity: "{bucket}", Documents: []string{"policy"},
		replaces: []string{"bucket"},                                   // s3/bucket_policy.go
		formats:  formats{"policy": policyDocument(ofResource, 20480)}, // S3's limit, 20 KB: example-bucket-policies.html
	},
}
