#!/usr/bin/env bash
# Updates the stack STACK to what was approved: APPROVED is the digest of the approved
# preview. If a new preview plans other steps, because the account or the stack has changed
# since the approval, nothing is updated.
. "$(dirname "$0")/lib.sh"

ci/preview.sh
if [ "$(cat "$work/digest")" != "${APPROVED:?}" ]; then
	fail "$STACK: the account or the stack has changed since the approval, and the update would differ. Run all jobs again, and approve the new preview."
fi
pulumi up --yes --skip-preview --non-interactive --color=never --stack="$STACK"
