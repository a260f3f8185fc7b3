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

// The models: each with the keys of its Hugging Face config.json, so that the
// catalogue is read by the same code as a user's own file.
//
//go:embed models/*.json
var files embed.FS

// entry is one shape, with the names that it goes by.
type entry struct {
	IDs        []string        `json:"ids"`
	Families   []string        `json:"families"`
	Parameters float64         `json:"parameters"`
	Rounded    bool            `json:"approximate"`
	Config     json.RawMessage `json:"config"`

	// shape is computed when it is asked for, and once.
	shape func() (Shape, error)
}

// parse computes the shape.
func (e entry) parse() (Shape, error) {
	s, err := ParseConfig(e.Config)
	if err == nil {
		err = s.settleTotal(e.Parameters)
	}
	s.Name, s.Kind = e.IDs[0], s.Kind.named(e.IDs[0])
	return s, err
}

// load reads the catalogue once. A test holds that it is without errors.
var load = sync.OnceValues(func() ([]entry, error) {
	names, err := files.ReadDir("models")
	if err != nil {
		return nil, err
	}
	var all []entry
	for _, name := range names {
		text, err := files.ReadFile(path.Join("models", name.Name()))
		if err != nil {
			return nil, err
		}
		var some []entry
		if err := json.Unmarshal(text, &some); err != nil {
			return nil, fmt.Errorf("%s: %w", name.Name(), err)
		}
		for _, e := range some {
			e.shape = sync.OnceValues(e.parse)
			all = append(all, e)
		}
	}
	return all, nil
})

// FindShape returns the shape of a model by its Hugging Face id: the
// repository's own entry, or that of the family whose name the repository's
// contains, with the quantisation that the name tells. A model of neither kind
// is not found: nothing is guessed.
func FindShape(id string) (Shape, bool) {
	all, _ := load()
	for _, e := range all {
		for _, known := range e.IDs {
			if strings.EqualFold(known, id) {
				s, err := e.shape()
				s.Name = known
				return s, err == nil
			}
		}
	}
	name := words(id)
	var longest string
	var of entry
	for _, e := range all {
		for _, family := range e.Families {
			if len(family) > len(longest) && strings.Contains(name, "-"+family+"-") && sameMedia(name, words(e.IDs[0])) {
				longest, of = family, e
			}
		}
	}
	if longest == "" {
		return Shape{}, false
	}
	found, err := of.shape()
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

// sameMedia reports whether two names tell of the same towers: a family's text
// model is not the shape of its vision model.
func sameMedia(name, other string) bool {
	return !slices.ContainsFunc(media, func(m string) bool { return strings.Contains(name, m) != strings.Contains(other, m) })
}

// media are the marks of models that see, hear or speak.
var media = []string{"-vl-", "-omni-", "-ocr-", "-asr-", "-tts-", "-audio-", "-vision-", "-multimodal-"}

// ShapeOf returns the shape of a model by its config.json, with the
// quantisation that its name tells where the file says nothing of one. Where
// only the size of the weights is given, the rest is that of the catalogue.
func ShapeOf(id string, config []byte) (Shape, error) {
	if _, keys, _, err := plausible(config); err == nil {
		if size, alone := keys.weightsAlone(); alone {
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

// lastName is an id without its organisation.
func lastName(id string) string { return id[strings.LastIndexByte(id, '/')+1:] }

// words is the last name in lower case, its words joined and surrounded by '-'.
func words(id string) string {
	return "-" + separators.Replace(strings.ToLower(lastName(id))) + "-"
}

var separators = strings.NewReplacer("_", "-", " ", "-", "(", "-", ")", "-", ",", "-", ":", "-")

// ShapeNames lists the first id of every shape, sorted.
func ShapeNames() []string {
	all, _ := load()
	var names []string
	for _, e := range all {
		names = append(names, e.IDs[0])
	}
	slices.Sort(names)
	return names
}

// IDOf is the id by which the catalogue may have a model. An address in an object
// store or an absolute path ends in it, as people lay out buckets and volumes:
// its last two parts. A Hugging Face id is its own.
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
