// Package tokens is a simple tokenizer, and generates the texts of a simulated model. A token
// is a piece of up to six bytes that starts with its leading space. So a short English word is
// one token and a long one is two or three, as in a real vocabulary. A token's number encodes
// its bytes, so that it can be decoded without a table.
package tokens

import (
	"strings"
	"unicode/utf8"
)

const pieceBytes = 6

// Split returns the tokens of a text. Joined, they are the text.
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

// Count returns the number of tokens of a text.
func Count(text string) int {
	return len(Split(text))
}

// Number returns the id of a token.
func Number(piece string) int64 {
	var n int64
	for i := len(piece) - 1; i >= 0; i-- {
		n = n<<8 | int64(piece[i])
	}
	return n
}

// Piece returns the text of a token id.
func Piece(number int64) string {
	var out []byte
	for number > 0 {
		out = append(out, byte(number))
		number >>= 8
	}
	return strings.ToValidUTF8(string(out), "\uFFFD")
}
