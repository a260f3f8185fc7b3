// Package partition returns the partitions of AWS, which are separate from each other
// and part of every ARN.
package partition

import "strings"

// Of returns the partition of a region: aws, aws-cn or aws-us-gov.
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
