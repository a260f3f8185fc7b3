package stack

// malformedTelemetry holds malformed keys of logs and traces.
var malformedTelemetry = []malformedConfig{
	{name: "logs in a store that does not exist", config: validCluster + "  vllm-eks:telemetry: {install: true, logs: loki}",
		want: []string{"telemetry.logs: not supported"}},
	{name: "logs in CloudWatch without an AWS cluster", config: validCluster + "  vllm-eks:telemetry: {install: true, logs: cloudwatch}",
		want: []string{"aws:region: required", "cluster.existing.name: required"}},
	{name: "URL of traces with its path", config: validCluster + "  vllm-eks:telemetry: {install: true, traces: \"https://otlp.example.com/v1/traces\"}",
		want: []string{"telemetry.traces: invalid"}, says: []string{"telemetry.traces: ends in /v1/traces, which is added; remove that"}},
	{name: "URL of a collector with a password", config: validCluster + "  vllm-eks:telemetry: {collectorUrl: \"http://me:" + canary + "@collector:4318\"}\n  vllm-eks:models: [{name: a, model: org/m, gpu: {count: 1}}]",
		want: []string{"telemetry.collectorUrl: invalid"}},
	{name: "token that nothing sends", config: validCluster + "  vllm-eks:telemetry: {install: true}\n  vllm-eks:tracesToken: {secure: " + canary + "}",
		want: []string{"tracesToken: forbidden"}},
	{name: "token in clear text", config: validCluster + "  vllm-eks:telemetry: {install: true, traces: \"https://a.example.com\"}\n  vllm-eks:tracesToken: " + canary,
		want: []string{"tracesToken: forbidden"}},
	{name: "share of traces without a collector", model: "traces: {percent: 5}",
		want: []string{"models[0].traces.percent: forbidden"}},
	{name: "share of traces above all", model: `traces: {collectorUrl: "http://collector:4318", percent: 101}`,
		want: []string{"models[0].traces.percent: invalid"}},
	{name: "collector by key and by flag", model: `traces: {collectorUrl: "http://collector:4318"}, extraArgs: [--otlp-traces-endpoint, "http://collector:4318"]`,
		want: []string{"models[0].extraArgs[0]: invalid"}},
	{name: "prompts in kept logs", config: validCluster + "  vllm-eks:telemetry: {install: true}\n  vllm-eks:models: [{name: a, model: org/m, gpu: {count: 1}, extraArgs: [--enable-log-requests]}, " +
		"{name: b, model: org/m, gpu: {count: 1}, extraArgs: [--enable-log-outputs]}, {name: c, model: org/m, gpu: {count: 1}, env: {VLLM_LOGGING_LEVEL: debug}}]",
		want: []string{"models[0].extraArgs: forbidden", "models[1].extraArgs: forbidden", "models[2].env.VLLM_LOGGING_LEVEL: forbidden"},
		says: []string{"models[0].extraArgs: logs the text of requests with --enable-log-requests, and telemetry.logs keeps logs"}},
	{name: "prompts in kept logs, by the defaults", config: validCluster + "  vllm-eks:telemetry: {install: true}\n  vllm-eks:defaults: {extraArgs: [--enable-log-requests, --enable-log-outputs], env: {VLLM_LOGGING_LEVEL: DEBUG}}\n" +
		"  vllm-eks:models: [{name: a, model: org/m, gpu: {count: 1}}, {name: b, model: org/m, gpu: {count: 1}}]",
		want: []string{"defaults.extraArgs: forbidden", "defaults.extraArgs: forbidden", "defaults.env.VLLM_LOGGING_LEVEL: forbidden"},
		says: []string{"defaults.extraArgs: logs the text of requests with --enable-log-requests", "defaults.extraArgs: logs the text of requests with --enable-log-outputs"}},
	{name: "token with a variable", config: validCluster + "  vllm-eks:telemetry: {install: true, traces: \"https://a.example.com\"}\n  vllm-eks:tracesToken: {secure: \"" + canary + "${a}\"}",
		want: []string{"tracesToken: invalid"}},
	{name: "token with two dollars", config: validCluster + "  vllm-eks:telemetry: {install: true, traces: \"https://a.example.com\"}\n  vllm-eks:tracesToken: {secure: \"" + canary + "$$a\"}",
		want: []string{"tracesToken: invalid"}},
	{name: "header of traces without a token", config: validCluster + "  vllm-eks:telemetry: {install: true, traces: \"https://a.example.com\", tracesHeader: X-Api-Key}",
		want: []string{"telemetry.tracesHeader: forbidden"}},
	{name: "variables that traces set", config: validCluster + "  vllm-eks:telemetry: {collectorUrl: \"http://collector:4318\"}\n  vllm-eks:models: [{name: a, model: org/m, gpu: {count: 1}, env: {OTEL_SERVICE_NAME: a, K8S_POD_NAME: a}}]",
		want: []string{"models[0].env.K8S_POD_NAME: forbidden", "models[0].env.OTEL_SERVICE_NAME: forbidden"}},
}
