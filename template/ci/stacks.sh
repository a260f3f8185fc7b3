#!/usr/bin/env bash
# Prints the names of the stacks that workflows deploy, as a JSON list: each
# Pulumi.<stack>.yaml, except the stack local of a developer's machine.
set -euo pipefail
cd "$(dirname "$0")/.."

for file in Pulumi.*.yaml; do
	stack=${file#Pulumi.} stack=${stack%.yaml}
	if [ "$stack" != local ]; then
		printf '%s\n' "$stack"
	fi
done | jq --raw-input --null-input --compact-output '[inputs | select(test("^[A-Za-z0-9][A-Za-z0-9_.-]*$"))]'
