package vllmflags

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// check returns why a value is invalid for a flag, in argparse's words and without the
// leading "argument --flag: "; "" for a valid value.
func (f *Flag) check(value string) string {
	if f.Optional && (value == "" || value == "None") {
		if len(f.Choices) == 0 {
			return ""
		}
		// vLLM converts the text into Python's None, which is not the listed 'None'.
		return f.badChoice("None")
	}
	if message := f.checkKind(value); message != "" {
		return message
	}
	if len(f.Choices) > 0 && !slices.Contains(f.Choices, value) {
		if f.Kind == KindInt {
			return f.badChoice(value)
		}
		return f.badChoice(quote(value))
	}
	return ""
}

func (f *Flag) checkKind(value string) string {
	err := f.kindError(value)
	if err == nil {
		return ""
	}
	return f.badValue(value, err)
}

func (f *Flag) kindError(value string) error {
	var err error
	switch f.Kind {
	case KindInt:
		_, err = parseInt(value)
	case KindHumanInt:
		_, err = parseHumanInt(value)
	case KindHumanAuto:
		_, err = parseHumanAuto(value)
	case KindFloat:
		_, err = parseFloat(value)
	case KindJSON:
		err = validJSON(value)
	case KindDict:
		if trimmed := strings.TrimSpace(value); strings.HasPrefix(trimmed, "{") && strings.HasSuffix(trimmed, "}") {
			err = validJSON(value)
		}
	case KindConfig:
		err = validObject(value)
	case KindString, KindBool, KindTrue:
	}
	return err
}

// explain returns the problem of check in words for the author of a configuration. It
// does not repeat a value that may hold a secret: it states only the problem and its
// position.
func (f *Flag) explain(value string) string {
	message := f.check(value)
	if message == "" {
		return ""
	}
	switch f.Kind {
	case KindJSON, KindDict, KindConfig:
	case KindInt, KindHumanInt, KindHumanAuto, KindFloat, KindString, KindBool, KindTrue:
		return message
	}
	var syntax *json.SyntaxError
	if err := f.kindError(value); errors.As(err, &syntax) {
		before := value[:min(int(syntax.Offset), len(value))]
		return fmt.Sprintf("is not valid JSON (at character %d)", utf8.RuneCountInString(before))
	}
	return "is valid JSON, but not an object of the form {…}"
}

func (f *Flag) badValue(value string, err error) string {
	switch {
	case f.Kind == KindConfig:
		return "invalid value: " + err.Error()
	case f.Optional && f.Kind == KindInt, f.Optional && f.Kind == KindFloat:
		return fmt.Sprintf("Value %s cannot be converted to <class '%s'>.", value, f.Kind)
	case f.Kind == KindJSON, f.Kind == KindDict:
		return fmt.Sprintf("Value %s cannot be converted to JSON: %v", value, err)
	case f.Optional && f.Kind == KindHumanInt:
		return fmt.Sprintf("Value %s cannot be converted to <function human_readable_int>.", value)
	case f.Kind == KindHumanInt:
		return fmt.Sprintf("invalid human_readable_int value: %s", quote(value))
	case f.Kind == KindHumanAuto:
		return fmt.Sprintf("invalid human_readable_int_or_auto value: %s", quote(value))
	default:
		return fmt.Sprintf("invalid %s value: %s", f.Kind, quote(value))
	}
}

func (f *Flag) badChoice(got string) string {
	quoted := make([]string, len(f.Choices))
	for i, choice := range f.Choices {
		if f.Kind == KindInt {
			quoted[i] = choice
		} else {
			quoted[i] = quote(choice)
		}
	}
	return fmt.Sprintf("invalid choice: %s (choose from %s)", got, strings.Join(quoted, ", "))
}

// quote returns a string in the form of Python's repr for common cases.
func quote(s string) string {
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		return `"` + s + `"`
	}
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`).Replace(s) + "'"
}

// parseInt reads the numbers that Python's int() reads: with signs, surrounding space,
// and single underscores between digits.
func parseInt(value string) (int64, error) {
	s := strings.TrimSpace(value)
	if strings.HasPrefix(s, "_") || strings.HasSuffix(s, "_") || strings.Contains(s, "__") {
		return 0, strconv.ErrSyntax
	}
	return strconv.ParseInt(strings.ReplaceAll(s, "_", ""), 10, 64)
}

func parseFloat(value string) (float64, error) {
	s := strings.TrimSpace(value)
	if strings.HasPrefix(strings.ToLower(strings.TrimLeft(s, "+-")), "0x") {
		return 0, strconv.ErrSyntax
	}
	return strconv.ParseFloat(strings.ReplaceAll(s, "_", ""), 64)
}

var humanInt = regexp.MustCompile(`^(\d+(?:\.\d+)?)([kKmMgGtT])$`)

var humanScale = map[string]float64{
	"k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12,
	"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40,
}

// parseHumanInt reads 4096, 25.6k (25,600) and 32K (32,768). Only decimal suffixes
// allow fractions.
func parseHumanInt(value string) (int64, error) {
	s := strings.TrimSpace(value)
	match := humanInt.FindStringSubmatch(s)
	if match == nil {
		return parseInt(s)
	}
	binary := strings.ToUpper(match[2]) == match[2]
	if binary && strings.Contains(match[1], ".") {
		return 0, fmt.Errorf("%w: a binary suffix takes whole numbers", strconv.ErrSyntax)
	}
	number, err := strconv.ParseFloat(match[1], 64)
	if err != nil {
		return 0, err
	}
	scaled := number * humanScale[match[2]]
	if scaled > math.MaxInt64 {
		return 0, strconv.ErrRange
	}
	return int64(scaled), nil
}

func parseHumanAuto(value string) (int64, error) {
	if s := strings.TrimSpace(value); s == "-1" || strings.EqualFold(s, "auto") {
		return -1, nil
	}
	return parseHumanInt(value)
}

func validJSON(value string) error {
	var v any
	return json.Unmarshal([]byte(value), &v)
}

var (
	jsonString = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	bareHuman  = regexp.MustCompile(`\b\d+(?:\.\d+)?[kKmMgGtT]\b`)
)

// plainNumbers replaces numbers such as 80m, which vLLM accepts without quotes in a
// configuration object, by numbers of the same length.
func plainNumbers(value string) string {
	var text strings.Builder
	rest := value
	for rest != "" {
		span := jsonString.FindStringIndex(rest)
		if span == nil {
			span = []int{len(rest), len(rest)}
		}
		text.WriteString(bareHuman.ReplaceAllStringFunc(rest[:span[0]], func(token string) string {
			if _, err := parseHumanInt(token); err != nil {
				return token
			}
			return strings.Repeat("1", len(token)) // any number: the length keeps the error's position
		}))
		text.WriteString(rest[span[0]:span[1]])
		rest = rest[span[1]:]
	}
	return text.String()
}

// validObject checks that a value is a configuration object.
func validObject(value string) error {
	var object map[string]any
	if err := json.Unmarshal([]byte(plainNumbers(value)), &object); err != nil {
		return fmt.Errorf("want a JSON object: %w", err)
	}
	return nil
}
