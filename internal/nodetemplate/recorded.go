package nodetemplate

import (
	"fmt"

	"github.com/vllm-eks/vllm-eks/internal/stacktest"
)

// Groups returns the node groups of a recorded program, with their templates.
func Groups(resources []stacktest.Resource) []Group {
	templates, zones := map[string]map[string]any{}, map[string]string{}
	for _, r := range resources {
		switch r.Type {
		case "aws:ec2/launchTemplate:LaunchTemplate":
			templates[r.Name+"-id"] = r.Inputs
		case "aws:ec2/subnet:Subnet":
			zones[r.Name+"-id"], _ = r.Inputs["availabilityZone"].(string)
		}
	}
	var groups []Group
	for _, r := range resources {
		if r.Type != "aws:eks/nodeGroup:NodeGroup" {
			continue
		}
		template, _ := r.Inputs["launchTemplate"].(map[string]any)
		g := Group{Name: r.Name, Inputs: r.Inputs, Template: templates[fmt.Sprint(template["id"])]}
		for _, subnet := range texts(r.Inputs["subnetIds"]) {
			g.Zone = zones[subnet]
		}
		groups = append(groups, g)
	}
	return groups
}
