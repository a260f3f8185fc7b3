// Package keys derives from the fields of structs everything that a configuration needs for
// its keys: the strict decoder, defaults, checks, the values that a pin freezes, and the
// declarations for generators and tests. A key is declared once, on its field. No other
// package uses reflection.
//
// The tag key makes a field a key. Other tags of the field:
//
//	key:"drainSeconds"    the name of the key; a field without the tag is computed and not a key
//	key:",inline"         the keys of the nested struct belong to the mapping of its parent;
//	                      a pointer stays nil while none of them is set
//	default:"15"          the default, set by [Complete]; spaces separate the strings of a list.
//	                      A key that accepts 0 or false needs a pointer for another default,
//	                      which would otherwise replace the value that the user typed
//	if:"install"          the default applies if another key of the same struct is set,
//	if:"policy=load queue"    or has one of the values, or
//	if:"!vpcId"               is not set; a key with a default must be declared before
//	range:"1..3600"       bounds of a number: "0..", "..9", ">0..1" (above 0), checked by [Check]
//	oneof:"surge inPlace" the values of a string or a number, checked by [Check]; a type with
//	                      the method Values() []string needs no tag
//	required:"true"       a missing key is an error of [Check]
//	advice:"leave it out" the end of the message about a value outside of its range, or about a
//	                      missing required key
//	example:"mistral-7b"  a value for messages and documentation
//	secret:"true"         the value of a key of the root is encrypted; no message repeats it
//	sensitive:"true"      the value may contain a secret by mistake: no message repeats it, or a
//	                      value below it
//	input:"true"          another resource may produce the value: a string or a list of them
//	list:"one"            a list of strings that may be typed as one string
//	short:"min max"       the keys that a single number or boolean in place of the mapping
//	                      probably meant
//	as:"json"             a string that holds a mapping as JSON
//	as:"shape"            decoded by the form with that name, which the caller supplies
//	in:"defaults pin"     the scopes in which the key may also be set; keys of a nested struct
//	                      inherit it unless they have the tag
//	scope:"pin"           on a field of type struct{}: a mapping with the keys of the same struct
//	                      that are in the scope; it supplies missing keys of the struct
//	scope:"defaults" of:"models"    the same for each item of a list in the same struct; it comes
//	                      before the items' scopes
//	only:"component"      an argument of the component; a stack's file has it elsewhere
//	only:"stack"          a key of a stack's file, but not an argument of the component
//	page:"nodes"          the page of the reference, on keys of the root; default: the name
//
// Tags of other packages are json, pulumi and yaml. [Declare] refuses every other tag, a
// malformed tag, a tag without a key, a tag without a meaning for the type of its field, and
// a default or an example that the key does not accept.
//
// The type of a field decides which values are accepted. Zero means that a key is not set, so
// 0 and "" are refused, except for pointers and for values of maps of strings. A number whose
// range begins at 0 accepts 0.
package keys
