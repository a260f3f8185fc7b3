package partition

import "testing"

func TestOf(t *testing.T) {
	for region, want := range map[string]string{
		"us-west-2": "aws", "eu-central-1": "aws", "cn-north-1": "aws-cn", "us-gov-west-1": "aws-us-gov",
	} {
		if got := Of(region); got != want {
			t.Errorf("%s is in %s, want %s", region, got, want)
		}
	}
}
