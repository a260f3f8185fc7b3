package keys

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// below is a struct with a key.
type below struct {
	A string `key:"a"`
	N int    `key:"n" range:"1..9"`
	B bool   `key:"b"`
}

// fieldOf is the field A of a struct, or B, C and so on after others.
type fieldOf struct {
	of  any // of its type
	tag string
}

// structOf returns a struct with fields.
func structOf(fields ...fieldOf) reflect.Type {
	var list []reflect.StructField
	for i, f := range fields {
		name := string(rune('A' + i))
		list = append(list, reflect.StructField{Name: name, Type: reflect.TypeOf(f.of), Tag: reflect.StructTag(f.tag)})
	}
	return reflect.StructOf(list)
}

// TestWrongDeclarations has one mistake each: it is reported once, with the type, the
// field and the tag.
func TestWrongDeclarations(t *testing.T) {
	var number int
	list, texts := []below{}, []string{}
	for name, test := range map[string]struct {
		fields []fieldOf
		want   string // after the type
	}{
		// Names.
		"no_name":                  {[]fieldOf{{"", `key:""`}}, `A: has key:"", want a name`},
		"name_twice":               {[]fieldOf{{"", `key:"a"`}, {"", `key:"a"`}}, "B: has the key a, as another field has"},
		"name_twice_inlined":       {[]fieldOf{{"", `key:"a"`}, {below{}, `key:",inline"`}}, "below.A: has the key a, as another field has"},
		"option_that_is_unknown":   {[]fieldOf{{"", `key:"a,omitempty"`}}, `A: has key:"a,omitempty", want a name`},
		"dot_in_a_name":            {[]fieldOf{{"", `key:"a.b"`}}, `A: has key:"a.b", want a small letter`},
		"space_in_a_name":          {[]fieldOf{{"", `key:"a b"`}}, `A: has key:"a b", want a small letter`},
		"capital_in_front":         {[]fieldOf{{"", `key:"Name"`}}, `A: has key:"Name", want a small letter`},
		"namespace_below_the_root": {[]fieldOf{{nested{}, `key:"b"`}}, `A: has key:"aws:a", want a small letter`},
		// Types.
		"type_that_is_no_value":    {[]fieldOf{{make(chan int), `key:"a"`}}, "A: is of the type chan int, which no key can have"},
		"map_of_booleans":          {[]fieldOf{{map[string]bool{}, `key:"a"`}}, "A: is of the type map[string]bool"},
		"map_of_an_interface":      {[]fieldOf{{map[string]fmt.Stringer{}, `key:"a"`}}, "A: is of the type map[string]fmt.Stringer"},
		"map_by_numbers":           {[]fieldOf{{map[int]string{}, `key:"a"`}}, "A: is of the type map[int]string"},
		"pointer_to_a_list":        {[]fieldOf{{&texts, `key:"a"`}}, "A: is a pointer to a list of strings, want no pointer"},
		"inlined_and_no_struct":    {[]fieldOf{{"", `key:",inline"`}}, "A: is inlined, and is no struct"},
		"scope_and_no_struct":      {[]fieldOf{{"", `key:"a" scope:"pin"`}}, `A: has scope:"pin", and is no struct{}`},
		"one_of_what_is_no_list":   {[]fieldOf{{"", `key:"a" list:"one"`}}, `A: has list:"one", want list:"one" on a list`},
		"JSON_of_what_is_a_number": {[]fieldOf{{0, `key:"a" as:"json"`}}, `A: has as:"json", and is no string`},
		"list_with_a_form":         {[]fieldOf{{texts, `key:"a" list:"one" as:"x"`}}, "A: has the tag list, which means nothing for the type form"},
		// Words.
		"word_that_does_not_exist":    {[]fieldOf{{0, `key:"a" rnage:"1..5"`}}, "A: has the tag rnage, which does not exist; want one of key"},
		"word_beside_keys":            {[]fieldOf{{"", `key:"a"`}, {"", `fallback:"x"`}}, "B: has the tag fallback, which does not exist; want one of key"},
		"tag_without_a_key":           {[]fieldOf{{"", `key:"a"`}, {0, `range:"1..5"`}}, "B: has the tag range, and no key"},
		"space_behind_a_colon":        {[]fieldOf{{0, `key:"a" range: "1..5"`}}, "A: has the tags `key:\"a\" range: \"1..5\"`: want tags such as"},
		"tag_without_quotes":          {[]fieldOf{{0, `key:"a" range:1..5`}}, "A: has the tags `key:\"a\" range:1..5`: want tags such as"},
		"no_space_between_tags":       {[]fieldOf{{0, `key:"a"range:"1..5"`}}, "A: has the tags `key:\"a\"range:\"1..5\"`: want one space"},
		"two_spaces_between_tags":     {[]fieldOf{{0, `key:"a"  range:"1..5"`}}, "A: has the tags `key:\"a\"  range:\"1..5\"`: want tags"},
		"space_at_the_end":            {[]fieldOf{{0, `key:"a" `}}, "A: has the tags `key:\"a\" `: want one space"},
		"tag_twice":                   {[]fieldOf{{0, `key:"a" range:"1..5" range:"1..6"`}}, "has range twice"},
		"tag_without_a_value":         {[]fieldOf{{0, `key:"a" advice:"" range:"1..2"`}}, `A: has advice:"", want a value`},
		"flag_that_is_not_true":       {[]fieldOf{{"", `key:"a" required:"yes"`}}, `A: has required:"yes", want required:"true"`},
		"sensitive_that_is_not_true":  {[]fieldOf{{"", `key:"a" sensitive:"yes"`}}, `A: has sensitive:"yes", want sensitive:"true"`},
		"scope_in_that_is_unknown":    {[]fieldOf{{"", `key:"a" in:"defaults pins"`}}, "A: has the scope pins in the tag in, want defaults or pin"},
		"scope_in_twice":              {[]fieldOf{{"", `key:"a" in:"pin pin"`}}, `A: has in:"pin pin", with pin twice`},
		"scope_that_is_unknown":       {[]fieldOf{{struct{}{}, `key:"a" scope:"x"`}}, "A: has the scope x in the tag scope"},
		"only_that_is_unknown":        {[]fieldOf{{"", `key:"a" only:"stacks"`}}, `A: has only:"stacks", want component or stack`},
		"range_of_an_inlined_struct":  {[]fieldOf{{below{}, `key:",inline" range:"1..5"`}}, "A: has the tag range, which means nothing for an inlined struct"},
		"default_of_an_inlined":       {[]fieldOf{{below{}, `key:",inline" default:"x"`}}, "A: has the tag default, which means nothing for an inlined struct"},
		"required_inlined_struct":     {[]fieldOf{{below{}, `key:",inline" required:"true"`}}, "A: has the tag required, which means nothing for an inlined struct"},
		"secret_below_the_root":       {[]fieldOf{{secretive{}, `key:"a"`}}, "A: has the tag secret, and is not at the root"},
		"page_below_the_root":         {[]fieldOf{{paged{}, `key:"a"`}}, `A: has page:"x", and is not at the root`},
		"secret_mapping":              {[]fieldOf{{below{}, `key:"a" secret:"true"`}}, "A: has the tag secret, which means nothing for the type mapping"},
		"input_of_a_number":           {[]fieldOf{{0, `key:"a" input:"true" range:"1.."`}}, "A: has the tag input, which means nothing for the type integer"},
		"input_of_a_pointer":          {[]fieldOf{{new(string), `key:"a" input:"true"`}}, "A: has the tag input, which means nothing for the type string"},
		"input_with_certain_values":   {[]fieldOf{{"", `key:"a" input:"true" oneof:"b c"`}}, "A: has the tag input, which means nothing for the type string with certain values"},
		"advice_about_nothing":        {[]fieldOf{{"", `key:"a" advice:"b"`}}, "A: has the tag advice, which means nothing for the type string"},
		"list_that_is_not_beside":     {[]fieldOf{{texts, `key:"a"`}, {struct{}{}, `key:"b" scope:"pin" of:"a"`}}, `B: has of:"a", which is no list of mappings`},
		"short_for_what_is_not_below": {[]fieldOf{{below{}, `key:"a" short:"x"`}}, `A: has short:"x", and no key x is below it`},
		"short_for_a_string":          {[]fieldOf{{below{}, `key:"a" short:"a"`}}, `A: has short:"a", and a is a string`},
		"short_for_two_types":         {[]fieldOf{{below{}, `key:"a" short:"n b"`}}, `A: has short:"n b", and b is a boolean`},
		"short_without_a_mapping":     {[]fieldOf{{0, `key:"a" short:"n" range:"1.."`}}, "A: has the tag short, which means nothing for the type integer"},
		// Ranges and values.
		"range_in_another_form":     {[]fieldOf{{0, `key:"a" range:"1-3"`}}, `A: has range:"1-3", want one such as`},
		"range_of_a_string":         {[]fieldOf{{"", `key:"a" range:"1..3"`}}, "A: has the tag range, which means nothing for the type string"},
		"range_the_wrong_way":       {[]fieldOf{{0, `key:"a" range:"5..1"`}}, `A: has range:"5..1"`},
		"range_with_nothing_in_it":  {[]fieldOf{{0.5, `key:"a" range:">1..1"`}}, `A: has range:">1..1"`},
		"range_that_is_no_number":   {[]fieldOf{{0.5, `key:"a" range:"NaN..1"`}}, `A: has range:"NaN..1"`},
		"range_to_infinity":         {[]fieldOf{{0.5, `key:"a" range:"1..Inf"`}}, `A: has range:"1..Inf"`},
		"fraction_of_an_integer":    {[]fieldOf{{0, `key:"a" range:"0.5..3"`}}, `A: has range:"0.5..3", want whole numbers`},
		"fraction_in_a_map":         {[]fieldOf{{map[string]int{}, `key:"a" range:"1..2.5"`}}, `A: has range:"1..2.5", want whole numbers`},
		"no_integer_in_a_range":     {[]fieldOf{{0, `key:"a" range:">1..1.5"`}}, `A: has range:">1..1.5", want whole numbers`},
		"values_of_a_number":        {[]fieldOf{{0.5, `key:"a" oneof:"1 2"`}}, "A: has the tag oneof, which means nothing for the type number"},
		"value_that_is_no_integer":  {[]fieldOf{{0, `key:"a" oneof:"1 b"`}}, "A: has the value b, want whole numbers"},
		"value_that_is_not_given":   {[]fieldOf{{0, `key:"a" oneof:"0 1"`}}, "A: has the value 0, which means that the key is not given"},
		"value_out_of_the_range":    {[]fieldOf{{0, `key:"a" oneof:"1 7" range:"1..5"`}}, "A: has the value 7, which is out of its range"},
		"value_twice":               {[]fieldOf{{"", `key:"a" oneof:"b b"`}}, "A: has the value b twice"},
		"values_of_tag_and_type":    {[]fieldOf{{class(""), `key:"a" oneof:"b"`}}, `A: has oneof:"b", and its type has the values`},
		"example_out_of_the_range":  {[]fieldOf{{0, `key:"a" range:"1..5" example:"6"`}}, `A: has example:"6": it is 6, want 1 to 5`},
		"example_that_is_no_number": {[]fieldOf{{0, `key:"a" range:"1..5" example:"b"`}}, `A: has example:"b": want a whole number`},
		"example_that_is_no_value":  {[]fieldOf{{"", `key:"a" oneof:"b c" example:"d"`}}, `A: has example:"d": it is "d", want "b" or "c"`},
		// Defaults.
		"default_of_another_type":   {[]fieldOf{{0, `key:"a" range:"1.." default:"x"`}}, `A: has default:"x": want a whole number`},
		"default_out_of_the_range":  {[]fieldOf{{0, `key:"a" range:"1..5" default:"6"`}}, `A: has default:"6": it is 6, want 1 to 5`},
		"fraction_out_of_the_range": {[]fieldOf{{0.5, `key:"a" range:">0..1" default:"1.5"`}}, `A: has default:"1.5": it is 1.5`},
		"default_that_is_no_number": {[]fieldOf{{0.5, `key:"a" default:"NaN"`}}, `A: has default:"NaN": want a number`},
		"default_of_a_pointer":      {[]fieldOf{{&number, `key:"a" range:"1..5" default:"6"`}}, `A: has default:"6": it is 6`},
		"default_that_is_no_value":  {[]fieldOf{{"", `key:"a" oneof:"b c" default:"d"`}}, `A: has default:"d": it is "d", want "b" or "c"`},
		"default_list_of_no_values": {[]fieldOf{{texts, `key:"a" oneof:"b c" default:"b d"`}}, `A: has default:"b d": it is "d"`},
		"default_of_a_type":         {[]fieldOf{{class(""), `key:"a" default:"x"`}}, `A: has default:"x": it is "x", want "cargo" or "ferry"`},
		"default_integer_of_values": {[]fieldOf{{0, `key:"a" oneof:"1 7" default:"5"`}}, `A: has default:"5": it is 5, want one of 1, 7`},
		"default_of_a_list":         {[]fieldOf{{list, `key:"a" default:"x"`}}, `A: has default:"x": a list of mappings has no such tag`},
		"default_of_a_required_key": {[]fieldOf{{0, `key:"a" range:"1..5" default:"2" required:"true"`}}, `A: has the tag required, and default:"2"`},
		"default_in_place_of_false": {[]fieldOf{{false, `key:"a" default:"true"`}}, `A: has default:"true", which would replace false; want a pointer`},
		"default_in_place_of_0":     {[]fieldOf{{0, `key:"a" range:"0..5" default:"2"`}}, `A: has default:"2", which would replace 0; want a pointer`},
		"default_in_place_of_0.0":   {[]fieldOf{{0.5, `key:"a" range:"0..5" default:"0.5"`}}, `A: has default:"0.5", which would replace 0; want a pointer`},
		// Conditions of defaults.
		"condition_without_a_default":     {[]fieldOf{{0, `key:"a" range:"1.." if:"b"`}, {"", `key:"b"`}}, "A: has the tag if, which means nothing"},
		"condition_of_no_key":             {[]fieldOf{{"", `key:"a" default:"1" if:"b"`}}, `A: has if:"b", and no key b is beside it`},
		"condition_of_itself":             {[]fieldOf{{"", `key:"a" default:"1" if:"!a"`}}, `A: has if:"!a", which is the key itself`},
		"condition_in_another_form":       {[]fieldOf{{"", `key:"a" default:"1" if:"!b=c"`}, {"", `key:"b"`}}, `A: has if:"!b=c", want a condition such as`},
		"condition_without_values":        {[]fieldOf{{"", `key:"a" default:"1" if:"b="`}, {"", `key:"b"`}}, `A: has if:"b=", want a condition such as`},
		"condition_of_another_value":      {[]fieldOf{{"", `key:"a" default:"1" if:"b=x"`}, {"", `key:"b" oneof:"c d"`}}, `A: has if:"b=x", and b is never x`},
		"condition_out_of_the_range":      {[]fieldOf{{"", `key:"a" default:"1" if:"b=9"`}, {0, `key:"b" range:"1..5"`}}, `A: has if:"b=9", and b is never 9`},
		"condition_in_another_notation":   {[]fieldOf{{"", `key:"a" default:"1" if:"b=01"`}, {0, `key:"b" range:"1..5"`}}, `A: has if:"b=01", and b is never 01`},
		"condition_that_is_not_given":     {[]fieldOf{{"", `key:"a" default:"1" if:"b=false"`}, {false, `key:"b"`}}, `A: has if:"b=false", and b is never false`},
		"condition_of_a_list":             {[]fieldOf{{"", `key:"a" default:"1" if:"b=x"`}, {texts, `key:"b"`}}, `A: has if:"b=x", and b is never x`},
		"condition_without_a_required":    {[]fieldOf{{"", `key:"a" default:"1" if:"!b"`}, {"", `key:"b" required:"true"`}}, `A: has if:"!b", and b is required`},
		"condition_without_a_default_one": {[]fieldOf{{"", `key:"b" default:"x"`}, {"", `key:"a" default:"1" if:"!b"`}}, `B: has if:"!b", and b has a default`},
		"condition_before_its_default":    {[]fieldOf{{"", `key:"a" default:"1" if:"b=x"`}, {"", `key:"b" default:"x"`}}, `A: has if:"b=x", and b has a default`},
		"condition_of_a_scope":            {[]fieldOf{{"", `key:"a" default:"1" if:"b"`}, {struct{}{}, `key:"b" scope:"pin"`}}, `A: has if:"b", and b is never set`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Declare(structOf(test.fields...))
			if err == nil {
				t.Fatal("it is accepted")
			}
			lines := strings.Split(err.Error(), "\n")
			if len(lines) != 1 || !strings.HasPrefix(lines[0], "struct{…}.") && !strings.HasPrefix(lines[0], "github.com/vllm-eks/vllm-eks/internal/keys.") {
				t.Errorf("mistakes are\n%s\nwant one, of a type", err)
			}
			if !strings.Contains(lines[0], test.want) {
				t.Errorf("the mistake is %v, want %s", err, test.want)
			}
		})
	}
}

