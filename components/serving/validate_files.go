package serving

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/vllm-eks/vllm-eks/internal/vllmflags"
)

// fileFlags name a file that must be in the pod.
var fileFlags = []string{"--chat-template", "--log-config-file", "--mm-encoder-fp8-scale-path"}

// builtInTemplates are chat templates that vLLM has under these names
// (vllm/transformers_utils/chat_templates at 2f41c894e3).
var builtInTemplates = []string{"template_basic.jinja", "template_blip2.jinja", "template_chatml.jinja", "template_deepseek_ocr.jinja", "template_deepseek_vl2.jinja", "template_kimi_audio.jinja", "template_minicpmv45.jinja"}

// missingFiles returns the files that arguments name and that the stock image does
// not have, where no volume is mounted either. A chat template may also be given as
// its text.
func (s Spec) missingFiles() []string {
	args, _, err := vllmflags.ParseKnown(engineArgs(s))
	if err != nil || s.Image != "" || s.PodPatch != "" {
		return nil
	}
	var missing []string
	for _, flag := range fileFlags {
		file, ok := args.String(flag)
		if !ok || strings.ContainsAny(file, "{}\n") || slices.Contains(builtInTemplates, file) || s.onAVolume(file) {
			continue
		}
		missing = append(missing, fmt.Sprintf("%s: is a file that the image does not have; mount it with volumes, and give its path there", flag))
	}
	return missing
}

// onAVolume reports whether a file is where one of the user's volumes is mounted,
// the weights' or the cache's.
func (s Spec) onAVolume(file string) bool {
	file = path.Clean(file)
	return slices.ContainsFunc(mounts(s), func(m mount) bool {
		empty := m.volume.EmptyDir != nil || m.volume.Ephemeral != nil
		return !empty && strings.HasPrefix(file, path.Clean(m.path)+"/")
	})
}
