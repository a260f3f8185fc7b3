package view

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/vllm-eks/vllm-eks/components/monitoring/rules"
	"github.com/vllm-eks/vllm-eks/local/watch/prometheus"
	monitoringspec "github.com/vllm-eks/vllm-eks/spec/monitoring"
)

// sample returns a sample of the model inference/chat. labels are name, value, name, value, …
func sample(name string, value float64, labels ...string) prometheus.Sample {
	s := prometheus.Sample{Labels: map[string]string{nameLabel: name, "namespace": "inference", "service": "chat"}, Value: value}
	for i := 0; i < len(labels); i += 2 {
		s.Labels[labels[i]] = labels[i+1]
	}
	return s
}

// busy are the samples of a model under load.
func busy() []prometheus.Sample {
	return []prometheus.Sample{
		sample(rules.Info, 1, "model", "org/chat-7b"),
		sample(rules.MaxReplicas, 4),
		sample(rules.InputTokens, 12345.6), sample(rules.OutputTokens, 567.8), sample(rules.PrefixHits, .25),
		sample(rules.Requests, 3, "finished_reason", "stop"), sample(rules.Requests, 1, "finished_reason", "error"),
		sample(rules.Running, 12), sample(rules.Waiting, 3),
		sample(rules.KVUsage, .714), sample(rules.KVUsageMean, .5), sample(rules.Preemptions, 0),
		sample(rules.TTFT, .21, "quantile", "0.5"), sample(rules.TTFT, 1.26, "quantile", "0.95"), sample(rules.TTFT, 9, "quantile", "0.99"),
		sample(rules.TPOT, .031, "quantile", "0.5"), sample(rules.TPOT, .062, "quantile", "0.95"),
		sample(rules.Attained, .982, "objective", "ttft"), sample(rules.Attained, .999, "objective", "tpot"), sample(rules.Attained, .731, "objective", "all"),
		sample(rules.ObjectiveShare, .95),
		sample(rules.Wanted, 3), sample(rules.Existing, 3), sample(rules.Ready, 2),
		sample(rules.TriggerWants, 0, "trigger", "queue"), sample(rules.TriggerWants, 1, "trigger", "kv-cache"), sample(rules.TriggerWants, 3, "trigger", "load"),
		sample(rules.ColdStart, 200, "phase", "node"), sample(rules.PredictedColdStart, 180, "phase", "node"), sample(rules.ColdStart, 6.4, "phase", "load"),
		sample(rules.USDPerHour, 3.018), sample(rules.USDPerMillion, 2.344), sample(rules.PredictedUSDPerMillion, 2.1),
		sample(rules.KVTokens, 50736), sample(rules.PredictedKVTokens, 50000), sample(rules.Concurrency, 12), sample(rules.PredictedConcurrency, 19),
	}
}

