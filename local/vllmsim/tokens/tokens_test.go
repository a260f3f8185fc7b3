package tokens

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestTokensRoundTrip(t *testing.T) {
	for _, text := range []string{"", "Hello wonderful world", "  two  spaces ", "Grüße, 世界 🙂🙂", "a\nb\tc"} {
		var back strings.Builder
		for _, piece := range Split(text) {
			if !utf8.ValidString(piece) {
				t.Errorf("%q: piece %q breaks a character", text, piece)
			}
			back.WriteString(Piece(Number(piece)))
		}
		if back.String() != text {
			t.Errorf("%q came back as %q", text, back.String())
		}
	}
	if n := Count("the quick brown fox jumps over the lazy dog"); n != 9 {
		t.Errorf("nine short words are %d tokens", n)
	}
}

func TestTextIsDeterministicAndMarked(t *testing.T) {
	a, b, different := Generate("prompt", 1, 0), Generate("prompt", 1, 0), Generate("prompt", 1, 1)
	var first, second, third strings.Builder
	for i := range 200 {
		first.WriteString(a.Token(i))
		second.WriteString(b.Token(i))
		third.WriteString(different.Token(i))
	}
	if first.String() != second.String() || a.Length() != b.Length() {
		t.Error("the same prompt gave two texts")
	}
	if first.String() == third.String() {
		t.Error("two choices have the same text")
	}
	if !strings.HasPrefix(first.String(), Preamble) {
		t.Errorf("%.60q does not say that it is simulated", first.String())
	}
	if Count(first.String()) != 200 {
		t.Errorf("200 tokens are tokenized as %d", Count(first.String()))
	}
	if a.Length() < 40 || a.Length() > 400 {
		t.Errorf("natural length %d", a.Length())
	}
}
