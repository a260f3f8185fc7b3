package account

import "slices"

// regions are the AWS regions with Amazon EKS.
// https://docs.aws.amazon.com/general/latest/gr/eks.html
var regions = []string{
	"af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2",
	"ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7",
	"ca-central-1", "ca-west-1", "cn-north-1", "cn-northwest-1",
	"eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3",
	"il-central-1", "me-central-1", "me-south-1", "mx-central-1", "sa-east-1",
	"us-east-1", "us-east-2", "us-gov-east-1", "us-gov-west-1", "us-west-1", "us-west-2",
}

// Regions returns the regions to which a stack can be deployed, sorted.
func Regions() []string { return slices.Clone(regions) }

// WithoutEKS are the zones, by their ids, in which EKS places no control plane.
// https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html
var WithoutEKS = []string{"use1-az3", "usw1-az2", "cac1-az3"}
