package versions

// releases holds the newest releases of Amazon Linux 2023 for EKS when this table was
// written, by minor version of Kubernetes. They apply if AWS does not answer; AWS
// publishes a release about every week.
// https://github.com/awslabs/amazon-eks-ami/blob/main/CHANGELOG.md (v20260714, read
// 2026-11-29)
var releases = map[string]string{
	"1.33": "1.33.13-20260714",
	"1.34": "1.34.9-20260714",
	"1.35": "1.35.6-20260714",
	"1.36": "1.36.2-20260714",
}

// AMIRelease returns the AMI release for a minor version of Kubernetes if AWS does not
// answer; "" if the version is not one of KubernetesMinors.
func AMIRelease(kubernetesMinor string) string { return releases[kubernetesMinor] }
