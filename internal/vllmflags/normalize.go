package vllmflags

import (
	"encoding/json"
	"fmt"
	"strings"
)

// normalize returns the arguments rewritten as vLLM does before argparse: --model goes
// to the front, underscores in names become dashes, -O3 becomes --optimization-level,
// and pairs of --config.key and value are merged into one JSON object for each flag.
func normalize(args []string) ([]string, []string, error) {
	args, warnings := modelFirst(args)
	args = spellNames(args)
	args, duplicates, err := mergeDotted(args)
	if err != nil {
		return nil, nil, err
	}
	if len(duplicates) > 0 {
		warnings = append(warnings, "Found duplicate keys "+strings.Join(duplicates, ", "))
	}
	return args, warnings, nil
}

func modelFirst(args []string) ([]string, []string) {
	for i, arg := range args {
		value, joined := strings.CutPrefix(arg, "--model=")
		rest := i + 1
		if !joined {
			if arg != "--model" || i+1 >= len(args) {
				continue
			}
			value, rest = args[i+1], i+2
		}
		result := append([]string{value}, args[:i]...)
		return append(result, args[rest:]...), []string{
			"With `vllm serve`, you should provide the model as a positional argument or in a config file instead of via the `--model` option.",
		}
	}
	return args, nil
}

// spellName returns --max-model-len=x for --max_model_len=x. It does not change the
// text after the first dot, which holds keys of a JSON object.
func spellName(arg string) string {
	name, value, hasValue := strings.Cut(arg, "=")
	flag, keys, hasKeys := strings.Cut(name, ".")
	spelled := strings.ReplaceAll(flag, "_", "-")
	if hasKeys {
		spelled += "." + keys
	}
	if hasValue {
		spelled += "=" + value
	}
	return spelled
}

func spellNames(args []string) []string {
	var words []string
	for i, arg := range args {
		switch {
		case strings.HasPrefix(arg, "--help="):
			words = append(words, "--help")
		case strings.HasPrefix(arg, "--"):
			words = append(words, spellName(arg))
		case strings.HasPrefix(arg, "-O") && len(arg) > 2 && arg[2] != '.':
			words = append(words, "--optimization-level", strings.TrimPrefix(arg[2:], "="))
		case arg == "-O" && i+1 < len(args) && isLevel(args[i+1]):
			words = append(words, "--optimization-level")
		default:
			words = append(words, arg)
		}
	}
	return words
}

// isLevel reports whether an argument is an optimization level.
func isLevel(arg string) bool { return len(arg) == 1 && arg >= "0" && arg <= "3" }

func mergeDotted(args []string) ([]string, []string, error) {
	var result, order, duplicates []string
	objects := map[string]map[string]any{}
	seen := map[string]bool{}
	for i := 0; i < len(args); i++ {
		arg := args[i]
		name, value, hasValue := strings.Cut(arg, "=")
		if !strings.HasPrefix(arg, "-") || !strings.Contains(name, ".") {
			if strings.HasPrefix(arg, "--") {
				if seen[name] {
					duplicates = append(duplicates, name)
				}
				seen[name] = true
			}
			result = append(result, arg)
			continue
		}
		if !hasValue {
			if i+1 >= len(args) {
				return nil, nil, fmt.Errorf("argument %s: expected one argument", name)
			}
			i++
			value = args[i]
		}
		flag, path, parsed := dotted(name, value)
		if objects[flag] == nil {
			objects[flag] = map[string]any{}
			order = append(order, flag)
		}
		for _, key := range merge(objects[flag], nest(path, parsed)) {
			duplicates = append(duplicates, flag+"."+key)
		}
	}
	for _, flag := range order {
		text, err := json.Marshal(objects[flag])
		if err != nil {
			return nil, nil, fmt.Errorf("argument %s: %w", flag, err)
		}
		result = append(result, flag, string(text))
	}
	return result, duplicates, nil
}

// dotted splits --flag.a.b into the flag and its keys, and reads the value: as JSON if
// it is JSON, else as a string; as a list for --flag.key+.
func dotted(name, value string) (string, []string, any) {
	name, list := strings.CutSuffix(name, "+")
	parts := strings.Split(name, ".")
	if list {
		var items []any
		for _, item := range strings.Split(value, ",") {
			items = append(items, item)
		}
		return parts[0], parts[1:], items
	}
	var parsed any
	if err := json.Unmarshal([]byte(value), &parsed); err != nil {
		parsed = value
	}
	return parts[0], parts[1:], parsed
}

func nest(path []string, value any) map[string]any {
	for i := len(path) - 1; i > 0; i-- {
		value = map[string]any{path[i]: value}
	}
	return map[string]any{path[0]: value}
}

// merge adds update to object, and returns the overwritten keys.
func merge(object, update map[string]any) []string {
	var overwritten []string
	for key, value := range update {
		old, exists := object[key]
		oldMap, oldIsMap := old.(map[string]any)
		newMap, newIsMap := value.(map[string]any)
		oldList, oldIsList := old.([]any)
		newList, newIsList := value.([]any)
		switch {
		case oldIsMap && newIsMap:
			for _, inner := range merge(oldMap, newMap) {
				overwritten = append(overwritten, key+"."+inner)
			}
		case oldIsList && newIsList:
			object[key] = append(oldList, newList...)
		default:
			if exists {
				overwritten = append(overwritten, key)
			}
			object[key] = value
		}
	}
	return overwritten
}
