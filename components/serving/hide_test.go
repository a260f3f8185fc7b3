package serving

import "testing"

// TestHideLeavesTheRest checks that hide removes only the values of secret inputs from a
// message.
func TestHideLeavesTheRest(t *testing.T) {
	for name, test := range map[string]struct {
		value         any
		message, want string
	}{
		"a string":                 {"a-name", `is "a-name", want a name`, `is "[secret]", want a name`},
		"an empty string":          {"", `is "", want a name`, `is "", want a name`},
		"an item":                  {[]string{"10.0.0.1", "10.0.0.2"}, `is "10.0.0.2", want a range`, `is "[secret]", want a range`},
		"an empty item":            {[]string{"10.0.0.0/20", ""}, `is "", want a range of addresses`, `is "", want a range of addresses`},
		"a part of another secret": {[]string{"ab", "abc"}, `is "abc"`, `is "[secret]"`},
		"quotes and line breaks":   {"a\"b\n", `is "a\"b\n", want a name`, `is "[secret]", want a name`},
		"unquoted":                 {"a\"b", `refers to a"b`, `refers to [secret]`},
	} {
		t.Run(name, func(t *testing.T) {
			got := answers{}
			got.keepSecret(test.value)
			if message := got.hide(test.message); message != test.want {
				t.Errorf("the message is %s, want %s", message, test.want)
			}
		})
	}
}
