package serving

import (
	"net/url"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/otlp"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/internal/vllmflags"
)

// Traces holds where vLLM sends a trace of a request: numbers of tokens, and the time in
// the queue, to the first token and to the last. Traces hold no text.
type Traces struct {
	// CollectorURL is the URL of a collector that receives OTLP over HTTP, such as
	// http://collector.tracing.svc:4318, without the path /v1/traces. Default: that of the
	// stack's key telemetry, if any.
	CollectorURL string `key:"collectorUrl"`
	// Percent is the share of traced requests in percent. A request with the header
	// traceparent is traced if its caller is. With 0, the model sends no traces.
	Percent *float64 `key:"percent" range:"0..100" default:"10" if:"collectorUrl"`
}

// tracesFlag is the flag of vLLM with the address of a collector.
const tracesFlag = "--otlp-traces-endpoint"

// enabled reports whether vLLM sends traces to CollectorURL.
func (t Traces) enabled() bool {
	return t.CollectorURL != "" && (t.Percent == nil || *t.Percent > 0)
}

// args returns the arguments that send traces.
func (t Traces) args() []string {
	if !t.enabled() {
		return nil
	}
	return []string{tracesFlag, otlp.TracesURL(t.CollectorURL)}
}

// env returns the variables of vLLM's OpenTelemetry SDK. The name of the pod is that of
// podVariable.
// https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
func (t Traces) env(s Spec) map[string]string {
	if !t.enabled() {
		return nil
	}
	ratio := 1.0
	if t.Percent != nil {
		ratio = *t.Percent / 100
	}
	return map[string]string{
		// vLLM's default is grpc (vllm/tracing/otel.py at 40eeb0c5e9).
		"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf",
		"OTEL_SERVICE_NAME":                  s.Name,
		"OTEL_RESOURCE_ATTRIBUTES":           "k8s.namespace.name=" + s.Namespace + ",k8s.pod.name=$(" + podVariable + ")",
		"OTEL_TRACES_SAMPLER":                "parentbased_traceidratio",
		"OTEL_TRACES_SAMPLER_ARG":            strconv.FormatFloat(ratio, 'f', -1, 64),
	}
}

// podVariable is the environment variable with the name of the pod.
const podVariable = "K8S_POD_NAME"

// TracesEndpoint returns the address to which vLLM sends traces, from the key or from
// extraArgs; false if there is none.
func (s Spec) TracesEndpoint() (Endpoint, bool) {
	args, _, err := vllmflags.ParseKnown(VLLMArgs(s))
	if err != nil {
		return Endpoint{}, false
	}
	text, found := args.String(tracesFlag)
	if !found {
		return Endpoint{}, false
	}
	if !strings.Contains(text, "://") {
		text = "grpc://" + text
	}
	address, err := url.Parse(text)
	if err != nil || address.Hostname() == "" {
		return Endpoint{}, false
	}
	e := Endpoint{Host: address.Hostname(), Port: grpcPort}
	if s.Traces.enabled() {
		e.Port = map[string]int{"http": 80, "https": 443}[address.Scheme]
	}
	if n, err := strconv.Atoi(address.Port()); err == nil && n > 0 && n <= LargestPort {
		e.Port = n
	}
	return e, true
}

// grpcPort is the default port of a collector of traces over gRPC (OTLP specification).
const grpcPort = 4317

// HasTracesFlag reports whether extraArgs has the address of a collector.
func (s Spec) HasTracesFlag() bool {
	args, _, err := vllmflags.ParseKnown(s.ExtraArgs)
	return err == nil && args.Has(tracesFlag)
}

// LogsPrompts returns the flags and the variable of the spec with which vLLM can log the
// text of requests or answers. Of the first flag, release 0.16 logs the text at DEBUG alone,
// and release 0.10 always.
// https://docs.vllm.ai/en/v0.16.0/api/vllm/entrypoints/logger/
func (s Spec) LogsPrompts() []string {
	var settings []string
	args, _, err := vllmflags.ParseKnown(s.ExtraArgs)
	if err == nil {
		for _, flag := range []string{"--enable-log-requests", "--enable-log-outputs"} {
			if enabled, _ := args.Bool(flag); enabled {
				settings = append(settings, flag)
			}
		}
	}
	if strings.EqualFold(s.Env[logLevelVariable], "debug") {
		settings = append(settings, logLevelVariable)
	}
	return settings
}

const logLevelVariable = "VLLM_LOGGING_LEVEL"

func (t Traces) validate(found *field.ErrorList, path *field.Path) {
	key := path.Child("collectorUrl")
	if t.CollectorURL == "" {
		if t.Percent != nil {
			problems.Forbidden(found, path.Child("percent"), "is ignored without %s; set that, or remove this", key)
		}
		return
	}
	otlp.Check(found, key, t.CollectorURL, "http://collector.tracing.svc:4318")
}
