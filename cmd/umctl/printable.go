package main

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// printable returns text in which nothing commands the terminal or hides: control and format characters (such as those that
// turn the direction of writing) and bytes that are not UTF-8 become escapes. What a server wrote may hold them.
func printable(text string) string {
	var b strings.Builder
	for rest := text; rest != ""; {
		r, size := utf8.DecodeRuneInString(rest)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, rest[0])
		case r == '\n' || unicode.IsPrint(r):
			b.WriteRune(r)
		case r < utf8.RuneSelf:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		rest = rest[size:]
	}
	return b.String()
}

// line returns text as printable would, in one line.
func line(text string) string { return strings.ReplaceAll(printable(text), "\n", `\n`) }

// shellWord returns text as one word of a POSIX shell.
func shellWord(text string) string {
	safe := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("+/=_.,:@%-", r)
	}
	if text != "" && strings.TrimFunc(text, safe) == "" && !strings.HasPrefix(text, "-") {
		return text
	}
	return "'" + strings.ReplaceAll(line(text), "'", `'\''`) + "'"
}
