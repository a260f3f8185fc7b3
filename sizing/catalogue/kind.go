package catalogue

import (
	"slices"
	"strings"
)

// Kind is the purpose of a model.
type Kind int

const (
	// Generator models write text.
	Generator Kind = iota
	// Embedding models return a vector for a text or an image.
	Embedding
	// Reranker models score texts: rerankers, classifiers and reward models.
	Reranker
	// SpeechToText models transcribe speech.
	SpeechToText
)

// String returns the name of the kind in the documentation.
func (k Kind) String() string {
	return nameOf("kind", int(k), "generator", "embedding model", "reranker", "speech-to-text model")
}

// Generates reports whether the answer to a request is a number of output tokens, so
// that speed and cost count output tokens.
func (k Kind) Generates() bool { return k == Generator }

// encoders are the architectures whose attention covers all tokens at once, so nothing
// is cached between tokens (vllm/model_executor/models/bert.py, roberta.py and
// modernbert.py at 017e9f4448, 2026-08-17).
var encoders = []string{"bert", "roberta", "xlm-roberta", "modernbert"}

// transcribers are the model types that only transcribe.
var transcribers = []string{"whisper", "qwen3_asr", "glmasr", "cohere_asr", "voxtral_realtime"}

// chats are architectures that generate although their name ends in Model.
var chats = []string{"ChatGLMModel", "InternVLChatModel", "H2OVLChatModel", "SkyworkR1VChatModel", "Qwen2_5OmniModel", "UltravoxModel", "MossAudioModel", "MiDashengLMModel"}

// kindOfArchitectures returns the kind by vLLM's rules (_SUFFIX_TO_DEFAULTS in
// vllm/config/model.py at 017e9f4448, 2026-08-17).
func kindOfArchitectures(modelType string, architectures []string) Kind {
	if slices.Contains(transcribers, modelType) {
		return SpeechToText
	}
	for _, name := range architectures {
		for _, suffix := range []string{"ForSequenceClassification", "ForTokenClassification", "ForRewardModel", "ForProcessRewardModel", "ForRanking"} {
			if strings.HasSuffix(name, suffix) {
				return Reranker
			}
		}
		if slices.Contains(chats, name) {
			continue
		}
		for _, suffix := range []string{"Model", "ForMaskedLM", "ForRetrieval", "ForTextEncoding"} {
			if strings.HasSuffix(name, suffix) && !strings.HasSuffix(name, "LMHeadModel") {
				return Embedding
			}
		}
	}
	if slices.Contains(encoders, modelType) {
		return Embedding
	}
	return Generator
}

// headless reports whether a model has no output head over the vocabulary.
func headless(modelType string, architectures []string) bool {
	kind := kindOfArchitectures(modelType, architectures)
	return kind == Embedding || kind == Reranker
}

// named returns the kind that a model's name states, for an architecture that could
// also generate.
func (k Kind) named(id string) Kind {
	name := words(id)
	switch {
	case k != Generator:
		return k
	case strings.Contains(name, "-reranker-"), strings.Contains(name, "-rerank-"):
		return Reranker
	case strings.Contains(name, "-embedding-"), strings.Contains(name, "-embed-"), strings.Contains(name, "-embeddings-"):
		return Embedding
	case strings.Contains(name, "-asr-"), strings.Contains(name, "-whisper-"):
		return SpeechToText
	}
	return k
}
