package weights

import (
	"fmt"

	"github.com/vllm-eks/vllm-eks/internal/iampolicy"
	"github.com/vllm-eks/vllm-eks/internal/partition"
	weightsspec "github.com/vllm-eks/vllm-eks/spec/weights"
)

// policy returns the policy that lets a role list and read the objects of one folder.
// The streamer of vLLM lists the folder with a prefix that ends with "/".
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html
func policy(region string, r weightsspec.Reader) (string, error) {
	bucket := fmt.Sprintf("arn:%s:s3:::%s", partition.Of(region), r.Bucket)
	return iampolicy.JSON(
		iampolicy.Statement{Sid: "Read", Actions: []string{"s3:GetObject"}, Resources: []string{bucket + "/" + r.Folder + "/*"}},
		iampolicy.Statement{
			Sid: "List", Actions: []string{"s3:ListBucket"}, Resources: []string{bucket},
			Condition: iampolicy.Condition{"StringLike": {"s3:prefix": {r.Folder, r.Folder + "/*"}}},
		},
	)
}
