package account

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/vllm-eks/vllm-eks/internal/stacktest/awsdata"
)

// SetQuota changes a quota of an account, by its code.
func SetQuota(folder, code string, vcpus int) error {
	return store{folder}.change(func(stock) error {
		settings, err := ownQuotas(folder)
		if err != nil {
			return err
		}
		settings[code] = vcpus
		text, err := json.Marshal(settings)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(folder, "quotas.json"), text, 0o600)
	})
}

// ownQuotas returns the quotas that SetQuota changed.
func ownQuotas(folder string) (map[string]int, error) {
	settings := map[string]int{}
	text, err := os.ReadFile(filepath.Join(folder, "quotas.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return settings, nil
	}
	if err != nil {
		return nil, err
	}
	return settings, json.Unmarshal(text, &settings)
}

// quotas returns the account's quotas, by code.
func (s *Session) quotas() (map[string]int, error) {
	quotas := awsdata.VCPUs()
	settings, err := ownQuotas(s.store.folder)
	for code, vcpus := range settings {
		quotas[code] = vcpus
	}
	return quotas, err
}

// vcpus returns the number of vCPUs of each node of a group, for its largest type, and the code
// of the quota that counts them. No quota counts a capacity block.
func (records stock) vcpus(group *Record) (each int, code string) {
	types := textsAt(group.Outputs, "instanceTypes[]")
	if template := records.find(token("ec2/launchTemplate"), textAt(group.Outputs, "launchTemplate.id")); template != nil && len(types) == 0 {
		types = textsAt(template.Outputs, "instanceType")
	}
	capacity := textAt(group.Outputs, "capacityType")
	if len(types) == 0 || capacity == "CAPACITY_BLOCK" {
		return 0, ""
	}
	for _, instance := range types {
		each = max(each, awsdata.VCPUsOf(instance))
	}
	return each, awsdata.QuotaCode(types[0], capacity == "SPOT")
}

// expectCapacity returns an error if the quota does not allow more nodes of a group besides all
// nodes of the region.
// https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html
func (s *Session) expectCapacity(records stock, group *Record, nodes float64, reason string) error {
	each, code := records.vcpus(group)
	limits, err := s.quotas()
	limit, counted := limits[code]
	if err != nil || !counted || nodes <= 0 {
		return err
	}
	running := 0
	for _, r := range records.ofType(token("eks/nodeGroup")) {
		if vcpus, quota := records.vcpus(r); quota == code && r.Region == group.Region {
			running += vcpus * int(numberAt(r.Outputs, "scalingConfig.desiredSize"))
		}
	}
	if needed := running + each*int(nodes); needed > limit {
		return fmt.Errorf("NodeCreationFailure: VcpuLimitExceeded: %s of %s needs %g more nodes of %d vCPUs beside the %d that run, and the limit %s is %d",
			reason, group.ID, nodes, each, running, code, limit)
	}
	return nil
}

// surge returns the number of additional nodes while EKS replaces a group's nodes: twice the
// number of its zones, or the number of nodes that may be unavailable if that is larger. AWS
// does not document a group without nodes; here it has no additional ones.
//
// EKS then drains one node after another. It respects PodDisruptionBudgets, and fails after 15
// minutes (PodEvictionFailure) unless the update is forced. Simulated nodes run no pods, so no
// budget blocks a drain here.
// https://docs.aws.amazon.com/eks/latest/userguide/managed-node-update-behavior.html
func (records stock) surge(group *Record) float64 {
	zones := map[string]bool{}
	for _, id := range textsAt(group.Outputs, "subnetIds[]") {
		if subnet := records.find(token("ec2/subnet"), id); subnet != nil {
			zones[textAt(subnet.Outputs, "availabilityZone")] = true
		}
	}
	nodes := numberAt(group.Outputs, "scalingConfig.desiredSize")
	if nodes == 0 {
		return 0
	}
	unavailable := max(1, numberAt(group.Outputs, "updateConfig.maxUnavailable"))
	if percentage := numberAt(group.Outputs, "updateConfig.maxUnavailablePercentage"); percentage > 0 {
		unavailable = max(1, float64(int(nodes*percentage/100)))
	}
	return max(2*float64(len(zones)), unavailable)
}

// expectRollable returns an error if the nodes of a group cannot be replaced, and the number of
// additional nodes meanwhile.
// https://docs.aws.amazon.com/eks/latest/userguide/capacity-blocks-mng.html
func (s *Session) expectRollable(records stock, r, before *Record) (float64, error) {
	if nodes := numberAt(before.Outputs, "scalingConfig.desiredSize"); r.Outputs["capacityType"] == "CAPACITY_BLOCK" && nodes > 0 {
		return 0, fmt.Errorf("InvalidRequestException: %s is of a capacity block and has %g nodes; set its desired size to 0 before an upgrade", r.ID, nodes)
	}
	extra := records.surge(before)
	return extra, s.expectCapacity(records, before, extra, "the update ("+strings.TrimPrefix(r.URN, "urn:pulumi:")+")")
}
