package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/version"

	"github.com/vllm-eks/vllm-eks/local/bench/kube"
)

// Versions are those of what ran.
type Versions struct{ Kubernetes, KEDA, Prometheus string }

// ReadVersions asks the cluster for them.
func ReadVersions(ctx context.Context, config string) (Versions, error) {
	client, err := kube.Connect(ctx, config)
	if err != nil {
		return Versions{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, askingTimeout)
	defer cancel()
	var v Versions
	for _, read := range []func(context.Context, *kube.Client) error{v.readKubernetes, v.readKEDA, v.readPrometheus} {
		if err := read(ctx, client); err != nil {
			return Versions{}, err
		}
	}
	return v, nil
}

func (v *Versions) readKubernetes(ctx context.Context, client *kube.Client) error {
	answer, err := client.Raw.Get().AbsPath("/version").DoRaw(ctx)
	if err != nil {
		return fmt.Errorf("version of Kubernetes: %w", err)
	}
	var info version.Info
	if err := json.Unmarshal(answer, &info); err != nil {
		return fmt.Errorf("version of Kubernetes: %w", err)
	}
	v.Kubernetes = info.GitVersion
	return nil
}

// readKEDA reads the tag of its operator's image.
func (v *Versions) readKEDA(ctx context.Context, client *kube.Client) error {
	operator, err := client.Get(ctx, deploymentKind, "keda", "keda-operator")
	if err != nil {
		return fmt.Errorf("version of KEDA: %w", err)
	}
	containers, _, err := unstructured.NestedSlice(operator.Object, "spec", "template", "spec", "containers")
	if err != nil {
		return fmt.Errorf("version of KEDA: %w", err)
	}
	if len(containers) == 0 {
		return errors.New("version of KEDA: its operator has no containers")
	}
	first, _ := containers[0].(map[string]any)
	image, _ := first["image"].(string)
	_, v.KEDA, _ = strings.Cut(path.Base(image), ":")
	return nil
}

func (v *Versions) readPrometheus(ctx context.Context, client *kube.Client) error {
	p, err := connectPrometheus(ctx, client)
	if err != nil {
		return err
	}
	info, err := p.api.Buildinfo(ctx)
	if err != nil {
		return fmt.Errorf("version of Prometheus: %w", err)
	}
	v.Prometheus = info.Version
	return nil
}
