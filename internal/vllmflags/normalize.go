package vllmflags

import (
	"encoding/json"
	"fmt"
	"strings"
)

// normalize rewrites the arguments as vLLM does before argparse sees them:
// --model goes to the front, underscores in names become dashes, -O3 becomes
// --optimization-level, and --config.key value pairs are merged into one JSON
// object per flag.
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
		out := append([]string{value}, args[:i]...)
		return append(out, args[rest:]...), []string{
			"With `vllm serve`, you should provide the model as a positional argument or in a config file instead of via the `--model` option.",
		}
	}
	return args, nil
}

// spellName turns --max_model_len=x into --max-model-len=x, and leaves what
// follows the first dot alone because those are keys of a JSON object.
func spellName(arg string) string {
	name, value, hasValue := strings.Cut(arg, "=")
	flag, keys, hasKeys := strings.Cut(name, ".")
	out := strings.ReplaceAll(flag, "_", "-")
	if hasKeys {
		out += "." + keys
	}
	if hasValue {
		out += "=" + value
	}
	return out
}

func spellNames(args []string) []string {
	var out []string
	for i, arg := range args {
		switch {
		case strings.HasPrefix(arg, "--help="):
			out = append(out, "--help")
		case strings.HasPrefix(arg, "--"):
			out = append(out, spellName(arg))
		case strings.HasPrefix(arg, "-O") && len(arg) > 2 && arg[2] != '.':
			out = append(out, "--optimization-level", strings.TrimPrefix(arg[2:], "="))
		case arg == "-O" && i+1 < len(args) && isLevel(args[i+1]):
			out = append(out, "--optimization-level")
		default:
			out = append(out, arg)
		}
	}
	return out
}

// isLevel tells whether an argument is an optimization level.
func isLevel(arg string) bool { return len(arg) == 1 && arg >= "0" && arg <= "3" }

func mergeDotted(args []string) ([]string, []string, error) {
	var out, order, duplicates []string
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
			out = append(out, arg)
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
		out = append(out, flag, string(text))
	}
	return out, duplicates, nil
}

// dotted splits --flag.a.b into the flag and its keys, and reads the value:
// JSON where it is JSON, a string otherwise, a list for --flag.key+.
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

// merge adds update to object and returns the keys that it overwrote.
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
