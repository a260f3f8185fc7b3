package explain

import (
	"fmt"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/vllm-eks/vllm-eks/internal/plans"
)

// counted returns a number of replicas: "1 replica", "1 to 4 replicas".
func counted(low, high int) string {
	if low != high {
		return fmt.Sprintf("%d to %d replicas", low, high)
	}
	return number(low, "replica")
}

// number returns a count with its noun: "1 outage", "2 restarts".
func number(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// duration returns a time in whole minutes, or in seconds below two minutes.
func duration(seconds int) string {
	if seconds < 120 {
		return fmt.Sprintf("%d s", seconds)
	}
	return fmt.Sprintf("%d min", (seconds+30)/60)
}

// gpus returns the GPUs of one replica, and where they must be free.
func gpus(m *plans.Model) string {
	free := number(m.GPUs, "free GPU")
	if len(m.Groups) == 0 {
		return free
	}
	return free + " in " + strings.Join(m.Groups, " or ")
}

// enumerate returns a list as text: "a, b and c".
func enumerate(list []string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}

// longest is the number of characters of a value in a sentence.
const longest = 80

// code returns a value of the stack as code in Markdown, which shows it literally: a value
// cannot mention a person, link or add markup.
func code(value string) string {
	value = strings.Join(strings.Fields(strings.ReplaceAll(value, "`", "'")), " ")
	if runes := []rune(value); len(runes) > longest {
		value = string(runes[:longest-1]) + "…"
	}
	if value == "" {
		return "``"
	}
	return "`" + value + "`"
}

var english = message.NewPrinter(language.English)

// thousands returns a number with commas: 66,368.
func thousands(n int) string { return english.Sprint(n) }
