package main

import (
	"bytes"
	"fmt"

	"github.com/vllm-eks/vllm-eks/internal/keys"
	"github.com/vllm-eks/vllm-eks/internal/servingargs"
)

// conversion writes the method that converts a struct of arguments to its part of the
// spec. The keys of the struct begin with the method's argument path.
func conversion(b *bytes.Buffer, s structure) {
	spec := "servingspec." + s.mapping.Type.Name()
	fmt.Fprintf(b, "// spec returns the arguments as a spec. The names of their keys begin with path.\n")
	fmt.Fprintf(b, "func (a *%s) spec(values *inputs, path string) (s %s) {\n\tif a == nil {\n\t\treturn s\n\t}\n", s.name, spec)
	for _, k := range s.mapping.Arguments() {
		if !servingargs.Added(k) {
			fmt.Fprintf(b, "\ts.%s = %s\n", s.mapping.Selector(k), converted(k))
		}
	}
	b.WriteString("\treturn s\n}\n\n")
}

// converted returns the expression that converts an argument to the value of the spec's
// field.
func converted(k *keys.Key) string {
	field := "a." + servingargs.FieldName(k)
	key := fmt.Sprintf("path+%q", k.Name)
	switch {
	case k.Input && k.Kind == keys.String:
		return fmt.Sprintf("values.text(%s, %s)", key, field)
	case k.Input:
		return fmt.Sprintf("values.texts(%s, %s)", key, field)
	case k.Kind == keys.Map:
		return fmt.Sprintf("%s.spec(values, path+%q)", field, k.Name+".")
	case k.Kind == keys.Maps:
		return fmt.Sprintf("items(%s, values, %s, (*%s).spec)", field, key, typeName(k))
	case k.Kind == keys.JSON:
		return fmt.Sprintf("values.json(%s, %s)", key, field)
	}
	return field
}
