// Command explain turns a Pulumi preview into a comment on a pull request: what happens to
// each model, what it costs, and what to do instead of a risky change:
//
//	PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true pulumi preview --json | go tool explain
package main

import (
	"errors"
	"fmt"
	"os"
)

func main() {
	err := command(os.Stdin, os.Stdout).Execute()
	switch {
	case err == nil:
	case errors.Is(err, errReached):
		fmt.Fprintln(os.Stderr, "explain:", err)
		os.Exit(3)
	default:
		fmt.Fprintln(os.Stderr, "explain:", err)
		os.Exit(1)
	}
}
