package command

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/vllm-eks/vllm-eks/internal/load"
	"github.com/vllm-eks/vllm-eks/internal/load/client"
	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// options holds the values of the command line.
type options struct {
	url, api, model           string
	keyVariable, keyFile      string
	kind, trace               string
	rate                      float64
	duration, warmUp          time.Duration
	seed                      uint64
	inputTokens, outputTokens int
	maxRequests               int
	timeout, ttft, tpot       time.Duration
	json                      bool
	hardware
}

// hardware holds the flags of the prediction.
type hardware struct {
	instance, gpu, modelID, config string
	gpus, replicas                 int
}

// Defaults and limits of flags. The objectives are those of the benchmark of scaling policies.
const (
	defaultMaxRequests = 10_000
	highestRate        = 10_000.0
	longestDuration    = 7 * 24 * time.Hour
	maxTokens          = 10_000_000
	maxReplicas        = 10_000
)

func (o *options) define(f *pflag.FlagSet) {
	f.StringVar(&o.api, "api", string(client.Completions), "`API` of the server: completions or chat")
	f.StringVar(&o.model, "model", "", "`name` of the model in requests (default: the only one of /v1/models)")
	f.StringVar(&o.keyVariable, "api-key-env", "", "environment `variable` with the API key (default: no key)")
	f.StringVar(&o.keyFile, "api-key-file", "", "`file` with the API key (default: no key)")
	f.StringVar(&o.kind, "load", string(load.Poisson), "`kind` of the load: "+kinds()+". poisson has a constant rate, the others vary as recorded traces do")
	f.Float64Var(&o.rate, "rate", 1, "mean `requests` a second")
	f.DurationVar(&o.duration, "duration", time.Minute, "`time` for which requests are sent, after --warm-up (of --trace: default the whole)")
	f.DurationVar(&o.warmUp, "warm-up", 0, "`time` before it, whose requests do not count")
	f.Uint64Var(&o.seed, "seed", 1, "`number` that selects the times, lengths and tokens of requests")
	f.IntVar(&o.inputTokens, "input-tokens", 0, "`tokens` of every prompt (default: lengths that vary as in recorded traces, of mean 1155 in poisson)")
	f.IntVar(&o.outputTokens, "output-tokens", 0, "`tokens` of every answer (default: lengths that vary, of mean 211 in poisson)")
	f.StringVar(&o.trace, "trace", "", "recorded load instead: CSV `file` with the columns seconds,input_tokens,output_tokens")
	f.IntVar(&o.maxRequests, "max-requests", defaultMaxRequests, "refuse a load with more requests than this `number`, before any is sent")
	f.DurationVar(&o.timeout, "timeout", 10*time.Minute, "longest `time` of a request with its answer")
	f.DurationVar(&o.ttft, "ttft", 2*time.Second, "objective: longest `time` to the first token")
	f.DurationVar(&o.tpot, "tpot", 100*time.Millisecond, "objective: longest `time` per output token after the first")
	f.BoolVar(&o.json, "json", false, "print the report as JSON")
	f.StringVar(&o.instance, "instance", "", "EC2 instance `type` of the replicas, for the prediction of sizing beside the result (default: no prediction)")
	f.StringVar(&o.gpu, "gpu", "", "`GPU` instead of an instance type: "+strings.Join(catalogue.GPUNames(), ", "))
	f.IntVar(&o.gpus, "gpus", 0, "GPUs of one replica, for the prediction (default: the fewest on which the model fits)")
	f.IntVar(&o.replicas, "replicas", 1, "`number` of replicas behind URL, for the prediction")
	f.StringVar(&o.modelID, "model-id", "", "Hugging Face `id` of the model, for the prediction (default: what the server lists)")
	f.StringVar(&o.config, "config", "", "the model's `config.json`, for the prediction of a model that the catalogue does not have")
}