func TestRender(t *testing.T) {
	idle := prometheus.Sample{Labels: map[string]string{nameLabel: rules.Info, "namespace": "inference", "service": "a-idle", "model": "org/idle"}, Value: 1}
	other := prometheus.Sample{Labels: map[string]string{nameLabel: rules.Running, "namespace": "other", "service": "chat"}, Value: 99}
	got, err := Render(append(busy(), other, idle))
	if err != nil {
		t.Fatal(err)
	}
	const want = `inference/a-idle  org/idle
  tokens      input –          output –         prefix hits –
  requests    done –           failed –         running –        waiting –
  TTFT        p50 –            p95 –            met –
  TPOT        p50 –            p95 –            met –
  objectives  met –            want –
  KV cache    fullest –        mean –           preempted –
  replicas    wanted –         existing –       ready –          max –
  triggers    –
  cold start  node – of –      image – of –     load – of –
  USD         per hour –       per M tokens –   predicted –
  KV tokens   measured –       predicted –
  concurrency measured –       predicted –

inference/chat  org/chat-7b
  tokens      input 12,346/s   output 568/s     prefix hits 25.0%
  requests    done 4.0/s       failed 25.0%     running 12       waiting 3
  TTFT        p50 210ms        p95 1.3s         met 98.2%
  TPOT        p50 31ms         p95 62ms         met 99.9%
  objectives  met 73.1%        want 95.0%
  KV cache    fullest 71.4%    mean 50.0%       preempted 0/s
  replicas    wanted 3         existing 3       ready 2          max 4
  triggers    load 3           kv-cache 1       queue 0          most: load
  cold start  node 200s of 180s image – of –     load 6.4s of –
  USD         per hour 3.02    per M tokens 2.34 predicted 2.10
  KV tokens   measured 50,736  predicted 50,000
  concurrency measured 12      predicted 19
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestRenderWithoutRules(t *testing.T) {
	_, err := Render([]prometheus.Sample{sample(rules.Running, 1)})
	if err == nil || !strings.HasPrefix(err.Error(), "rules: ") || !strings.Contains(err.Error(), rules.Info) {
		t.Errorf("the error is %v", err)
	}
}

func TestRenderWidth(t *testing.T) {
	var samples []prometheus.Sample
	for _, s := range busy() {
		s.Value *= 30
		samples = append(samples, s)
	}
	text, err := Render(samples)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(text) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

func TestTriggersOrder(t *testing.T) {
	tests := map[string]struct {
		wants map[string]float64
		want  []string
	}{
		"none":         {nil, []string{"–"}},
		"idle":         {map[string]float64{"queue": 0, "load": 0}, []string{"load 0", "queue 0"}},
		"the first of": {map[string]float64{"wake": 1, "queue": 2, "load": 2}, []string{"load 2", "queue 2", "wake 1", "most: load"}},
		"other names":  {map[string]float64{"b": 1, "a": 2, "wake": 1}, []string{"wake 1", "a 2", "b 1", "most: a"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var m model
			for trigger, value := range test.wants {
				m.samples = append(m.samples, sample(rules.TriggerWants, value, "trigger", trigger))
			}
			if got := m.triggers(); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestFormat(t *testing.T) {
	known := func(value float64) number { return number{value, true} }
	tests := map[string]struct{ got, want string }{
		"rate zero":        {perSecond(known(0)), "0/s"},
		"rate small":       {perSecond(known(4.25)), "4.2/s"},
		"rate large":       {perSecond(known(1234567)), "1,234,567/s"},
		"rate unknown":     {perSecond(number{}), "–"},
		"share":            {share(known(1)), "100.0%"},
		"milliseconds":     {seconds(known(.0304)), "30ms"},
		"seconds":          {seconds(known(9.94)), "9.9s"},
		"many seconds":     {seconds(known(1234)), "1,234s"},
		"money":            {money(known(1234.5)), "1,234.50"},
		"negative":         {money(known(-1234.5)), "-1,234.50"},
		"count":            {count(known(999)), "999"},
		"count of million": {count(known(1e6)), "1,000,000"},
	}
	for name, test := range tests {
		if test.got != test.want {
			t.Errorf("%s: got %q, want %q", name, test.got, test.want)
		}
	}
}

// TestQuery holds that the query selects the shown series, and that the rules record each.
func TestQuery(t *testing.T) {
	names := regexp.MustCompile(`^\{__name__=~"(.+)"\}$`).FindStringSubmatch(Query())
	if names == nil {
		t.Fatalf("the query is %s", Query())
	}
	predicted := monitoringspec.Predicted{
		USDPerHour: 1, USDPerMillionTokens: 1, KVTokens: 1, Concurrency: 1, NodeSeconds: 1, ImageSeconds: 1, LoadSeconds: 1,
	}
	known := map[string]bool{}
	for _, group := range rules.Groups([]monitoringspec.Model{{Namespace: "inference", Service: "chat", MaxReplicas: 2, TTFTSeconds: 2, TPOTSeconds: .1, Share: .9, Predicted: predicted}}, monitoringspec.Bounds{}) {
		for _, rule := range group.Rules {
			known[rule.Record] = true
		}
	}
	for _, name := range strings.Split(names[1], "|") {
		if !known[name] {
			t.Errorf("no rule records %s", name)
		}
	}
	for _, s := range busy() {
		if name := s.Labels[nameLabel]; !slices.Contains(recorded, name) {
			t.Errorf("the query does not select %s", name)
		}
	}
}
