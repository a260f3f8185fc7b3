#!/usr/bin/env bash
# Compares the account with the stack STACK. While they differ, one issue states how. The
# job fails only if the comparison fails.
. "$(dirname "$0")/lib.sh"

status=0
ci/preview.sh --refresh || status=$?
[ -f "$work/comment.md" ] || exit $status

marker="<!-- vllm-eks drift: $STACK -->" own=$(own)
if on_github; then
	issues=repos/$GITHUB_REPOSITORY/issues list="?state=open&creator=github-actions%5Bbot%5D" update=PATCH text=body close='{"state": "closed"}'
else
	issues=projects/$CI_PROJECT_ID/issues list="?state=opened&scope=created_by_me" update=PUT text=description close='{"state_event": "close"}'
fi
number=$(pages "$issues$list" | jq --slurp --raw-output --arg marker "$marker" "map(select((.$text // \"\" | startswith(\$marker)) and $own)) | first | .iid // .number // empty")

if [ $status = 0 ] && [ "$(cat "$work/changes")" = 0 ]; then
	if [ -n "$number" ]; then
		printf '%s' "$close" >"$work/body.json"
		api "$update" "$issues/$number" "$work/body.json" >/dev/null
		echo "$STACK: the issue is closed, because the account is as the stack"
	fi
	exit
fi
if [ $status = 0 ]; then
	state="The account differs from the stack \`$STACK\` on the main branch. To remove the difference, change the stack or run its update again."
else
	state="The account cannot be compared with the stack \`$STACK\`."
fi
printf '%s\n%s [The log](%s) has the comparison.\n\n' "$marker" "$state" "$(log_url)" | cat - "$work/comment.md" >"$work/issue.md"
printf '%s: the account differs from the stack' "$STACK" >"$work/title"
if [ -n "$number" ]; then
	json "$text=$work/issue.md" >"$work/body.json"
	api "$update" "$issues/$number" "$work/body.json" >/dev/null
	echo "$STACK: the issue is updated"
else
	json title="$work/title" "$text=$work/issue.md" >"$work/body.json"
	api POST "$issues" "$work/body.json" >/dev/null
	echo "$STACK: the issue is created"
fi
exit $status
