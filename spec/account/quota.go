package account

import "strings"

// Quota is an AWS quota that limits the number of running vCPUs.
type Quota struct {
	// Class is the class of instance types that the quota counts.
	Class Class
	// Spot reports a quota for spot capacity, which AWS limits separately.
	Spot bool
}

// Class is a set of instance types that EC2 counts together.
type Class string

// Classes of instance types.
const (
	Standard Class = "standard"
	G        Class = "G"
	P        Class = "P"
	P5       Class = "P5" // only for spot; on demand, P includes them
)

// codes holds AWS' codes of the quotas.
// https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html
var codes = map[Quota]string{
	{Standard, false}: "L-1216C47A", {Standard, true}: "L-34B43A08",
	{G, false}: "L-DB2E81BA", {G, true}: "L-3819A6DF",
	{P, false}: "L-417A185B", {P, true}: "L-7212CCBC",
	{P5, true}: "L-C4BD4855",
}

// Code returns the code of the quota in Service Quotas.
func (q Quota) Code() string { return codes[q] }

// String returns the name of the counted instances, as part of a message.
func (q Quota) String() string {
	if q.Spot {
		return string(q.Class) + " instances on spot"
	}
	return string(q.Class) + " instances"
}

// QuotaOf returns the quota that counts an instance type; false if no quota does.
func QuotaOf(instanceType string, spot bool) (Quota, bool) {
	family, _, _ := strings.Cut(instanceType, ".")
	q := Quota{Spot: spot}
	for _, apart := range []string{"dl", "f", "hpc", "inf", "mac", "trn", "u-", "x"} {
		if strings.HasPrefix(family, apart) {
			return q, false
		}
	}
	switch {
	case strings.HasPrefix(family, "g") || strings.HasPrefix(family, "vt"):
		q.Class = G
	case spot && strings.HasPrefix(family, "p5"):
		q.Class = P5
	case strings.HasPrefix(family, "p"):
		q.Class = P
	case family != "" && strings.ContainsAny(family[:1], "acdhimrtz"):
		q.Class = Standard
	default:
		return q, false
	}
	_, exists := codes[q]
	return q, exists
}