type nested struct {
	A string `key:"aws:a"`
}

type secretive struct {
	A string `key:"a" secret:"true"`
}

type paged struct {
	A string `key:"a" page:"x"`
}

// TestTagsOfOtherPackages holds which tags may stand beside a key, and that a struct
// without keys may have any.
func TestTagsOfOtherPackages(t *testing.T) {
	for name, of := range map[string]reflect.Type{
		"known":   structOf(fieldOf{"", `key:"a" json:"a,omitempty" yaml:"a" pulumi:"a,optional"`}, fieldOf{0, `json:"b"`}),
		"no_keys": structOf(fieldOf{0, `rnage:"1..5"`}),
		"root":    structOf(fieldOf{"", `key:"aws:region" page:"x"`}, fieldOf{"", `key:"token" secret:"true"`}),
	} {
		if _, err := Declare(of); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTypesThatCannotBeDeclared holds what decoders and checks do about them.
func TestTypesThatCannotBeDeclared(t *testing.T) {
	type hidden struct {
		a string `key:"a"` //nolint:unused // it shows that a key has to be exported
	}
	if _, err := Declare(reflect.TypeFor[hidden]()); err == nil || !strings.Contains(err.Error(), "internal/keys.hidden.a: is not exported") {
		t.Errorf("a field that is not exported is %v", err)
	}
	type loop struct {
		Next []loop `key:"next"`
	}
	if _, err := Declare(reflect.TypeFor[loop]()); err == nil || !strings.Contains(err.Error(), "internal/keys.loop: contains itself") {
		t.Errorf("a loop is %v", err)
	}
	var l loop
	if r := Decode(Decoder{}, nil, &l); len(r.Errors) != 1 || r.Errors[0].Type != field.ErrorTypeInternal {
		t.Errorf("decoding a wrong declaration reports %v", r.Errors)
	}
	if errs := Check(&l, nil); len(errs) != 1 || errs[0].Type != field.ErrorTypeInternal {
		t.Errorf("checking a wrong declaration reports %v", errs)
	}
	var f fleet
	if r := Decode(Decoder{}, nil, &f); len(r.Errors) != 1 || r.Errors[0].Field != "ships[].plan" || r.Errors[0].Type != field.ErrorTypeInternal {
		t.Errorf("decoding a form that does not exist reports %v", r.Errors)
	}
}
