package catalogue

import (
	"embed"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
)

// The models, each with the keys of its Hugging Face config.json. The same code reads
// the catalogue and a user's file.
//
//go:embed models/*.json
var files embed.FS

// entry is one shape with its names.
type entry struct {
	IDs        []string        `json:"ids"`
	Families   []string        `json:"families"`
	Parameters float64         `json:"parameters"`
	Rounded    bool            `json:"approximate"`
	Config     json.RawMessage `json:"config"`

	// shape computes the shape at its first call.
	shape func() (Shape, error)
}

// parse returns the shape of the entry.
func (e entry) parse() (Shape, error) {
	s, err := ParseConfig(e.Config)
	if err == nil {
		err = s.settleTotal(e.Parameters)
	}
	s.Name, s.Kind = e.IDs[0], s.Kind.named(e.IDs[0])
	return s, err
}

// load returns the catalogue, which it reads once. A test checks that the catalogue has
// no errors.
var load = sync.OnceValues(func() ([]entry, error) {
	names, err := files.ReadDir("models")
	if err != nil {
		return nil, err
	}
	var entries []entry
	for _, name := range names {
		text, err := files.ReadFile(path.Join("models", name.Name()))
		if err != nil {
			return nil, err
		}
		var group []entry
		if err := json.Unmarshal(text, &group); err != nil {
			return nil, fmt.Errorf("%s: %w", name.Name(), err)
		}
		for _, e := range group {
			e.shape = sync.OnceValues(e.parse)
			entries = append(entries, e)
		}
	}
	return entries, nil
})

// FindShape returns the shape of a model by its Hugging Face id: the entry of the
// repository, or that of a family whose name is part of the repository's name, with the
// quantisation that the name states. Any other model is not found; the function guesses
// nothing.
func FindShape(id string) (Shape, bool) {
	entries, _ := load()
	for _, e := range entries {
		for _, candidate := range e.IDs {
			if strings.EqualFold(candidate, id) {
				s, err := e.shape()
				s.Name = candidate
				return s, err == nil
			}
		}
	}
	name := words(id)
	var longest string
	var familyEntry entry
	for _, e := range entries {
		for _, family := range e.Families {
			if len(family) > len(longest) && strings.Contains(name, "-"+family+"-") && sameMedia(name, words(e.IDs[0])) {
				longest, familyEntry = family, e
			}
		}
	}
	if longest == "" {
		return Shape{}, false
	}
	found, err := familyEntry.shape()
	found.Family = true
	switch q := found.named(id); {
	case q.Method != "":
		found.Quantization = q
	case strings.Contains(name, "-bf16-"), strings.Contains(name, "-fp16-"):
		found.Quantization = Quantization{}
	}
	found.Kind = found.Kind.named(id)
	return found, err == nil
}

// sameMedia reports whether two names state the same media: a family's text model does
// not have the shape of its vision model.
func sameMedia(a, b string) bool {
	return !slices.ContainsFunc(media, func(m string) bool { return strings.Contains(a, m) != strings.Contains(b, m) })
}

// media are the parts of names that state images, audio or speech.
var media = []string{"-vl-", "-omni-", "-ocr-", "-asr-", "-tts-", "-audio-", "-vision-", "-multimodal-"}

// ShapeOf returns the shape of a model by its config.json. If the file does not state a
// quantisation, the model's name does. If the text has only the size of the weights,
// the catalogue supplies the rest.
func ShapeOf(id string, config []byte) (Shape, error) {
	if _, keys, _, err := plausible(config); err == nil {
		if size, only := keys.weightsOnly(); only {
			s, ok := FindShape(IDOf(id))
			if !ok {
				return s, fmt.Errorf("has only weightsGiB, and the catalogue does not have the shape of %s; give its config.json with it", id)
			}
			s.WeightsGiB = size
			return s, nil
		}
	}
	s, err := ParseConfig(config)
	s.Name, s.Kind = id, s.Kind.named(id)
	return s.WithQuantization(id), err
}

// lastName returns an id without its organisation.
func lastName(id string) string { return id[strings.LastIndexByte(id, '/')+1:] }

// words returns the last name in lower case, with '-' between words and at both ends.
func words(id string) string {
	return "-" + separators.Replace(strings.ToLower(lastName(id))) + "-"
}

var separators = strings.NewReplacer("_", "-", " ", "-", "(", "-", ")", "-", ",", "-", ":", "-")

// ShapeNames returns the first id of every shape, sorted.
func ShapeNames() []string {
	entries, _ := load()
	var names []string
	for _, e := range entries {
		names = append(names, e.IDs[0])
	}
	slices.Sort(names)
	return names
}

// IDOf returns the id under which the catalogue may have a model. For an address in an
// object store or an absolute path, it returns the last two parts, because users
// arrange buckets and volumes by id. It returns a Hugging Face id unchanged.
func IDOf(model string) string {
	_, path, isAddress := strings.Cut(model, "://")
	switch {
	case isAddress:
	case strings.HasPrefix(model, "/"):
		path = model
	default:
		return model
	}
	parts := strings.Split(strings.Trim(path, "/"), "/")
	return strings.Join(parts[max(len(parts)-2, 0):], "/")
}
