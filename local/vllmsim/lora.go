package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/vllm-eks/vllm-eks/internal/vllmflags"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/api"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/hardware"
)

// lora holds the flags about adapters.
type lora struct {
	enabled     bool
	maxAdapters int // maximum number of adapters in a batch
	adapters    []api.Adapter
}

// readLoRA returns an error for flags that vLLM refuses before it loads. load checks whether
// the adapters exist.
func readLoRA(args *vllmflags.Args, names []string) (lora, error) {
	l := lora{}
	for _, item := range args.Strings("--lora-modules") {
		a, err := readAdapter(item)
		if err != nil {
			return l, err
		}
		if !slices.Contains(names, a.Parent) { // vLLM ignores any other parent
			a.Parent = names[0]
		}
		l.adapters = append(l.adapters, a)
	}
	if l.enabled, _ = args.Bool("--enable-lora"); !l.enabled {
		return l, nil
	}
	maxAdapters, present := args.Int("--max-loras")
	if !present {
		maxAdapters = 1
	}
	onCPU, present := args.Int("--max-cpu-loras")
	l.maxAdapters = int(maxAdapters)
	switch {
	case maxAdapters < 1:
		return l, hardware.EngineError(fmt.Sprintf("ValidationError: max_loras should be greater than or equal to 1, got %d", maxAdapters))
	case present && onCPU < maxAdapters:
		return l, hardware.EngineError(fmt.Sprintf("ValidationError: max_cpu_loras (%d) must be >= max_loras (%d)", onCPU, maxAdapters))
	}
	return l, nil
}

// readAdapter parses an item of --lora-modules: NAME=PATH, or JSON.
func readAdapter(item string) (api.Adapter, error) {
	if strings.Contains(item, "=") && !strings.Contains(item, ",") {
		parts := strings.Split(item, "=")
		if len(parts) > 2 {
			return api.Adapter{}, hardware.EngineError("ValueError: too many values to unpack (expected 2)")
		}
		return api.Adapter{Name: parts[0], Path: parts[1]}, nil
	}
	if !json.Valid([]byte(item)) {
		return api.Adapter{}, usageError("Invalid JSON format for --lora-modules: " + item)
	}
	var fields struct {
		Name          *string `json:"name"`
		Path          *string `json:"path"`
		BaseModelName *string `json:"base_model_name"`
		Is3D          bool    `json:"is_3d_lora_weight"`
	}
	decoder := json.NewDecoder(strings.NewReader(item))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&fields)
	if err == nil && (fields.Name == nil || fields.Path == nil) {
		err = errors.New("name and path are required")
	}
	if err != nil {
		return api.Adapter{}, usageError("Invalid fields for --lora-modules: " + item + " - " + err.Error())
	}
	parent := ""
	if fields.BaseModelName != nil {
		parent = *fields.BaseModelName
	}
	return api.Adapter{Name: *fields.Name, Path: *fields.Path, Parent: parent}, nil
}

// load does what vLLM's server does after it has loaded the model: it loads each adapter, and
// returns the first error. An adapter that is not an absolute path is assumed to be on Hugging
// Face.
func (l lora) load(log *logger) error {
	var loaded []string
	for _, a := range l.adapters {
		switch {
		case a.Name == "" || a.Path == "":
			return hardware.EngineError("ValueError: Both 'lora_name' and 'lora_path' must be provided.")
		case slices.Contains(loaded, a.Name):
			return hardware.EngineError(fmt.Sprintf("ValueError: The lora adapter '%s' has already been loaded. If you want to load the adapter in place, set 'load_inplace' to True.", a.Name))
		case !l.enabled:
			return hardware.EngineError("ValueError: Call to add_lora method failed: LoRA is not enabled. Use --enable-lora to enable LoRA.")
		case strings.HasPrefix(a.Path, "/") && !isFolder(a.Path):
			return hardware.EngineError(fmt.Sprintf("ValueError: Loading lora %s failed: No adapter found for %s", a.Name, a.Path))
		}
		loaded = append(loaded, a.Name)
		log.info("Loaded new LoRA adapter: name '%s', path '%s'", a.Name, a.Path)
	}
	return nil
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
