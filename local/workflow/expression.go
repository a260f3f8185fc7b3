package workflow

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// Contexts are the values of an expression by the name of their context, such as github or
// needs. A value is a string, a list or a map.
type Contexts map[string]any

// placeholders matches the expressions in a text.
var placeholders = regexp.MustCompile(`\$\{\{(.*?)\}\}`)

// Interpolate replaces the expressions in a text.
func (c Contexts) Interpolate(text string) (string, error) {
	var failed error
	replaced := placeholders.ReplaceAllStringFunc(text, func(match string) string {
		value, err := c.Evaluate(strings.TrimSpace(match[3 : len(match)-2]))
		if err != nil && failed == nil {
			failed = err
		}
		return words(value)
	})
	return replaced, failed
}

// Evaluate returns the value of an expression, with or without its ${{ }}.
func (c Contexts) Evaluate(expression string) (any, error) {
	if inner, found := strings.CutPrefix(strings.TrimSpace(expression), "${{"); found {
		expression = strings.TrimSuffix(inner, "}}")
	}
	p := &parser{contexts: c, tokens: tokens.FindAllString(expression, -1)}
	if strings.Join(strings.Fields(strings.Join(p.tokens, "")), "") != strings.Join(strings.Fields(expression), "") {
		return nil, fmt.Errorf("expression %q: has characters that the template does not use", expression)
	}
	value, err := p.or()
	if err == nil && len(p.tokens) > 0 {
		err = fmt.Errorf("unexpected %q", p.tokens[0])
	}
	if err != nil {
		return nil, fmt.Errorf("expression %q: %w", expression, err)
	}
	return value, nil
}

// tokens matches the words of an expression: operators, texts, and names with their dots.
var tokens = regexp.MustCompile(`\|\||&&|==|!=|!|\(|\)|'[^']*'|[A-Za-z_][\w.-]*`)

type parser struct {
	contexts Contexts
	tokens   []string
}

// take removes the next token if it is one of words.
func (p *parser) take(words ...string) bool {
	for _, word := range words {
		if len(p.tokens) > 0 && p.tokens[0] == word {
			p.tokens = p.tokens[1:]
			return true
		}
	}
	return false
}

func (p *parser) or() (any, error) {
	left, err := p.and()
	for err == nil && p.take("||") {
		var right any
		right, err = p.and()
		if !truth(left) {
			left = right
		}
	}
	return left, err
}

func (p *parser) and() (any, error) {
	left, err := p.comparison()
	for err == nil && p.take("&&") {
		var right any
		right, err = p.comparison()
		if truth(left) {
			left = right
		}
	}
	return left, err
}

func (p *parser) comparison() (any, error) {
	left, err := p.value()
	for _, operator := range []string{"==", "!="} {
		if err != nil || !p.take(operator) {
			continue
		}
		var right any
		right, err = p.value()
		left = (words(left) == words(right)) == (operator == "==")
	}
	return left, err
}

func (p *parser) value() (any, error) {
	if p.take("!") {
		value, err := p.value()
		return !truth(value), err
	}
	if p.take("(") {
		value, err := p.or()
		if err == nil && !p.take(")") {
			err = fmt.Errorf("a parenthesis is open")
		}
		return value, err
	}
	if len(p.tokens) == 0 {
		return nil, fmt.Errorf("a value is missing")
	}
	token := p.tokens[0]
	p.tokens = p.tokens[1:]
	switch {
	case token[0] == '\'':
		return strings.Trim(token, "'"), nil
	case p.take("("):
		return p.call(token)
	default:
		return p.contexts.lookup(token)
	}
}

// call returns the value of a function, whose parenthesis is open.
func (p *parser) call(name string) (any, error) {
	if name == "cancelled" && p.take(")") {
		return false, nil
	}
	if name != "fromJSON" {
		return nil, fmt.Errorf("the template uses no function %s", name)
	}
	argument, err := p.or()
	if err != nil {
		return nil, err
	}
	if !p.take(")") {
		return nil, fmt.Errorf("a parenthesis is open")
	}
	var value any
	if err := json.Unmarshal([]byte(words(argument)), &value); err != nil {
		return nil, fmt.Errorf("fromJSON: %w", err)
	}
	return value, nil
}

// lookup returns the value at a path such as github.repository. A variable that is not set
// is empty, as on GitHub. Every other missing value is an error.
func (c Contexts) lookup(path string) (any, error) {
	var value any = map[string]any(c)
	for _, name := range strings.Split(path, ".") {
		object, isObject := value.(map[string]any)
		next, found := object[name]
		switch {
		case isObject && !found && strings.HasPrefix(path, "vars."):
			return "", nil
		case !found:
			return nil, fmt.Errorf("there is no %s", path)
		}
		value = next
	}
	return value, nil
}

func truth(value any) bool {
	switch v := value.(type) {
	case bool:
		return v
	case string:
		return v != ""
	default:
		return value != nil
	}
}

// words returns a value as text.
func words(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	default:
		return fmt.Sprint(v)
	}
}
