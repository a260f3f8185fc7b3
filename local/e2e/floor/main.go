// Command floor is a Pulumi program with the number of empty resources in FLOOR_RESOURCES. No
// program of that size can be faster. With FLOOR_EKS, it also has a cluster of pulumi-eks,
// whose component runs in Node.js.
package main

import (
	"fmt"
	"os"
	"strconv"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		count, err := strconv.Atoi(os.Getenv("FLOOR_RESOURCES"))
		if err != nil {
			return fmt.Errorf("FLOOR_RESOURCES: %w", err)
		}
		for i := range count {
			var empty pulumi.CustomResourceState
			// An address needs no inputs.
			if err := ctx.RegisterResource("aws:ec2/eip:Eip", fmt.Sprintf("empty-%d", i), nil, &empty); err != nil {
				return err
			}
		}
		if os.Getenv("FLOOR_EKS") == "" {
			return nil
		}
		var cluster pulumi.ResourceState
		return ctx.RegisterRemoteComponentResource("eks:index:Cluster", "floor", pulumi.Map{
			"vpcId": pulumi.String("vpc-0123456789abcdef0"), "subnetIds": pulumi.ToStringArray([]string{"subnet-0123456789abcdef0", "subnet-0123456789abcdef1"}),
			"skipDefaultNodeGroup": pulumi.Bool(true),
		}, &cluster, pulumi.Version(os.Getenv("FLOOR_EKS")))
	})
}
