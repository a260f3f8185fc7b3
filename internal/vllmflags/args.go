package vllmflags

// Args holds the parsed arguments of `vllm serve`. The second result of a getter is
// false if the flag is not set, or set to None.
type Args struct {
	// Model is the positional argument, DefaultModel without one.
	Model string
	// Warnings are the warnings that vLLM would log about the arguments.
	Warnings []string

	values   map[string][]string
	switches map[string]bool
}

// Has reports whether a flag is set.
func (a *Args) Has(flag string) bool {
	_, valued := a.values[flag]
	_, switched := a.switches[flag]
	return valued || switched
}

// String returns a flag's value, or the first of several values.
func (a *Args) String(flag string) (string, bool) {
	values := a.values[flag]
	if len(values) == 0 || a.isNone(flag, values[0]) {
		return "", false
	}
	return values[0], true
}

// Strings returns all values of a flag that accepts several.
func (a *Args) Strings(flag string) []string {
	var values []string
	for _, value := range a.values[flag] {
		if !a.isNone(flag, value) {
			values = append(values, value)
		}
	}
	return values
}

// Int returns a whole number. It expands 32k and 1M, and returns -1 for auto.
func (a *Args) Int(flag string) (int64, bool) {
	value, ok := a.String(flag)
	if !ok {
		return 0, false
	}
	n, err := parseHumanAuto(value)
	return n, err == nil
}

// Float returns a number.
func (a *Args) Float(flag string) (float64, bool) {
	value, ok := a.String(flag)
	if !ok {
		return 0, false
	}
	f, err := parseFloat(value)
	return f, err == nil
}

// Bool returns a switch. set is false if neither --flag nor --no-flag is set.
func (a *Args) Bool(flag string) (value, set bool) {
	value, set = a.switches[flag]
	return value, set
}

func (a *Args) isNone(flag, value string) bool {
	o, ok := options[flag]
	return ok && o.flag != nil && o.flag.Optional && (value == "" || value == "None")
}
