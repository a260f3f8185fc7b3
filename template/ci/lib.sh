# Functions of the scripts in this folder, for workflows of GitHub and pipelines of GitLab.
# shellcheck shell=bash
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() {
	printf '%s\n' "$*" >&2
	exit 1
}

[[ ${STACK:=} =~ ^[A-Za-z0-9][A-Za-z0-9_.-]*$ ]] || fail "STACK: got '$STACK', want the name of a stack"
[ -f "Pulumi.$STACK.yaml" ] || fail "STACK: there is no Pulumi.$STACK.yaml"

# Files of a job, outside of the checkout and of every artifact: the preview has the whole
# configuration. Pulumi masks secrets in it.
work=${RUNNER_TEMP:-${TMPDIR:-/tmp}}/vllm-eks-$STACK
mkdir -p "$work"
chmod 700 "$work"

on_github() { [ -n "${GITHUB_ACTIONS:-}" ]; }

# output NAME VALUE sets an output of the step.
output() { ! on_github || printf '%s=%s\n' "$1" "$2" >>"$GITHUB_OUTPUT"; }

# log_url is the address of this job's log.
log_url() {
	if on_github; then
		echo "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID"
	else
		echo "${CI_JOB_URL:-}"
	fi
}

# api METHOD PATH [FILE] sends a request, with a JSON body from a file. The token is in no
# argument, because other processes can read arguments.
api() {
	local url body=()
	if on_github; then
		url=$GITHUB_API_URL
	else
		url=$CI_API_V4_URL
	fi
	[ $# -lt 3 ] || body=(--data-binary "@$3" --header 'Content-Type: application/json')
	curl --silent --show-error --fail-with-body --max-time 60 --request "$1" "${body[@]}" --config - "$url/$2" <<-END
		header = "Accept: application/json"
		header = "Authorization: Bearer ${GITHUB_TOKEN:-${GITLAB_TOKEN:?a project access token with the scope api}}"
	END
}

# pages PATH prints the items of a list, one a line.
pages() {
	local page=1 separator='?' items
	[[ $1 != *\?* ]] || separator='&'
	while items=$(api GET "$1${separator}per_page=100&page=$page"); do
		jq --compact-output '.[]' <<<"$items"
		[ "$(jq length <<<"$items")" = 100 ] || return 0
		page=$((page + 1))
	done
	fail "$1: $items"
}

# own prints the filter of jq that selects what this job's token has written.
own() {
	if on_github; then
		echo '.user.login == "github-actions[bot]"'
	else
		echo ".author.id == $(api GET user | jq .id)"
	fi
}

# json NAME=FILE… prints an object of strings. FILE is cut at what GitHub accepts in a
# comment or an issue, 65536 characters.
json() {
	local pair args=() filter=
	for pair; do
		args+=(--rawfile "${pair%%=*}" "${pair#*=}")
		filter+="${filter:+, }${pair%%=*}: \$${pair%%=*}[:65000]"
	done
	jq --null-input "${args[@]}" "{$filter}"
}
