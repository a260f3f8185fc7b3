package telemetry

import (
	"github.com/vllm-eks/vllm-eks/internal/iampolicy"
	telemetryspec "github.com/vllm-eks/vllm-eks/spec/telemetry"
)

// policy returns the policy of the collector's role: it writes to one stream of a log
// group.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
func policy(group string) (string, error) {
	return iampolicy.JSON(iampolicy.Statement{
		Sid: "Write", Actions: []string{"logs:PutLogEvents"}, Resources: []string{group + ":log-stream:" + telemetryspec.LogStream},
	})
}
