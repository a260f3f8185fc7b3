package versions

import "time"

// Support holds the end dates of EKS's support for a minor version of Kubernetes.
type Support struct {
	// Standard is the first day of extended support, which costs six times as much.
	// Extended is the first day on which EKS updates clusters automatically.
	Standard, Extended time.Time
}

// support holds the dates by minor version. 1.36 is the newest version that EKS
// supports, as of 2026-10-10; its dates are from aws eks describe-cluster-versions of
// 2026-07-28 and 2026-10-02.
// https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html
var support = map[string]Support{
	"1.33": {day(2026, time.July, 29), day(2027, time.July, 29)},
	"1.34": {day(2026, time.December, 2), day(2027, time.December, 2)},
	"1.35": {day(2027, time.March, 27), day(2028, time.March, 27)},
	"1.36": {day(2027, time.August, 2), day(2028, time.August, 2)},
}

func day(year int, month time.Month, dayOfMonth int) time.Time {
	return time.Date(year, month, dayOfMonth, 0, 0, 0, 0, time.UTC)
}

// SupportOf returns the end dates of EKS's support for a minor version, and whether
// they are known.
func SupportOf(minor string) (Support, bool) {
	s, ok := support[minor]
	return s, ok
}
