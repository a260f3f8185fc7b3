package main

import (
	"encoding/json"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/internal/deploypolicy"
)

// state is where Pulumi keeps the state of the stacks.
type state struct {
	bucket *s3.BucketV2
	key    *kms.Key
	// alias is the name of the key in the address of a secrets provider.
	alias string
}

// newState creates the bucket and the key. The bucket keeps the old versions of each object,
// is encrypted with the key, and refuses public access and connections without TLS.
func newState(ctx *pulumi.Context, values deploypolicy.Values, name string) (state, error) {
	tags := pulumi.StringMap{"vllm-eks:state-of": pulumi.String(values.Project)}
	key, err := kms.NewKey(ctx, "state", &kms.KeyArgs{
		Description:       pulumi.String("Pulumi state and secrets of " + values.Project),
		EnableKeyRotation: pulumi.Bool(true), DeletionWindowInDays: pulumi.Int(30), Tags: tags,
	}, pulumi.Protect(true))
	if err != nil {
		return state{}, err
	}
	s := state{key: key, alias: "alias/" + values.Project + "-pulumi"}
	if _, err = kms.NewAlias(ctx, "state", &kms.AliasArgs{Name: pulumi.String(s.alias), TargetKeyId: key.KeyId}); err != nil {
		return s, err
	}
	if name == "" { // the account's number makes the name unique: all accounts share the names of buckets
		name = values.Project + "-pulumi-" + values.Account + "-" + values.Region
	}
	if s.bucket, err = s3.NewBucketV2(ctx, "state", &s3.BucketV2Args{Bucket: pulumi.String(name), Tags: tags}, pulumi.Protect(true)); err != nil {
		return s, err
	}
	return s, s.secure(ctx, "arn:"+values.Partition+":s3:::"+name)
}

// secure sets the properties of the bucket with an ARN.
func (s state) secure(ctx *pulumi.Context, arn string) error {
	name := s.bucket.Bucket
	if _, err := s3.NewBucketVersioningV2(ctx, "state", &s3.BucketVersioningV2Args{
		Bucket: name, VersioningConfiguration: s3.BucketVersioningV2VersioningConfigurationArgs{Status: pulumi.String("Enabled")},
	}); err != nil {
		return err
	}
	if _, err := s3.NewBucketServerSideEncryptionConfigurationV2(ctx, "state", &s3.BucketServerSideEncryptionConfigurationV2Args{
		Bucket: name, Rules: s3.BucketServerSideEncryptionConfigurationV2RuleArray{s3.BucketServerSideEncryptionConfigurationV2RuleArgs{
			ApplyServerSideEncryptionByDefault: s3.BucketServerSideEncryptionConfigurationV2RuleApplyServerSideEncryptionByDefaultArgs{
				SseAlgorithm: pulumi.String("aws:kms"), KmsMasterKeyId: s.key.Arn,
			},
			BucketKeyEnabled: pulumi.Bool(true),
		}},
	}); err != nil {
		return err
	}
	closed, err := s3.NewBucketPublicAccessBlock(ctx, "state", &s3.BucketPublicAccessBlockArgs{
		Bucket: name, BlockPublicAcls: pulumi.Bool(true), BlockPublicPolicy: pulumi.Bool(true), IgnorePublicAcls: pulumi.Bool(true), RestrictPublicBuckets: pulumi.Bool(true),
	})
	if err != nil {
		return err
	}
	policy, err := onlyTLS(arn)
	if err != nil {
		return err
	}
	// S3 answers a policy and a public access block that arrive together with a conflict.
	_, err = s3.NewBucketPolicy(ctx, "state", &s3.BucketPolicyArgs{Bucket: name, Policy: pulumi.String(policy)}, pulumi.DependsOn([]pulumi.Resource{closed}))
	return err
}

// onlyTLS returns the policy of a bucket that denies every request without TLS.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
func onlyTLS(arn string) (string, error) {
	text, err := json.Marshal(map[string]any{
		"Version": "2012-10-17",
		"Statement": []map[string]any{{
			"Sid": "OnlyTLS", "Effect": "Deny", "Principal": "*", "Action": []string{"s3:*"}, "Resource": []string{arn, arn + "/*"},
			"Condition": map[string]any{"Bool": map[string]any{"aws:SecureTransport": []string{"false"}}},
		}},
	})
	return string(text), err
}
