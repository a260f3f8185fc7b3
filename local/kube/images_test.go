package main

import (
	"maps"
	"testing"
)

func TestImageArguments(t *testing.T) {
	for _, c := range []struct {
		args  []string
		files map[string]string
		err   string
	}{
		{[]string{"/bin/vllmsim"}, nil, ""},
		{[]string{"/bin/vllmsim", "/bin/bash=/usr/bin/bash-static"}, map[string]string{"/bin/bash": "/usr/bin/bash-static"}, ""},
		{[]string{"/bin/vllmsim", "/bin/a=b=c"}, map[string]string{"/bin/a": "b=c"}, ""},
		{[]string{"/bin/vllmsim", "/bin/bash"}, nil, `"/bin/bash" is not of the form /PATH=FILE`},
		{[]string{"/bin/vllmsim", "bash=/usr/bin/bash-static"}, nil, `"bash=/usr/bin/bash-static" is not of the form /PATH=FILE`},
	} {
		got, err := imageOf(c.args)
		if c.err != "" {
			if err == nil || err.Error() != c.err {
				t.Errorf("%q: %v, want %q", c.args, err, c.err)
			}
			continue
		}
		if err != nil || got.Program != c.args[0] || !maps.Equal(got.Others, c.files) {
			t.Errorf("%q: %+v, %v", c.args, got, err)
		}
	}
}
