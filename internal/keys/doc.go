// Package keys derives from the fields of structs what a configuration needs to
// know of its keys: the strict decoder, defaults, checks, the values that a pin
// freezes, and the declarations that generators and tests read. A key is declared
// once, on its field. No other package uses reflection.
//
// A field is a key by its tag key. Other tags of the field:
//
//	key:"drainSeconds"    the name of the key; a field without the tag is computed and no key
//	key:",inline"         the keys of the nested struct stand in the mapping of its parent;
//	                      a pointer stays nil while none of them is given
//	default:"15"          the default, set by [Complete]; strings of a list are separated by
//	                      spaces. Where 0 or false is accepted, another default needs a
//	                      pointer: else it would replace what the user typed
//	if:"install"          the default applies where another key of the same struct is set,
//	if:"policy=load queue"    or has one of the values, or
//	if:"!vpcId"               is not set; a key with a default stands before it
//	range:"1..3600"       bounds of a number: "0..", "..9", ">0..1" (above 0), checked by [Check]
//	oneof:"surge inPlace" the values of a string or a number, checked by [Check]; those of a
//	                      type with the method Values() []string need no tag
//	required:"true"       missing is an error of [Check]
//	advice:"leave it out" the end of the message about a value out of its range, or about a
//	                      required key that is missing
//	example:"mistral-7b"  a value for messages and documentation
//	secret:"true"         the value is encrypted, of a key of the root; no message repeats it
//	sensitive:"true"      secrets may end up here by mistake: no message repeats the value,
//	                      or one below it
//	input:"true"          another resource may produce the value, a string or a list of them
//	list:"one"            a list of strings that may be typed as one string
//	short:"min max"       the keys for which a lone number or boolean in place of the mapping
//	                      was probably meant
//	as:"json"             a string that holds a mapping as JSON
//	as:"shape"            decoded by the form of that name, which the caller gives
//	in:"defaults pin"     the scopes in which the key may also stand; keys of a nested struct
//	                      inherit it unless they have a tag of their own
//	scope:"pin"           on a field of type struct{}: a mapping with those keys of the same
//	                      struct that are in the scope, used where the struct's own are missing
//	scope:"defaults" of:"models"    the same for each item of a list beside it; it goes before
//	                      the items' own scopes
//	only:"component"      an argument of the component, which stands elsewhere in a stack's file
//	only:"stack"          a key of a stack's file that is no argument of the component
//	page:"nodes"          the page of the reference, on keys of the root; default: the name
//
// Tags of other packages are json, pulumi and yaml. [Declare] refuses every other word, a
// malformed tag, a tag without a key, or that means nothing for the type of its field,
// and values that the key does not accept.
//
// The type of a field decides what is accepted. Zero means that a key is not given,
// so 0 and "" are refused, except for pointers and for values of maps of strings. A
// number whose range begins at 0 accepts 0.
package keys
