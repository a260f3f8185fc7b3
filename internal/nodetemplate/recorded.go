package nodetemplate

import (
	"fmt"
	"strings"

	"github.com/vllm-eks/vllm-eks/internal/stacktest"
)

// Groups are the node groups of a recorded program, with their templates and the
// tags of their Auto Scaling groups.
func Groups(resources []stacktest.Resource) []Group {
	templates, zones := map[string]map[string]any{}, map[string]string{}
	tags := map[string]map[string]string{}
	for _, r := range resources {
		switch r.Type {
		case "aws:ec2/launchTemplate:LaunchTemplate":
			templates[r.Name+"-id"] = r.Inputs
		case "aws:ec2/subnet:Subnet":
			zones[r.Name+"-id"], _ = r.Inputs["availabilityZone"].(string)
		case "aws:autoscaling/tag:Tag":
			of, _ := r.Inputs["tag"].(map[string]any)
			group := strings.TrimSuffix(strings.TrimPrefix(fmt.Sprint(r.Inputs["autoscalingGroupName"]), "eks-"), "-a1b2c3d")
			if tags[group] == nil {
				tags[group] = map[string]string{}
			}
			tags[group][fmt.Sprint(of["key"])] = fmt.Sprint(of["value"])
		}
	}
	var groups []Group
	for _, r := range resources {
		if r.Type != "aws:eks/nodeGroup:NodeGroup" {
			continue
		}
		template, _ := r.Inputs["launchTemplate"].(map[string]any)
		g := Group{Name: r.Name, Inputs: r.Inputs, Template: templates[fmt.Sprint(template["id"])], Tags: tags[r.Name]}
		for _, subnet := range texts(r.Inputs["subnetIds"]) {
			if g.Zone == "" {
				g.Zone = zones[subnet]
			}
		}
		groups = append(groups, g)
	}
	return groups
}