func kinds() string {
	var names []string
	for _, k := range load.Kinds() {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}

func (o *options) objectives() objectives { return objectives{ttft: o.ttft, tpot: o.tpot} }

// check returns the client that the flags describe. The error holds every wrong flag.
func (o *options) check(environment func(string) string, changed func(string) bool) (client.Client, error) {
	var errs []error
	refuse := func(wrong bool, format string, args ...any) {
		if wrong {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	address, err := checkURL(o.url)
	refuse(err != nil, "URL: %w", err)
	refuse(!slices.Contains([]client.API{client.Completions, client.Chat}, client.API(o.api)), "--api: is %q, want completions or chat", o.api)
	refuse(!slices.Contains(load.Kinds(), load.Kind(o.kind)), "--load: is %q, want one of %s", o.kind, kinds())
	refuse(math.IsNaN(o.rate) || o.rate <= 0 || o.rate > highestRate, "--rate: is %g, want above 0 and at most %g requests a second", o.rate, highestRate)
	refuse(o.duration < time.Second || o.duration > longestDuration, "--duration: is %s, want 1s to %s", o.duration, longestDuration)
	refuse(o.warmUp < 0 || o.warmUp > longestDuration, "--warm-up: is %s, want 0s to %s", o.warmUp, longestDuration)
	refuse(o.inputTokens < 0 || o.inputTokens > maxTokens || changed("input-tokens") && o.inputTokens == 0, "--input-tokens: is %d, want 1 to %d", o.inputTokens, maxTokens)
	refuse(o.outputTokens < 0 || o.outputTokens > maxTokens || changed("output-tokens") && o.outputTokens == 0, "--output-tokens: is %d, want 1 to %d", o.outputTokens, maxTokens)
	refuse(o.maxRequests < 1, "--max-requests: is %d, want 1 or more", o.maxRequests)
	for name, value := range map[string]time.Duration{"timeout": o.timeout, "ttft": o.ttft, "tpot": o.tpot} {
		refuse(value <= 0, "--%s: is %s, want more than 0s", name, value)
	}
	if o.trace != "" {
		for _, name := range []string{"load", "rate", "input-tokens", "output-tokens"} {
			refuse(changed(name), "--%s: cannot be combined with --trace, which has its own times and lengths; remove one of the two", name)
		}
	}
	errs = append(errs, o.hardware.check(changed)...)
	key, err := o.key(environment)
	if err != nil {
		errs = append(errs, err)
	}
	slices.SortFunc(errs, func(a, b error) int { return cmp.Compare(a.Error(), b.Error()) })
	return client.Client{URL: address, Key: key, Form: client.Form{API: client.API(o.api), Seed: o.seed}, Timeout: o.timeout}, errors.Join(errs...)
}

// check returns every wrong flag of the prediction.
func (h hardware) check(changed func(string) bool) (errs []error) {
	wanted := h.instance != "" || h.gpu != ""
	if h.instance != "" && h.gpu != "" {
		errs = append(errs, errors.New("--gpu: cannot be combined with --instance, whose GPU is known; remove one of the two"))
	}
	for _, name := range []string{"gpus", "replicas", "model-id", "config"} {
		if changed(name) && !wanted {
			errs = append(errs, fmt.Errorf("--%s: is ignored without a prediction; set --instance or --gpu", name))
		}
	}
	if h.gpus < 0 || changed("gpus") && h.gpus == 0 {
		errs = append(errs, fmt.Errorf("--gpus: is %d, want 1 or more", h.gpus))
	}
	if h.replicas < 1 || h.replicas > maxReplicas {
		errs = append(errs, fmt.Errorf("--replicas: is %d, want 1 to %d", h.replicas, maxReplicas))
	}
	if _, err := h.workload(); wanted && err != nil {
		errs = append(errs, err)
	}
	return errs
}

// checkURL returns the address without /v1. Errors do not repeat it, because it may hold a
// password or an API key.
func checkURL(address string) (string, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return "", errors.New("is no address of a server; want one such as http://localhost:8000")
	case u.User != nil:
		return "", errors.New("has a user or a password, which other users of this machine can see; set the API key with --api-key-env or --api-key-file")
	case u.RawQuery != "" || u.Fragment != "":
		return "", errors.New("has a ? or a #; want only the address, such as http://localhost:8000, and the API key with --api-key-env or --api-key-file")
	}
	return client.Base(address), nil
}

// key returns the API key; "" without one. Errors do not repeat the value of a flag, which may be
// a key by mistake.
func (o *options) key(environment func(string) string) (string, error) {
	switch {
	case o.keyVariable != "" && o.keyFile != "":
		return "", errors.New("--api-key-file: cannot be combined with --api-key-env; remove one of the two")
	case o.keyVariable != "":
		if key := strings.TrimSpace(environment(o.keyVariable)); key != "" {
			return key, nil
		}
		return "", errors.New("--api-key-env: the environment has no variable of this name, or an empty one; want the name of a variable with the key")
	case o.keyFile != "":
		text, err := os.ReadFile(o.keyFile)
		if err != nil {
			var path *os.PathError
			if errors.As(err, &path) {
				err = path.Err
			}
			return "", fmt.Errorf("--api-key-file: the file cannot be read: %w", err)
		}
		if key := strings.TrimSpace(string(text)); key != "" {
			return key, nil
		}
		return "", errors.New("--api-key-file: the file is empty; want one with the key")
	}
	return "", nil
}

// tooMany returns the error for a load with more requests than --max-requests.
func (o *options) tooMany(load string) error {
	advice := "lower --rate or --duration"
	if o.trace != "" {
		advice = "set --duration"
	}
	return fmt.Errorf("--max-requests: is %d, and the load has %s; %s, or raise --max-requests", o.maxRequests, load, advice)
}

// generated returns the load that the flags describe.
func (o *options) generated() (traffic, error) {
	t := traffic{name: fmt.Sprintf("%s at %g requests/s for %s, seed %d", o.kind, o.rate, o.duration, o.seed), warmUp: o.warmUp, length: o.duration}
	if expected := o.rate * t.whole().Seconds(); expected > 2*float64(o.maxRequests) { // do not generate what is not sent
		return t, o.tooMany(fmt.Sprintf("about %.0f requests", math.Round(expected)))
	}
	var err error
	t.arrivals, err = load.Make(load.Spec{
		Kind: load.Kind(o.kind), Seed: o.seed, Rate: o.rate, Length: o.duration, WarmUp: o.warmUp, Input: o.inputTokens, Output: o.outputTokens,
	})
	return t, err
}
