package vllmflags

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// DefaultModel is the model that vLLM serves without a positional argument.
const DefaultModel = "Qwen/Qwen3-0.6B"

// ErrHelp is the error for arguments that request help instead of a server.
var ErrHelp = errors.New("help requested")

// Parse reads the arguments of `vllm serve` (without "vllm serve") by the rules of
// vLLM's argparse: a unique prefix means a flag, the last value wins, and the error is
// the text that argparse prints after "error: ".
//
// Parse is stricter than argparse in two cases. A removed flag is unknown even if it is
// the prefix of another flag (--device, --device-ids). --config is refused, because its
// file cannot be checked.
func Parse(args []string) (*Args, error) {
	parsed, unknown, err := ParseKnown(args)
	if err != nil {
		return nil, err
	}
	if len(unknown) > 0 {
		return nil, errors.New("unrecognized arguments: " + strings.Join(unknown, " "))
	}
	return parsed, nil
}

// ParseKnown reads the arguments like Parse, and returns unknown arguments separately.
func ParseKnown(args []string) (parsed *Args, unknown []string, err error) {
	words, warnings, err := normalize(args)
	if err != nil {
		return nil, nil, err
	}
	p := parser{args: &Args{Model: DefaultModel, Warnings: warnings, values: map[string][]string{}, switches: map[string]bool{}}}
	if err := p.classify(words); err != nil {
		return nil, nil, err
	}
	if err := p.run(); err != nil {
		return nil, nil, err
	}
	return p.args, p.extras, nil
}

// word is one argument with its meaning for argparse.
type word struct {
	text     string
	isOption bool
	// option is the flag behind an option; nil for an unknown one.
	option   *option
	written  string
	explicit *string // the value after "=", or directly after a short flag
}

type parser struct {
	args      *Args
	words     []word
	extras    []string
	modelSeen bool
}

var negativeNumber = regexp.MustCompile(`^-\d+$|^-\d*\.\d+$`)

func (p *parser) classify(words []string) error {
	onlyValues := false
	for _, text := range words {
		if onlyValues || text == "--" {
			onlyValues = true
			if text != "--" || len(p.words) > 0 && p.words[len(p.words)-1].text == "--" {
				p.words = append(p.words, word{text: text})
			}
			continue
		}
		w, err := classifyWord(text)
		if err != nil {
			return err
		}
		p.words = append(p.words, w)
	}
	return nil
}

func classifyWord(text string) (word, error) {
	w := word{text: text}
	if len(text) < 2 || text[0] != '-' {
		return w, nil
	}
	if o, ok := options[text]; ok {
		w.isOption, w.option, w.written = true, &o, text
		return w, nil
	}
	name, value, hasValue := strings.Cut(text, "=")
	if hasValue {
		if o, ok := options[name]; ok {
			w.isOption, w.option, w.written, w.explicit = true, &o, name, &value
			return w, nil
		}
	}
	if _, gone := removed[name]; gone {
		w.isOption = true
		return w, nil
	}
	matches := abbreviations(text)
	switch {
	case len(matches) > 1:
		names := make([]string, len(matches))
		for i, m := range matches {
			names[i] = m.written
		}
		return w, fmt.Errorf("ambiguous option: %s could match %s", text, strings.Join(names, ", "))
	case len(matches) == 1:
		return matches[0], nil
	case negativeNumber.MatchString(text), strings.Contains(text, " "):
		return w, nil
	}
	w.isOption = true
	return w, nil
}

// abbreviations returns the options that a text may mean: options with this prefix and,
// for -qawq, the one-letter option with its value.
func abbreviations(text string) []word {
	prefix, value, hasValue := strings.Cut(text, "=")
	var matches []word
	for _, name := range optionSet {
		o := options[name]
		w := word{text: text, isOption: true, option: &o, written: name}
		switch {
		case !strings.HasPrefix(text, "--") && len(name) == 2 && name == text[:2]:
			glued := text[2:]
			w.explicit = &glued
		case strings.HasPrefix(text, "--") == strings.HasPrefix(name, "--") && strings.HasPrefix(name, prefix):
			if hasValue {
				w.explicit = &value
			}
		default:
			continue
		}
		matches = append(matches, w)
	}
	return matches
}

func (p *parser) run() error {
	for i := 0; i < len(p.words); {
		w := p.words[i]
		i++
		switch {
		case !w.isOption:
			p.positional(w.text)
		case w.option == nil:
			p.extras = append(p.extras, w.text)
		case w.option.flag == nil:
			return ErrHelp
		default:
			used, err := p.apply(w, p.words[i:])
			if err != nil {
				return fmt.Errorf("argument %s: %w", w.option.flag.display(), err)
			}
			i += used
		}
	}
	return nil
}

func (p *parser) positional(text string) {
	if p.modelSeen {
		p.extras = append(p.extras, text)
		return
	}
	p.modelSeen, p.args.Model = true, text
}

// apply stores a flag with its values, and returns the number of words that it used.
func (p *parser) apply(w word, next []word) (int, error) {
	flag := w.option.flag
	if flag.Arity == ArityNone {
		if w.explicit != nil {
			return 0, fmt.Errorf("ignored explicit argument %s", quote(*w.explicit))
		}
		p.args.switches[flag.Name] = !w.option.negated
		return 0, nil
	}
	if flag.Name == "--config" {
		return 0, errors.New("flags from a file are not supported here; give them one by one")
	}
	values, used := takeValues(flag, w.explicit, next)
	if len(values) == 0 && flag.Arity != ArityMaybe {
		if flag.Arity == ArityMany {
			return 0, errors.New("expected at least one argument")
		}
		return 0, errors.New("expected one argument")
	}
	for _, value := range values {
		if message := flag.check(value); message != "" {
			return 0, errors.New(message)
		}
	}
	if flag.Arity == ArityAppend {
		values = append(slices.Clone(p.args.values[flag.Name]), values...)
	}
	p.args.values[flag.Name] = values
	return used, nil
}

func takeValues(flag *Flag, explicit *string, next []word) ([]string, int) {
	if explicit != nil {
		return []string{*explicit}, 0
	}
	limit := 1
	if flag.Arity == ArityMany {
		limit = len(next)
	}
	var values []string
	for _, w := range next {
		if w.isOption || len(values) == limit {
			break
		}
		values = append(values, w.text)
	}
	return values, len(values)
}
