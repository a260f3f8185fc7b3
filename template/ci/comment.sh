#!/usr/bin/env bash
# Writes the explanation of ci/preview.sh into the comment of the stack on the pull request
# or merge request: creates it once, and then updates it.
. "$(dirname "$0")/lib.sh"

if [ ! -f "$work/comment.md" ]; then
	echo "$STACK: there is no preview, so the comment stays"
	exit
fi
if on_github; then
	comments=repos/$GITHUB_REPOSITORY/issues/${PULL_REQUEST:?} comment=repos/$GITHUB_REPOSITORY/issues/comments update=PATCH
	comments+=/comments
else
	comments=projects/$CI_PROJECT_ID/merge_requests/$CI_MERGE_REQUEST_IID/notes comment=$comments update=PUT
fi
marker=$(head -n 1 "$work/comment.md")
own=$(own)
id=$(pages "$comments" | jq --slurp --raw-output --arg marker "$marker" "map(select((.body | startswith(\$marker)) and $own)) | first | .id // empty")
json body="$work/comment.md" >"$work/body.json"
if [ -n "$id" ]; then
	api "$update" "$comment/$id" "$work/body.json" >/dev/null
	echo "$STACK: the comment is updated"
else
	api POST "$comments" "$work/body.json" >/dev/null
	echo "$STACK: the comment is created"
fi
