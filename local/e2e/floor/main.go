// Command floor is a Pulumi program of as many empty resources as its
// environment says: how long the engine takes for them is what no program of
// that size can be faster than.
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
		return nil
	})
}
