package vllmflags

// Args are the parsed arguments of `vllm serve`. A getter's second result is
// false where the flag was not given, or given as None.
type Args struct {
	// Model is the positional argument, DefaultModel without one.
	Model string
	// Warnings are what vLLM would log about the arguments.
	Warnings []string

	values   map[string][]string
	switches map[string]bool
}

// Has says whether a flag was given at all.
func (a *Args) Has(flag string) bool {
	_, valued := a.values[flag]
	_, switched := a.switches[flag]
	return valued || switched
}

// String returns a flag's value, the first one if it has several.
func (a *Args) String(flag string) (string, bool) {
	values := a.values[flag]
	if len(values) == 0 || a.isNone(flag, values[0]) {
		return "", false
	}
	return values[0], true
}

// Strings returns all values of a flag that takes several.
func (a *Args) Strings(flag string) []string {
	var out []string
	for _, value := range a.values[flag] {
		if !a.isNone(flag, value) {
			out = append(out, value)
		}
	}
	return out
}

// Int returns a whole number, with 32k and 1M expanded and auto as -1.
func (a *Args) Int(flag string) (int64, bool) {
	value, ok := a.String(flag)
	if !ok {
		return 0, false
	}
	n, err := parseHumanAuto(value)
	return n, err == nil
}

// Float returns a fraction.
func (a *Args) Float(flag string) (float64, bool) {
	value, ok := a.String(flag)
	if !ok {
		return 0, false
	}
	f, err := parseFloat(value)
	return f, err == nil
}

// Bool returns a switch: given is false where neither --flag nor --no-flag was.
func (a *Args) Bool(flag string) (value, given bool) {
	value, given = a.switches[flag]
	return value, given
}

func (a *Args) isNone(flag, value string) bool {
	o, ok := options[flag]
	return ok && o.flag != nil && o.flag.Optional && (value == "" || value == "None")
}
