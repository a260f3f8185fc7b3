#!/usr/bin/env bash
# Previews the stack STACK: ci/preview.sh [FLAG of pulumi preview]… It explains the preview
# in comment.md, counts the changed resources in changes, and identifies the planned steps
# in digest. It fails if the preview fails, such as by a limit of the stack, or if a
# consequence reaches FAIL_ON: deletion, outage, replacement or never. REFRESH=true compares
# with the account instead of the state.
. "$(dirname "$0")/lib.sh"

[ "${REFRESH:-}" != true ] || set -- --refresh "$@"
events=$work/events.json
rm -f "$work"/{comment.md,changes,digest}
status=0
PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true pulumi preview --json --non-interactive --color=never --stack="$STACK" "$@" >"$events" || status=$?

explained=0
go tool explain --stack "$STACK" --markdown "$work/comment.md" --fail-on "${FAIL_ON:-never}" "$events" || explained=$?
if [ $explained != 0 ] && [ $explained != 3 ]; then
	printf '<!-- vllm-eks: %s -->\n### %s: no preview\n\nThe preview did not start. [The log](%s) has the reason.\n' "$STACK" "$STACK" "$(log_url)" >"$work/comment.md"
	[ $status != 0 ] || status=1
fi

# One line for each change: the step, the resource and its changed properties. Of objects on
# the cluster, the properties depend on the role: a role that cannot write gets no dry run of
# the API server. Resources that are otherwise the same can change their protection, and the
# stack its outputs.
jq --raw-input --raw-output '
	def state: {protect: (.protect // false), retain: (.retainOnDelete // false), parent, provider};
	fromjson? | (.resourcePreEvent.metadata | select(.)
		| if .op | IN("read", "refresh") then empty
		  elif .op != "same" then [.op, .urn, (if .type | startswith("kubernetes:") then "" else (.diffs // []) | sort | join(",") end)]
		  elif (.old | state) != (.new | state) then ["options", .urn, ""]
		  else empty end),
		(.resOutputsEvent.metadata | select(. and .type == "pulumi:pulumi:Stack" and .op == "same" and .old.outputs != .new.outputs) | ["outputs", .urn, ""])
	| @tsv' "$events" | LC_ALL=C sort >"$work/steps"
wc -l <"$work/steps" | tr -d ' ' >"$work/changes"
sha256sum <"$work/steps" | cut -d ' ' -f 1 >"$work/digest"
output changes "$(cat "$work/changes")"
output digest "$(cat "$work/digest")"

if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
	cat "$work/comment.md" >>"$GITHUB_STEP_SUMMARY"
else
	cat "$work/comment.md"
fi
echo "$STACK: $(cat "$work/changes") changed resources"
[ $status = 0 ] || fail "$STACK: the preview failed"
[ $explained = 0 ] || fail "$STACK: the preview has a consequence that FAIL_ON=$FAIL_ON refuses"
