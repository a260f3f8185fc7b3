// Package panicstest calls the exported functions and methods of a package with unusual
// values: nil, zero, and structs with only some fields set. A panic or a call that does
// not return is a failure.
package panicstest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"math/rand/v2"
	"os"
	"reflect"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"
)

// patience is the longest duration of a call. Each call only computes a few numbers.
const patience = 30 * time.Second

// Package holds the exported functions and types of a package.
type Package struct {
	// Types holds a value of each type that has exported methods.
	Types []any
	// Functions holds the exported functions by name.
	Functions map[string]any
	// Skipped holds the functions that cannot be called in a test, by name, with the
	// reason.
	Skipped map[string]string
}

// Check calls all exported functions and methods of the package in a folder, with nil and
// zero values, and with values with random fields set. It fails if the lists lack a
// function or a type with methods.
func (p Package) Check(t *testing.T, folder string) {
	t.Helper()
	p.Covers(t, folder)
	random := source()
	failed := map[string]bool{}
	call := func(name string, f reflect.Value, given []reflect.Value) {
		if failed[name] {
			return
		}
		if problem := Problem(f, given...); problem != "" {
			failed[name] = true
			t.Errorf("%s %s", name, problem)
		}
	}
	for round := range rounds {
		for _, v := range p.Types {
			methods(value(reflect.TypeOf(v), random, round), random, round, call)
		}
		for _, name := range slices.Sorted(maps.Keys(p.Functions)) {
			f := reflect.ValueOf(p.Functions[name])
			call(name, f, arguments(f.Type(), random, round))
		}
	}
}

// rounds is the number of calls of each function. The first has zero values.
const rounds = 40

// Covers fails a test unless the lists have every exported function and every type with
// exported methods of the package in a folder.
func (p Package) Covers(t *testing.T, folder string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	types := map[string]bool{}
	for _, v := range p.Types {
		types[reflect.TypeOf(v).Name()] = true
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), folder+"/"+e.Name(), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			switch {
			case !ok || !f.Name.IsExported():
			case f.Recv == nil && p.Functions[f.Name.Name] == nil && p.Skipped[f.Name.Name] == "":
				t.Errorf("%s is not called", f.Name.Name)
			case f.Recv != nil && !types[receiver(f)] && ast.IsExported(receiver(f)):
				t.Errorf("methods of %s are not called", receiver(f))
			}
		}
	}
}

// receiver returns the name of the type that a method belongs to.
func receiver(f *ast.FuncDecl) string {
	typ := f.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	if name, ok := typ.(*ast.Ident); ok {
		return name.Name
	}
	return ""
}

// methods calls every exported method of a value, of a pointer to it, and those that take
// a pointer with nil.
func methods(v reflect.Value, random *rand.Rand, round int, call func(string, reflect.Value, []reflect.Value)) {
	pointer := reflect.New(v.Type())
	pointer.Elem().Set(v)
	missing := reflect.Zero(pointer.Type())
	for i := range pointer.NumMethod() {
		method := pointer.Type().Method(i).Name
		given := arguments(pointer.Method(i).Type(), random, round)
		call(v.Type().String()+"."+method, pointer.Method(i), given)
		if _, ofValue := v.Type().MethodByName(method); !ofValue {
			call("(*"+v.Type().String()+")(nil)."+method, missing.Method(i), given)
		}
	}
}

// Problem calls a function with the given arguments, and zero values for the others. It
// returns that the function panics, or does not return; "" if neither.
func Problem(f reflect.Value, given ...reflect.Value) string {
	for i := len(given); i < f.Type().NumIn(); i++ {
		given = append(given, reflect.Zero(f.Type().In(i)))
	}
	done := make(chan string, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				done <- fmt.Sprintf("panics: %v\n%s", p, place(debug.Stack()))
			}
			close(done)
		}()
		if f.Type().IsVariadic() {
			f.CallSlice(given)
		} else {
			f.Call(given)
		}
	}()
	select {
	case problem := <-done:
		return problem
	case <-time.After(patience):
		return fmt.Sprintf("does not return in %s", patience)
	}
}

// place returns the lines of a stack that belong to the project.
func place(stack []byte) string {
	var lines []string
	for line := range strings.SplitSeq(string(stack), "\n") {
		if strings.Contains(line, ".go:") && !strings.Contains(line, "/runtime/") && !strings.Contains(line, "runtime/debug/") && !strings.Contains(line, "/reflect/") && !strings.Contains(line, "panicstest") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return strings.Join(lines[:min(3, len(lines))], "\n")
}
