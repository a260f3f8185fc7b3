package command

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"

	"github.com/vllm-eks/vllm-eks/internal/load/client"
	"github.com/vllm-eks/vllm-eks/internal/versions"
	"github.com/vllm-eks/vllm-eks/sizing"
	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// Prediction holds what sizing predicts for the rate and the mean lengths of a load, beside what
// was measured.
type Prediction struct {
	ModelID  string `json:"modelId"`
	Hardware string `json:"hardware"` // of one replica
	Replicas int    `json:"replicas"`
	// RequestsPerSecond is the mean rate of the load; a request has InputTokens and OutputTokens on
	// average.
	RequestsPerSecond float64 `json:"requestsPerSecond"`
	InputTokens       float64 `json:"inputTokens"`
	OutputTokens      float64 `json:"outputTokens"`
	// Problem says why there is no prediction of times; "" with one.
	Problem   string   `json:"problem,omitempty"`
	Predicted *Figures `json:"predicted,omitempty"`
	Measured  *Figures `json:"measured,omitempty"`
	// ReplicasAtTarget is the number of replicas for the rate with each at the scaling target; 0 if
	// the speed is unknown.
	ReplicasAtTarget int `json:"replicasAtTarget"`

	estimate   sizing.Estimate
	dispersion float64
}

// Figures are means of a load. Predictions are for steady load without a limit by the KV cache.
type Figures struct {
	RequestsAtOnce        float64 `json:"requestsAtOnce"` // of all replicas
	TTFTSeconds           float64 `json:"ttftSeconds"`
	TPOTSeconds           float64 `json:"tpotSeconds"`
	OutputTokensPerSecond float64 `json:"outputTokensPerSecond"`
}

// workload returns the workload of the flags, without the model.
func (h hardware) workload() (sizing.Workload, error) {
	release, _ := sizing.ParseRelease(versions.VLLM)
	w := sizing.Workload{Engine: sizing.Engine{Release: release, TensorParallel: h.gpus}, MinReplicas: h.replicas, MaxReplicas: h.replicas}
	var err error
	if h.instance != "" {
		if w.Instance, err = catalogue.FindInstance(h.instance); err != nil {
			return w, fmt.Errorf("--instance: %w", err)
		}
		if h.gpus > w.Instance.GPUs {
			return w, fmt.Errorf("--gpus: is %d, and %s has %d", h.gpus, w.Instance.Type, w.Instance.GPUs)
		}
		w.Engine.GPU = w.Instance.GPU
		return w, nil
	}
	if w.Engine.GPU, err = catalogue.FindGPU(h.gpu); err != nil {
		return w, fmt.Errorf("--gpu: %w", err)
	}
	return w, nil
}

// shape returns the shape of a model: from --config, else from the catalogue.
func (h hardware) shape(id string) (catalogue.Shape, error) {
	if h.config != "" {
		text, err := os.ReadFile(h.config)
		if err != nil {
			return catalogue.Shape{}, fmt.Errorf("--config: %w", err)
		}
		shape, err := catalogue.ShapeOf(id, text)
		if err != nil {
			return shape, fmt.Errorf("--config: %s: %s", h.config, strings.ReplaceAll(err.Error(), "\n", "; "))
		}
		return shape, nil
	}
	shape, found := catalogue.FindShape(catalogue.IDOf(id))
	if !found {
		return shape, fmt.Errorf("--model-id: the catalogue has no shape of %s, and none is guessed; set --model-id or --config, or remove --gpu and --instance", id)
	}
	return shape, nil
}

// predict returns the prediction for a load; nil without --instance or --gpu.
func (o *options) predict(m client.Model, t traffic) (*Prediction, error) {
	if o.instance == "" && o.gpu == "" {
		return nil, nil
	}
	w, err := o.workload()
	if err != nil {
		return nil, err
	}
	id := cmp.Or(o.modelID, m.Root, m.ID)
	if w.Engine.Shape, err = o.shape(id); err != nil {
		return nil, err
	}
	p := &Prediction{ModelID: id, Replicas: o.replicas}
	p.dispersion = p.describe(t)
	w.Model, w.Engine.MaxModelLen = id, min(m.MaxModelLen, w.Engine.Shape.MaxLen)
	w.Objectives = sizing.Objectives{
		TPOTMilliseconds: 1000 * o.tpot.Seconds(), TTFTMilliseconds: 1000 * o.ttft.Seconds(),
		InputTokens: max(1, int(math.Round(p.InputTokens))), OutputTokens: max(1, int(math.Round(p.OutputTokens))),
	}
	p.estimate = sizing.Size(w)
	p.Hardware = p.estimate.Hardware()
	if p.estimate.Memory.Verdict == sizing.DoesNotFit {
		return nil, errors.New("--gpu, --instance: " + p.estimate.Shortage() + "; describe the hardware on which the server runs")
	}
	return p, nil
}

