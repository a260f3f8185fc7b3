package account

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/autoscaling"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
)

var otherKinds = map[string]*Kind{
	"cloudwatch/logGroup": {
		Inputs: cloudwatch.LogGroupArgs{}, Outputs: cloudwatch.LogGroup{}, identity: "{name}", exists: "ResourceAlreadyExistsException",
		Name: "name", Prefix: "namePrefix", MaxName: 512,
		replaces: []string{"name", "namePrefix", "logGroupClass"}, // logs/group.go
		computed: map[string]string{"arn": "arn:{partition}:logs:{region}:{account}:log-group:{name}", "logGroupClass": "STANDARD"},
		formats: formats{
			"name": matching(`[.\-_/#A-Za-z0-9]{1,512}`, "a name of letters, digits and .-_/#"), "kmsKeyId": arn("kms", "key/.+"),
			// API_PutRetentionPolicy.html; 0 is for ever
			"retentionInDays": anyOfNumbers(0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653),
		},
		compare: func(all stock, r, _ *Record) error {
			for _, key := range all.with(token("kms/key"), "arn", r.Inputs["kmsKeyId"]) {
				if !strings.Contains(textAt(key.Inputs, "policy"), "logs."+r.Region+".amazonaws.com") { // encrypt-log-data-kms.html
					return fmt.Errorf("AccessDeniedException: the policy of %s does not let logs.%s.amazonaws.com use it", key.ID, r.Region)
				}
			}
			return nil
		},
	},
	"kms/key": {
		Inputs: kms.KeyArgs{}, Outputs: kms.Key{}, identity: "", Documents: []string{"policy"},
		replaces: []string{"customKeyStoreId", "customerMasterKeySpec", "keyUsage", "multiRegion", "xksKeyId"}, // kms/key.go
		computed: map[string]string{"keyId": "{id}", "arn": "arn:{partition}:kms:{region}:{account}:key/{id}"},
		formats: formats{
			"deletionWindowInDays": between(7, 30), "rotationPeriodInDays": between(90, 2560), "policy": policyDocument(ofResource, 32768),
		},
	},
	"autoscaling/tag": {
		Inputs: autoscaling.TagArgs{}, Outputs: autoscaling.Tag{}, identity: "{autoscalingGroupName},{tag.key}",
		replaces: []string{"autoscalingGroupName", "tag.key"}, // autoscaling/group_tag.go
	},
}
