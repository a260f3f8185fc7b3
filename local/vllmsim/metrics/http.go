package metrics

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// httpMetrics are the metrics of vLLM's HTTP instrumentation.
type httpMetrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	fine     prometheus.Histogram
}

// unmeasured are paths that vLLM does not measure.
var unmeasured = map[string]bool{
	"/metrics": true, "/health": true, "/load": true, "/ping": true, "/version": true, "/server_info": true,
}

func newHTTPMetrics(registry *prometheus.Registry) httpMetrics {
	m := httpMetrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "http_requests_total", Help: "HTTP requests by method, status and handler.",
		}, []string{"handler", "method", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "http_request_duration_seconds", Help: "Duration of HTTP requests by handler.", Buckets: []float64{.1, .5, 1},
		}, []string{"handler", "method"}),
		fine: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "http_request_duration_highr_seconds", Help: "Duration of HTTP requests.",
			Buckets: []float64{.01, .025, .05, .075, .1, .25, .5, .75, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 7.5, 10, 30, 60},
		}),
	}
	registry.MustRegister(m.requests, m.duration, m.fine)
	return m
}

// Served records a response. handler is the route, empty for an unknown path.
func (m *Metrics) Served(handler, method string, status int, took time.Duration) {
	if unmeasured[handler] {
		return
	}
	if handler == "" {
		handler = "none"
	}
	m.http.requests.WithLabelValues(handler, method, strconv.Itoa(status/100)+"xx").Inc()
	m.http.duration.WithLabelValues(handler, method).Observe(took.Seconds())
	m.http.fine.Observe(took.Seconds())
}
