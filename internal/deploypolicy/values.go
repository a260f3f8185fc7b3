package deploypolicy

// Values are what a policy names of one account, region and project.
type Values struct {
	// Partition is the AWS partition, such as aws.
	Partition string
	// Account is the number of the account, in 12 digits.
	Account string
	Region  string
	// Project is Pulumi's project: the value of the tag vllm-eks:project, and the
	// beginning of a cluster's default name.
	Project string
}

// Documented are the placeholders of the policies in docs, which users replace.
var Documented = Values{Partition: "aws", Account: "111122223333", Region: "us-west-2", Project: "vllm-eks"}
