package serving

import (
	"fmt"

	"github.com/vllm-eks/vllm-eks/sizing"
)

const (
	// marginSeconds is added to derived times, because the kubelet and the controllers
	// need time to act.
	marginSeconds = 10
	// probesWhileLoading is the approximate number of startup probes in the expected load
	// time. So a slow load is not probed every second, and a quick load is noticed soon.
	probesWhileLoading = 30
	longestProbePeriod = 10
	// restartSeconds is the time that vLLM needs to exit if it still runs.
	restartSeconds = 15
)

// StartupPeriodSeconds returns the time between two startup probes of a loading replica.
func (l Lifecycle) StartupPeriodSeconds() int {
	return min(max(l.LoadSeconds/probesWhileLoading, 1), longestProbePeriod)
}

// StartupFailures returns the number of probes that may fail before a loading replica is
// restarted: as many as fit in twice the expected load time, rounded up.
func (l Lifecycle) StartupFailures() int {
	period := l.StartupPeriodSeconds()
	return (2*l.LoadSeconds + period - 1) / period
}

// StartupBudgetSeconds returns the time that a replica may take to load.
func (l Lifecycle) StartupBudgetSeconds() int {
	return l.StartupPeriodSeconds() * l.StartupFailures()
}

// GraceSeconds returns the time that a pod may take to stop.
func (s Spec) GraceSeconds() int { return s.Lifecycle.GraceSeconds() }

// GraceSeconds returns the time that a pod may take to stop: the drain, the requests in
// flight, and a margin for the exit.
func (l Lifecycle) GraceSeconds() int {
	return l.DrainSeconds + l.ShutdownSeconds + marginSeconds
}

// ProgressDeadlineSeconds returns the time that replacing one replica may take. The old
// pod's grace period is part of it, because the new pod may wait for its GPUs.
func (l Lifecycle) ProgressDeadlineSeconds() int {
	return l.GraceSeconds() + l.ProvisionSeconds + l.StartupBudgetSeconds()
}

// RolloutTimeout returns how long Pulumi waits for a rollout, which replaces one replica
// after the other: the full deadline for one replica, the expected time for each of the
// others, and a margin. Pulumi does not stop when Kubernetes gives up, so this timeout
// decides when a failing rollout fails. The margin gives Kubernetes time to report the
// reason.
func (s Spec) RolloutTimeout() string {
	return fmt.Sprintf("%ds", s.rolloutSeconds(s.Replicas.Least()))
}

// rolloutSeconds returns the time that a rollout of a number of replicas may take.
func (s Spec) rolloutSeconds(replicas int) int {
	expected := s.Lifecycle.LoadSeconds + s.Lifecycle.GraceSeconds() + marginSeconds
	return s.Lifecycle.ProgressDeadlineSeconds() + (replicas-1)*expected + marginSeconds
}

// RemovalTimeout returns how long Pulumi waits until the last pod is gone.
func (s Spec) RemovalTimeout() string {
	return fmt.Sprintf("%ds", s.Lifecycle.GraceSeconds()+60)
}

// RestartGraceSeconds returns the grace period of a replica whose liveness probes have
// failed. It has no requests to finish, but the hook that drains it runs within this
// time.
func (l Lifecycle) RestartGraceSeconds() int {
	return l.DrainSeconds + restartSeconds
}

// rollout returns how a change replaces a replica. Without free GPUs, a new replica would
// wait forever for those of the old one.
func (s Spec) rollout() Rollout {
	if _, ok := s.spareNodes(); !ok {
		return InPlace
	}
	return Surge
}

// spareNodes reports whether the node group can hold one replica more than the largest
// number of all its services, and how many nodes that needs.
func (s Spec) spareNodes() (needed int, ok bool) {
	instance, err := s.NodeGroup.MostExpensive(s.Costs)
	if err != nil || instance.GPUs == 0 || s.NodeGroup.Max == 0 {
		return 0, true // no bound
	}
	pool := sizing.Pool{Name: s.NodeGroup.Name, Instance: instance, Demands: []sizing.Demand{{GPUs: s.GPU.Count, Max: s.Replicas.Max + 1}}}
	for _, demand := range s.NodeGroup.Others {
		pool.Demands = append(pool.Demands, sizing.Demand{GPUs: demand.GPUs, Max: demand.Replicas})
	}
	needed = sizing.Account([]sizing.Pool{pool}, sizing.Shared{}, s.Costs.prices()).Nodes[pool.Name]
	return needed, needed <= s.NodeGroup.Max
}

// drainSeconds is how long Amazon EKS waits for a node to drain before the update of its
// node group fails.
// https://docs.aws.amazon.com/eks/latest/userguide/managed-node-update-behavior.html
const drainSeconds = 900

// MaxUnavailable returns how many replicas may be evicted at once: one, or as many as are
// needed to drain a node with several replicas in time. Kubernetes evicts the next
// replicas only after the replacements of the last ones have loaded.
func (s Spec) MaxUnavailable() int {
	rounds := 1 + max(0, drainSeconds-s.Lifecycle.GraceSeconds())/(s.Lifecycle.GraceSeconds()+s.Lifecycle.LoadSeconds)
	return (s.replicasOnNode() + rounds - 1) / rounds
}

// replicasOnNode returns how many of the service's replicas one node can hold: as many as
// its GPUs allow, and at most all replicas of the service.
func (s Spec) replicasOnNode() int {
	maximum := 1
	for _, name := range s.NodeGroup.InstanceTypes {
		if instance, err := s.NodeGroup.Own.Find(name); err == nil && s.GPU.Count > 0 {
			maximum = max(maximum, instance.GPUs/s.GPU.Count)
		}
	}
	return min(maximum, max(s.Replicas.Max, 1))
}

const (
	// DeadPeriodSeconds is the time between two liveness probes.
	DeadPeriodSeconds = 10
	// DeadFailures is the number of failed probes after which a replica is restarted:
	// after 100 s.
	DeadFailures = 10
)

// progressScript is the script of a liveness probe. It fails if vLLM is dead, or if vLLM
// has had requests for a number of seconds and its counter of steps has not changed. A
// step that yields no token (part of a long prompt) does not raise the counter. So the
// time must be longer than the longest prompt takes.
//
// The gauges show the last step (vllm#17972, #29928). If vLLM hangs in its first step
// after an idle time, they stay at 0, but the API server's count in /load rises. That
// count may include requests whose clients have left. So the script only considers an
// increase since the last step, or any count before the first step.
//
// The script keeps its last observation in /tmp, which remains when the container
// restarts; the start time of the process shows a restart. The script uses Bash, because
// the image has it and Bash can send HTTP requests itself: probes of a busy replica must
// be cheap.
//
// The script sends the API key, because later releases protect /metrics with it
// (vllm#58028). If the server refuses the key, the script only knows that the server is
// alive.
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

// ProgressCommand returns the command of the liveness probe for a replica that may hang.
// It fails in the last DeadFailures probes of the time within which the replica must
// complete a step.
func ProgressCommand(l Lifecycle) []string {
	patience := max(l.HungSeconds-DeadPeriodSeconds*DeadFailures, 1)
	return []string{"/bin/bash", "-c", fmt.Sprintf(progressScript, Port, patience)}
}

// ProbeTimeoutSeconds is long, because a server under load answers late and must not be
// restarted for that.
const ProbeTimeoutSeconds = 5
