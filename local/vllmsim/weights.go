package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vllm-eks/vllm-eks/internal/vllmflags"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/hardware"
)

// objectStores are the schemes of addresses from which vLLM streams weights.
var objectStores = []string{"s3://", "gs://", "az://"}

func inObjectStore(model string) bool {
	return slices.ContainsFunc(objectStores, func(scheme string) bool { return strings.HasPrefix(strings.ToLower(model), scheme) })
}

// checkWeights returns an error if vLLM cannot load a model from its address. It reads nothing:
// a folder may be empty, and no object store is contacted.
func checkWeights(model string, args *vllmflags.Args) error {
	format, present := args.String("--load-format")
	switch {
	case inObjectStore(model):
		if present && !slices.Contains([]string{"auto", "runai_streamer", "runai_streamer_sharded"}, format) {
			return hardware.EngineError(fmt.Sprintf("ValidationError: To load a model from object storage (S3/GCS/Azure), 'load_format' must be 'runai_streamer' or 'runai_streamer_sharded', but got '%s'. Model: %s", format, model))
		}
	case strings.HasPrefix(model, "/") && !isFolder(model):
		return hardware.EngineError(fmt.Sprintf(`ValidationError: Invalid repository ID or local directory specified: '%s'.
Please verify the following requirements:
1. Provide a valid Hugging Face repository ID.
2. Specify a local directory that contains a recognized configuration file.
   - For Hugging Face models: ensure the presence of a 'config.json'.
   - For Mistral models: ensure the presence of a 'params.json'.`, model))
	}
	return nil
}
