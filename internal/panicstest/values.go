package panicstest

import (
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
)

// deepest is the largest depth of nested values.
const deepest = 5

// arguments returns values for the parameters of a function.
func arguments(f reflect.Type, random *rand.Rand, round int) []reflect.Value {
	var list []reflect.Value
	for i := range f.NumIn() {
		list = append(list, value(f.In(i), random, round))
	}
	return list
}

// value returns the value of a type for a round: zero in the first round, and a value
// with random fields set in later ones.
func value(t reflect.Type, random *rand.Rand, round int) reflect.Value {
	v := reflect.New(t).Elem()
	if round > 0 {
		fill(v, random, 0)
	}
	return v
}

// fill sets random parts of a value. It sets deep parts less often.
func fill(v reflect.Value, random *rand.Rand, depth int) {
	if depth > deepest || !v.CanSet() || depth > 0 && random.IntN(3) == 0 {
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(pick(random, []int64{1, 1, 2, 7, 128, 4096, -1, math.MaxInt32, math.MaxInt64, math.MinInt64}))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(pick(random, []uint64{1, 8, math.MaxUint64}))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(pick(random, []float64{1, 0.5, 24, 1e9, -1, math.MaxFloat64, math.Inf(1), math.NaN()}))
	case reflect.String:
		v.SetString(pick(random, []string{"", "x", "g5.xlarge", "us-east-1a", "10.0.0.0/16", "Qwen/Qwen3-8B", "--x=", "{}", "[", "{\"a\": 1}", "s3://b", "1.2.3", "é\x00"}))
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), random, depth+1)
		}
	case reflect.Pointer:
		if isOpaque(v.Type().Elem()) {
			return
		}
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), random, depth+1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), random, depth+1)
	case reflect.Map:
		key, item := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, random, 0)
		fill(item, random, depth+1)
		if key.Comparable() {
			v.Set(reflect.MakeMap(v.Type()))
			v.SetMapIndex(key, item)
		}
	}
}

// isOpaque reports whether a type is a struct of another module that only its package can
// fill, such as pulumi.Context. Callers cannot create one with only some fields set.
func isOpaque(t reflect.Type) bool {
	if t.Kind() != reflect.Struct || strings.HasPrefix(t.PkgPath(), module) {
		return false
	}
	for i := range t.NumField() {
		if !t.Field(i).IsExported() {
			return true
		}
	}
	return false
}

// module is the path of the project's module.
const module = "github.com/vllm-eks/"

func pick[T any](random *rand.Rand, values []T) T { return values[random.IntN(len(values))] }

// source returns a source of random numbers that are the same in every run.
func source() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) } //nolint:gosec // no secrets
