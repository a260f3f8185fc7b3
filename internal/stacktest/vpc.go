package stacktest

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// VPC is an existing VPC.
type VPC struct {
	CIDRs                    []string
	DNSHostnames, DNSSupport bool
	// MainRoute is the ID of the target of the default route of the main table; "" for
	// none.
	MainRoute string
}

// mainTable returns the ID of the main route table of a VPC.
func mainTable(vpc string) string { return "rtb-main-" + vpc }

// vpc returns the reply about a VPC.
func (a *Account) vpc(args resource.PropertyMap) (resource.PropertyMap, error) {
	id := args["id"].StringValue()
	vpc, ok := a.VPCs[id]
	if !ok {
		return nil, fmt.Errorf("no matching EC2 VPC found: %s", id)
	}
	var blocks []any
	for _, cidr := range vpc.CIDRs {
		blocks = append(blocks, map[string]any{"associationId": "vpc-cidr-assoc", "cidrBlock": cidr, "state": "associated"})
	}
	return resource.NewPropertyMapFromMap(map[string]any{
		"id": id, "cidrBlockAssociations": blocks, "enableDnsHostnames": vpc.DNSHostnames, "enableDnsSupport": vpc.DNSSupport,
		"mainRouteTableId": mainTable(id),
	}), nil
}

// routeTable returns the reply about the routes of a table. Like AWS's provider, it
// finds no table for a subnet that uses the main table.
func (a *Account) routeTable(args resource.PropertyMap) (resource.PropertyMap, error) {
	var target string
	if id := args["routeTableId"]; id.IsString() {
		target = a.VPCs[strings.TrimPrefix(id.StringValue(), mainTable(""))].MainRoute
	} else {
		subnet, ok := a.Subnets[args["subnetId"].StringValue()]
		if !ok || subnet.MainTable {
			return nil, fmt.Errorf("query returned no results. Please change your search criteria and try again")
		}
		target = subnet.Route
	}
	var routes []any
	switch {
	case strings.HasPrefix(target, "igw-"):
		routes = append(routes, map[string]any{"cidrBlock": "0.0.0.0/0", "gatewayId": target})
	case target != "":
		routes = append(routes, map[string]any{"cidrBlock": "0.0.0.0/0", "natGatewayId": target})
	}
	return resource.NewPropertyMapFromMap(map[string]any{"id": "rtb-1", "routes": routes}), nil
}
