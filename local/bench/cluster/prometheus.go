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

// prometheus is the cluster's.
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
	askingTimeout  = 30 * time.Second
	answerPatience = 2 * time.Minute
)

// patiently asks until there is an answer.
func patiently(ctx context.Context, ask func(context.Context) (model.Value, error)) (value model.Value, err error) {
	err = await(ctx, "Prometheus answers", answerPatience, func(ctx context.Context) (string, error) {
		ctx, cancel := context.WithTimeout(ctx, askingTimeout)
		defer cancel()
		value, err = ask(ctx)
		return "", err
	})
	return value, err
}

// series are the values of an expression by service and time, each step. The
// expression has the label service and no other.
func (p prometheus) series(ctx context.Context, expression string, from, to time.Time, step time.Duration) (map[string]map[time.Time]float64, error) {
	value, err := patiently(ctx, func(ctx context.Context) (model.Value, error) {
		value, _, err := p.api.QueryRange(ctx, expression, promv1.Range{Start: from, End: to, Step: step})
		return value, err
	})
	if err != nil {
		return nil, fmt.Errorf("prometheus: %s: %w", expression, err)
	}
	matrix, ok := value.(model.Matrix)
	if !ok {
		return nil, fmt.Errorf("prometheus: %s is no range of values", expression)
	}
	all := map[string]map[time.Time]float64{}
	for _, stream := range matrix {
		values := map[time.Time]float64{}
		for _, sample := range stream.Values {
			values[sample.Timestamp.Time().UTC()] = float64(sample.Value)
		}
		all[string(stream.Metric["service"])] = values
	}
	return all, nil
}

// now are the values of an expression by service at a moment.
func (p prometheus) now(ctx context.Context, expression string, at time.Time) (map[string]float64, error) {
	value, err := patiently(ctx, func(ctx context.Context) (model.Value, error) {
		value, _, err := p.api.Query(ctx, expression, at)
		return value, err
	})
	if err != nil {
		return nil, fmt.Errorf("prometheus: %s: %w", expression, err)
	}
	vector, ok := value.(model.Vector)
	if !ok {
		return nil, fmt.Errorf("prometheus: %s is no vector", expression)
	}
	all := map[string]float64{}
	for _, sample := range vector {
		if x := float64(sample.Value); !math.IsNaN(x) {
			all[string(sample.Metric["service"])] = x
		}
	}
	return all, nil
}
