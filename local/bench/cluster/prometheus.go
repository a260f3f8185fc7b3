package cluster

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/prometheus/client_golang/api"
	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/vllm-eks/vllm-eks/local/bench/kube"
)

// prometheus is the API of the cluster's Prometheus.
type prometheus struct{ api promv1.API }

func connectPrometheus(ctx context.Context, cluster *kube.Client) (prometheus, error) {
	address, err := url(ctx, cluster, "monitoring", "kps-prometheus", 9090)
	if err != nil {
		return prometheus{}, err
	}
	client, err := api.NewClient(api.Config{Address: address})
	if err != nil {
		return prometheus{}, err
	}
	return prometheus{promv1.NewAPI(client)}, nil
}

const (
	queryTimeout  = 30 * time.Second
	answerTimeout = 2 * time.Minute
)

// query returns the values of an expression by service at a time. It repeats the query until
// Prometheus answers.
func (p prometheus) query(ctx context.Context, expression string, t time.Time) (map[string]float64, error) {
	values := map[string]float64{}
	err := await(ctx, "Prometheus answers", answerTimeout, func(ctx context.Context) (string, error) {
		ctx, cancel := context.WithTimeout(ctx, queryTimeout)
		defer cancel()
		value, _, err := p.api.Query(ctx, expression, t)
		if err != nil {
			return "", err
		}
		vector, ok := value.(model.Vector)
		if !ok {
			return "", fmt.Errorf("the answer is a %s, want a vector", value.Type())
		}
		for _, sample := range vector {
			if x := float64(sample.Value); !math.IsNaN(x) {
				values[string(sample.Metric["service"])] = x
			}
		}
		return "", nil
	})
	if err != nil {
		return nil, fmt.Errorf("prometheus: %s: %w", expression, err)
	}
	return values, nil
}
