#!/usr/bin/env bash
# Checks the code and the stacks' files. It needs no credentials.
set -euo pipefail
cd "$(dirname "$0")/.."

go vet ./...
go test ./...
