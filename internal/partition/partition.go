// Package partition knows the parts of AWS that are apart from each other, which
// every ARN names.
package partition

import "strings"

// Of is the partition of a region: aws, aws-cn or aws-us-gov.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
func Of(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}
