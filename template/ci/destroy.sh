#!/usr/bin/env bash
# Destroys the stack STACK, if CONFIRM is its name. It refuses a stack with protected
# resources, such as a cluster with cluster.protect.
. "$(dirname "$0")/lib.sh"

[ "${CONFIRM:-}" = "$STACK" ] || fail "CONFIRM: got '${CONFIRM:-}', want the name of the stack, $STACK"
protected=$(pulumi stack export --stack="$STACK" | jq --raw-output '.deployment.resources[]? | select(.protect == true) | .urn')
if [ -n "$protected" ]; then
	printf '%s\n' "$protected" >&2
	fail "$STACK: these resources are protected. Set cluster.protect: false in Pulumi.$STACK.yaml, and merge and apply that first."
fi
pulumi destroy --yes --non-interactive --color=never --stack="$STACK"