// describe fills in the rate and the mean lengths of the requests that count, and returns the
// dispersion of the lengths of their prompts.
func (p *Prediction) describe(t traffic) (dispersion float64) {
	var n, input, squares, output float64
	for _, a := range t.arrivals {
		if a.At >= t.warmUp {
			n++
			input, squares, output = input+float64(a.Input), squares+float64(a.Input)*float64(a.Input), output+float64(a.Output)
		}
	}
	p.RequestsPerSecond = n / max(1, t.length.Seconds())
	p.InputTokens, p.OutputTokens = input/n, output/n
	return squares / n / (p.InputTokens * p.InputTokens)
}

// beside returns the prediction with the measured figures.
func (p *Prediction) beside(s Summary) *Prediction {
	if p == nil {
		return nil
	}
	if s.Answered > 0 {
		p.Measured = &Figures{RequestsAtOnce: s.RequestsAtOnce, TTFTSeconds: s.TTFT.Mean, TPOTSeconds: s.TPOT.Mean, OutputTokensPerSecond: s.OutputTokensPerSecond}
	}
	serving, replicas := p.estimate.Serving, float64(p.Replicas)
	if serving.TargetTokensPerSecond > 0 {
		p.ReplicasAtTarget = int(math.Ceil(p.RequestsPerSecond * p.OutputTokens / serving.TargetTokensPerSecond))
	}
	lengths := sizing.Lengths{Input: p.InputTokens, Output: p.OutputTokens}
	latency, ok := serving.Speed.Latency(p.RequestsPerSecond/replicas, lengths, p.dispersion)
	switch fits := float64(min(serving.ByKV, serving.BySequences)); {
	case !serving.Speed.Known():
		p.Problem = "the speed of this GPU is unknown"
	case !ok:
		p.Problem = fmt.Sprintf("%d replicas cannot serve this rate: requests wait longer and longer", p.Replicas)
	case latency.Requests > fits:
		p.Problem = fmt.Sprintf("a replica would have %.0f requests at once, and its KV cache and max_num_seqs admit %.0f: requests wait", latency.Requests, fits)
	default:
		p.Predicted = &Figures{
			RequestsAtOnce: latency.Requests * replicas, TTFTSeconds: latency.TTFT, TPOTSeconds: latency.TPOT,
			OutputTokensPerSecond: p.RequestsPerSecond * p.OutputTokens,
		}
	}
	return p
}

func (p *Prediction) text(out io.Writer) error {
	fmt.Fprintf(out, "\nsizing: %s on %s, replicas: %d, at %.3g requests/s of %.0f + %.0f tokens\n", p.ModelID, p.Hardware, p.Replicas, p.RequestsPerSecond, p.InputTokens, p.OutputTokens)
	if p.Predicted == nil {
		fmt.Fprintln(out, "no prediction: "+p.Problem)
	} else {
		fmt.Fprintf(out, "%-16s%11s%10s\n", "means", "predicted", "measured")
		predicted, measured := p.Predicted.cells(), p.Measured.cells()
		for i, name := range []string{"requests at once", "TTFT", "TPOT", "output tokens/s"} {
			fmt.Fprintf(out, "%-16s%11s%10s\n", name, predicted[i], measured[i])
		}
	}
	var err error
	if p.ReplicasAtTarget > 0 {
		_, err = fmt.Fprintf(out, "replicas with each at its scaling target: %d\n", p.ReplicasAtTarget)
	}
	return err
}

// cells returns the figures as text.
func (f *Figures) cells() [4]string {
	if f == nil {
		return [4]string{"–", "–", "–", "–"}
	}
	return [4]string{fmt.Sprintf("%.1f", f.RequestsAtOnce), seconds(f.TTFTSeconds), seconds(f.TPOTSeconds), fmt.Sprintf("%.0f", f.OutputTokensPerSecond)}
}
