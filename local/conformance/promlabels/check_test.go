package promlabels

import (
	"strings"
	"testing"
)

const table = `@pod	namespace pod
requests	@pod code
queue	@pod
latency_bucket	@pod le
info	namespace pod service
`

func TestCheck(t *testing.T) {
	metrics, err := Read(table)
	if err != nil {
		t.Fatal(err)
	}
	for query, test := range map[string]struct {
		labels   string
		problems []string
	}{
		`requests{code="200"}`:                                                 {"[code namespace pod]", nil},
		`sum by (pod) (rate(requests[5m]))`:                                    {"[pod]", nil},
		`sum without (code) (requests) + queue`:                                {"[namespace pod]", nil},
		`topk by (pod) (1, queue)`:                                             {"[namespace pod]", nil},
		`2 * queue > 1`:                                                        {"[namespace pod]", nil},
		`max_over_time((-queue)[1h:1m])`:                                       {"[namespace pod]", nil},
		`count(queue) or vector(0)`:                                            {"[]", nil},
		`queue * on (namespace, pod) group_left (service) info`:                {"[namespace pod service]", nil},
		`label_replace(queue, "service", "$1", "pod", "(.+)-.+")`:              {"[namespace pod service]", nil},
		`histogram_quantile(0.9, sum by (pod, le) (rate(latency_bucket[5m])))`: {"[pod]", nil},
		`queue and on (pod) sum by (pod) (requests)`:                           {"[namespace pod]", nil},
		`sum by (pod) (queue) / on (pod) sum by (pod) (requests)`:              {"[pod]", nil},
		`rates`:                    {"[]", []string{`the name "rates"`}},
		`requests{status="200"}`:   {"[code namespace pod]", []string{"the label status"}},
		`sum by (service) (queue)`: {"[service]", []string{"the label service"}},
		`requests / queue`:         {"[code namespace pod]", []string{"different labels"}},
		`queue * on (node) group_left (zone) info`:     {"[namespace pod zone]", []string{"label node", "label node", "label zone"}},
		`label_replace(queue, "a", "$1", "b", "(.+)")`: {"[a namespace pod]", []string{"label b"}},
		`histogram_quantile(0.9, queue)`:               {"[namespace pod]", []string{"label le"}},
		`sum by (pod (queue)`:                          {"[]", []string{"parse error"}},
	} {
		labels, problems := metrics.Check(query)
		if labels.String() != test.labels || len(problems) != len(test.problems) {
			t.Errorf("%s: the labels are %s, want %s; the problems are %q, want %q", query, labels, test.labels, problems, test.problems)
			continue
		}
		for i, want := range test.problems {
			if !strings.Contains(problems[i], want) {
				t.Errorf("%s: the problem is %q, want %q", query, problems[i], want)
			}
		}
	}
}

func TestRead(t *testing.T) {
	for name, text := range map[string]string{
		"two lines of a metric": "a\tb\na\tb\n", "no tab": "a b\n", "unknown group": "a\t@b\n", "no name": "\ta\n",
	} {
		if metrics, err := Read(text); err == nil {
			t.Errorf("%s: %v is read", name, metrics)
		}
	}
}
