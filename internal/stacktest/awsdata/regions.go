package awsdata

import (
	"strings"

	"github.com/vllm-eks/vllm-eks/internal/partition"
)

// Regions holds the IDs of the zones of all regions with Amazon EKS. In old regions,
// the ID of a letter differs between accounts; here, letters and IDs have the same
// order. Zones that new accounts cannot use are left out. The form of an ID is AWS's;
// the number of zones was not compared with an account's answer.
// https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html
var Regions = map[string][]string{
	"af-south-1":     {"afs1-az1", "afs1-az2", "afs1-az3"},
	"ap-east-1":      {"ape1-az1", "ape1-az2", "ape1-az3"},
	"ap-east-2":      {"ape2-az1", "ape2-az2", "ape2-az3"},
	"ap-northeast-1": {"apne1-az1", "apne1-az2", "apne1-az4"},
	"ap-northeast-2": {"apne2-az1", "apne2-az2", "apne2-az3", "apne2-az4"},
	"ap-northeast-3": {"apne3-az1", "apne3-az2", "apne3-az3"},
	"ap-south-1":     {"aps1-az1", "aps1-az2", "aps1-az3"},
	"ap-south-2":     {"aps2-az1", "aps2-az2", "aps2-az3"},
	"ap-southeast-1": {"apse1-az1", "apse1-az2", "apse1-az3"},
	"ap-southeast-2": {"apse2-az1", "apse2-az2", "apse2-az3"},
	"ap-southeast-3": {"apse3-az1", "apse3-az2", "apse3-az3"},
	"ap-southeast-4": {"apse4-az1", "apse4-az2", "apse4-az3"},
	"ap-southeast-5": {"apse5-az1", "apse5-az2", "apse5-az3"},
	"ap-southeast-6": {"apse6-az1", "apse6-az2", "apse6-az3"},
	"ap-southeast-7": {"apse7-az1", "apse7-az2", "apse7-az3"},
	"ca-central-1":   {"cac1-az1", "cac1-az2", "cac1-az4"},
	"ca-west-1":      {"caw1-az1", "caw1-az2", "caw1-az3"},
	"cn-north-1":     {"cnn1-az1", "cnn1-az2", "cnn1-az4"},
	"cn-northwest-1": {"cnnw1-az1", "cnnw1-az2", "cnnw1-az3"},
	"eu-central-1":   {"euc1-az1", "euc1-az2", "euc1-az3"},
	"eu-central-2":   {"euc2-az1", "euc2-az2", "euc2-az3"},
	"eu-north-1":     {"eun1-az1", "eun1-az2", "eun1-az3"},
	"eu-south-1":     {"eus1-az1", "eus1-az2", "eus1-az3"},
	"eu-south-2":     {"eus2-az1", "eus2-az2", "eus2-az3"},
	"eu-west-1":      {"euw1-az1", "euw1-az2", "euw1-az3"},
	"eu-west-2":      {"euw2-az1", "euw2-az2", "euw2-az3"},
	"eu-west-3":      {"euw3-az1", "euw3-az2", "euw3-az3"},
	"il-central-1":   {"ilc1-az1", "ilc1-az2", "ilc1-az3"},
	"me-central-1":   {"mec1-az1", "mec1-az2", "mec1-az3"},
	"me-south-1":     {"mes1-az1", "mes1-az2", "mes1-az3"},
	"mx-central-1":   {"mxc1-az1", "mxc1-az2", "mxc1-az3"},
	"sa-east-1":      {"sae1-az1", "sae1-az2", "sae1-az3"},
	"us-east-1":      {"use1-az1", "use1-az2", "use1-az3", "use1-az4", "use1-az5", "use1-az6"},
	"us-east-2":      {"use2-az1", "use2-az2", "use2-az3"},
	"us-gov-east-1":  {"usge1-az1", "usge1-az2", "usge1-az3"},
	"us-gov-west-1":  {"usgw1-az1", "usgw1-az2", "usgw1-az3"},
	"us-west-1":      {"usw1-az1", "usw1-az3"},
	"us-west-2":      {"usw2-az1", "usw2-az2", "usw2-az3", "usw2-az4"},
}

// DNSSuffix returns the end of the names of a region's service endpoints.
func DNSSuffix(region string) string {
	if partition.Of(region) == "aws-cn" {
		return "amazonaws.com.cn"
	}
	return "amazonaws.com"
}

// ReverseDNSPrefix returns the beginning of the names of a region's endpoint services.
// https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html
func ReverseDNSPrefix(region string) string {
	if partition.Of(region) == "aws-cn" {
		return "cn.com.amazonaws"
	}
	return "com.amazonaws"
}

// CallerIn returns the ARN of the caller in a region.
func CallerIn(region string) string {
	return strings.Replace(Caller, "arn:aws:", "arn:"+partition.Of(region)+":", 1)
}
