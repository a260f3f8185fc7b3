// Package tokens stands in for a tokenizer and for what a model would write.
// A token is a piece of up to six bytes that starts with its leading space, so
// that a short English word is one token and a long one is two or three, as in
// a real vocabulary. Token numbers spell their bytes, so that they can be
// turned back into text without a table.
package tokens

import (
	"strings"
	"unicode/utf8"
)

const pieceBytes = 6

// Split cuts a text into its tokens. Joined they are the text again.
func Split(text string) []string {
	var out []string
	for start := 0; start < len(text); {
		end := start
		for end < len(text) {
			_, size := utf8.DecodeRuneInString(text[end:])
			if end+size-start > pieceBytes || end > start && text[end] == ' ' {
				break
			}
			end += size
		}
		out = append(out, text[start:end])
		start = end
	}
	return out
}

// Count is the number of tokens of a text.
func Count(text string) int {
	return len(Split(text))
}

// Number is the id of a token.
func Number(piece string) int64 {
	var n int64
	for i := len(piece) - 1; i >= 0; i-- {
		n = n<<8 | int64(piece[i])
	}
	return n
}

// Piece is the text of a token id.
func Piece(number int64) string {
	var out []byte
	for number > 0 {
		out = append(out, byte(number))
		number >>= 8
	}
	return strings.ToValidUTF8(string(out), "\uFFFD")
}
