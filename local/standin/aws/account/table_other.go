package account

import (
	"fmt"
	"maps"
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
			// API_PutRetentionPolicy.html; 0 means no limit
			"retentionInDays": anyOfNumbers(0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653),
		},
		compare: func(records stock, r, _ *Record) error {
			for _, key := range records.withProperty(token("kms/key"), "arn", r.Inputs["kmsKeyId"]) {
				if !strings.Contains(textAt(key.Inputs, "policy"), "logs."+r.Region+".amazonaws.com") { // encrypt-log-data-kms.html
					return fmt.Errorf("AccessDeniedException: the policy of %s does not let logs.%s.amazonaws.com use it", key.ID, r.Region)
				}
			}
			return nil
		},
	},
	"cloudwatch/logStream": {
		Inputs: cloudwatch.LogStreamArgs{}, Outputs: cloudwatch.LogStream{}, identity: "{logGroupName}:{name}", exists: "ResourceAlreadyExistsException",
		Name: "name", MaxName: 512,
		replaces: []string{"name", "logGroupName"}, // logs/stream.go
		computed: map[string]string{"arn": "arn:{partition}:logs:{region}:{account}:log-group:{logGroupName}:log-stream:{name}"},
		formats:  formats{"name": matching(`[^:*]{1,512}`, "a name without : and *")}, // API_CreateLogStream.html
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
		formats: formats{
			"tag.key":   matching(`.{1,128}`, "a key of 1 to 128 characters"),
			"tag.value": matching(`.{0,256}`, "a value of at most 256 characters"),
		},
		compare: autoscalingTagFits,
	},
}

// setByEKS is the number of tags that EKS sets on the Auto Scaling group of a node group:
// eks:cluster-name, eks:nodegroup-name, kubernetes.io/cluster/<name>,
// k8s.io/cluster-autoscaler/enabled and k8s.io/cluster-autoscaler/<name>.
const setByEKS = 5

// autoscalingTagFits returns an error for more than 50 tags of an Auto Scaling group.
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-tagging.html
func autoscalingTagFits(records stock, r, before *Record) error {
	group := textAt(r.Inputs, "autoscalingGroupName")
	if has := len(records.withProperty(r.Type, "autoscalingGroupName", group)) + setByEKS; before == nil && has >= 50 {
		return fmt.Errorf("ValidationError: %s has %d tags, and cannot have more than 50", group, has)
	}
	return nil
}

// writeLateLogs writes the last logs of a deleted cluster. They arrive after the deletion, and
// create its log group again if that was deleted too, without a retention period.
// https://github.com/terraform-aws-modules/terraform-aws-eks/issues/920 (read 2026-11-29)
func (records stock) writeLateLogs(gone *Record) {
	switch gone.Type {
	case token("eks/cluster"):
		group := records.find(token("cloudwatch/logGroup"), "/aws/eks/"+gone.ID+"/cluster")
		if group == nil || len(valuesAt(gone.Outputs, "enabledClusterLogTypes[]")) == 0 {
			return
		}
		logging := *group
		logging.Logging = true
		records.put(&logging)
	case token("cloudwatch/logGroup"):
		if gone.Logging {
			name := map[string]any{"name": gone.ID}
			records.put(&Record{Type: gone.Type, ID: gone.ID, Region: gone.Region, Inputs: name, Outputs: maps.Clone(name)})
		}
	}
}
