package nodes

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"testing"

	nodespec "github.com/vllm-eks/vllm-eks/spec/nodes"
)

// TestTemplates checks the inputs for EC2 and EKS for each way to buy nodes, and that
// the digest covers the whole launch template.
func TestTemplates(t *testing.T) {
	const block = "cr-0123456789abcdef0"
	for name, group := range map[string]nodespec.Group{
		"on_demand": {}, "spot": {Capacity: nodespec.Spot}, "reserved": {Placement: nodespec.Placement{ReservationID: block}}, "capacity_block": {Capacity: nodespec.CapacityBlock, Placement: nodespec.Placement{ReservationID: block}},
	} {
		t.Run(name, func(t *testing.T) {
			group.Name, group.InstanceTypes, group.Zones, group.Max = "p5", []string{"p5.48xlarge"}, []string{"us-west-2a"}, 1
			planned := nodespec.Spec{KubernetesVersion: "1.35", Groups: []nodespec.Group{group}}.WithDefaults().Plan("x", map[string]string{"team": "a&b"})[1]
			template := launchTemplate(planned.Template)
			text, err := json.Marshal(template)
			if err != nil {
				t.Fatal(err)
			}
			sum := sha256.Sum256(text)
			if got := hex.EncodeToString(sum[:8]); got != planned.Digest {
				t.Errorf("the digest is %s, and that of the launch template %s", planned.Digest, got)
			}
			args := nodeGroup(planned.Zones[0])
			if (args.InstanceTypes == nil) != (group.Capacity == nodespec.CapacityBlock) || (template.InstanceType != nil) != (group.Capacity == nodespec.CapacityBlock) {
				t.Errorf("the group is of %v and the template of %v; want the type in one of them", args.InstanceTypes, template.InstanceType)
			}
			if (template.InstanceMarketOptions != nil) != (group.Capacity == nodespec.CapacityBlock) || (template.CapacityReservationSpecification != nil) != (group.ReservationID != "") {
				t.Errorf("the market is %v and the reservation %v", template.InstanceMarketOptions, template.CapacityReservationSpecification)
			}
			if args.Taints == nil || args.ClusterName != nil {
				t.Errorf("the taints are %v, and the cluster is %v", args.Taints, args.ClusterName)
			}
		})
	}
}
