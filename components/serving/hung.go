package serving

import "fmt"

const (
	// deadPeriodSeconds and deadFailures are when an engine that does not answer is
	// given up: after 100 s.
	deadPeriodSeconds, deadFailures = 10, 10
)

// progressScript fails where the engine is dead, and where it has had requests
// for so many seconds and the counter of its steps has stood still. A step that
// gives no token, a part of a long prompt with nothing else, does not raise it,
// so that the time has to be longer than the longest prompt takes.
//
// The gauges are of the last step (vllm#17972, #29928), so that those of an engine
// that hangs in its first step after a rest stay at 0. What its server counts in
// /load does not; but that number may keep a rest of requests whose clients
// left, and only more than there was at the last step means something, or any
// before the first.
//
// What it saw last is in /tmp, which outlives the container: an engine that was
// restarted is told by its start time. Bash is what the image has that can ask
// without a program of its own: the probes of a busy engine ought to be cheap.
//
// It shows the API key, which guards /metrics in releases to come (vllm#58028). A
// server that still refuses says that it is alive, and no more.
const progressScript = `set -u
guard=
[ -n "${VLLM_API_KEY:-}" ] && guard="Authorization: Bearer $VLLM_API_KEY"$'\r\n'
get() {
  code=
  exec 3<>/dev/tcp/127.0.0.1/%[1]d || return 1
  printf 'GET %%s HTTP/1.0\r\n%%s\r\n' "$1" "$guard" >&3
  read -r -u 3 _ code _ || return 1
  [ "$code" = 200 ]
}
get /health || exit 1
load=0
get /load && while read -r -u 3 line || [ -n "$line" ]; do
  case $line in '{"server_load":'*) load=${line#*:} load=${load%%%%\}*} ;; esac
done
get /metrics || { [ "$code" = 401 ]; exit; }
steps=0 requests=0 taken=0
while read -r -u 3 name value _; do
  value=${value%%$'\r'}
  case $name in
    vllm:iteration_tokens_total_count*) steps+=" $value" taken=$value ;;
    process_start_time_seconds*) steps+=" $value" ;;
    vllm:num_requests_running*|vllm:num_requests_waiting{*) case $value in 0|0.0) ;; *) requests=1 ;; esac ;;
  esac
done
seen=/tmp/.vllm-progress
was= since=$EPOCHSECONDS least=0
[ -r $seen ] && read -r since least was <$seen
[ "$load" -gt "$least" ] && requests=1
if [ $requests = 0 ] || [ "$was" != "$steps" ]; then
  case $taken in 0|0.0) load=0 ;; esac
  printf '%%s %%s %%s\n' "$EPOCHSECONDS" "$load" "$steps" >$seen
  exit 0
fi
[ $((EPOCHSECONDS - since)) -lt %[2]d ]
`

// progressCommand is the liveness probe of an engine that may hang. It fails
// for the last deadFailures probes of the time in which it must take a step.
func progressCommand(l Lifecycle) []string {
	patience := max(l.HungSeconds-deadPeriodSeconds*deadFailures, 1)
	return []string{"/bin/bash", "-c", fmt.Sprintf(progressScript, port, patience)}
}
