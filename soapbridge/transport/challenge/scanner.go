package challenge

import "strings"

// scanner reads one field: a list of challenges whose parameters are themselves a list, with the same comma. What follows a
// comma is a parameter of the challenge before it if a name and "=" stand there, and otherwise a new challenge.
type scanner struct {
	field int
	text  string
	at    int
	room  int // challenges that may still be kept
	found []Challenge
}

func (s *scanner) run() error {
	if len(s.text) > maxLength {
		return s.fail("the field is too long")
	}
	for {
		s.skip(" \t,")
		if s.at == len(s.text) {
			return nil
		}
		if err := s.element(); err != nil {
			return err
		}
		if s.skip(" \t"); s.at < len(s.text) && s.text[s.at] != ',' {
			return s.fail("want a comma")
		}
	}
}

// element reads what stands between two commas.
func (s *scanner) element() error {
	start := s.at
	name := s.token()
	if name == "" {
		return s.fail("want the name of a scheme or of a parameter")
	}
	end := s.at
	if s.skip(" \t"); s.peek() == '=' {
		s.at = end
		if len(s.found) == 0 {
			s.at = start
			return s.fail("a parameter before any scheme")
		}
		return s.value(name)
	}
	if len(s.found) == s.room {
		return s.fail("too many challenges")
	}
	s.found = append(s.found, Challenge{Scheme: strings.ToLower(name)})
	if s.at == end || s.at == len(s.text) || s.peek() == ',' {
		return nil
	}
	return s.credentials()
}

// credentials reads the token68 or the first parameter after a scheme.
func (s *scanner) credentials() error {
	start := s.at
	s.while(isToken68)
	if s.at > start {
		s.skip("=")
	}
	end := s.at
	if s.skip(" \t"); end > start && (s.at == len(s.text) || s.peek() == ',') {
		s.found[len(s.found)-1].Token = s.text[start:end]
		return nil
	}
	s.at = start
	name := s.token()
	if name == "" {
		return s.fail("want a token68 or a parameter")
	}
	return s.value(name)
}

// value reads "=" and the value of a parameter of the last challenge. White space around "=" is bad but allowed.
func (s *scanner) value(name string) error {
	if s.skip(" \t"); s.peek() != '=' {
		return s.fail("want an equals sign")
	}
	s.at++
	s.skip(" \t")
	last := &s.found[len(s.found)-1]
	name = strings.ToLower(name)
	switch _, twice := last.Params[name]; {
	case last.Token != "":
		return s.fail("a parameter after a token68")
	case twice:
		return s.fail("the same parameter twice")
	case len(last.Params) == maxParams:
		return s.fail("too many parameters")
	}
	text, err := s.tokenOrQuoted()
	if err != nil {
		return err
	}
	if last.Params == nil {
		last.Params = map[string]string{}
	}
	last.Params[name] = text
	return nil
}

func (s *scanner) tokenOrQuoted() (string, error) {
	if s.peek() == '"' {
		return s.quoted()
	}
	if text := s.token(); text != "" {
		return text, nil
	}
	return "", s.fail("want a value")
}

// quoted reads a quoted-string (RFC 9110 section 5.6.4).
func (s *scanner) quoted() (string, error) {
	var text strings.Builder
	for s.at++; s.at < len(s.text); s.at++ {
		c := s.text[s.at]
		if c == '"' {
			s.at++
			return text.String(), nil
		}
		if c == '\\' {
			if s.at++; s.at == len(s.text) {
				break
			}
			c = s.text[s.at]
		}
		if c < ' ' && c != '\t' || c == 0x7F {
			return "", s.fail("a control character in a quoted string")
		}
		text.WriteByte(c)
	}
	return "", s.fail("a quoted string without an end")
}

func (s *scanner) token() string {
	start := s.at
	s.while(isTokenChar)
	return s.text[start:s.at]
}

func (s *scanner) while(accept func(byte) bool) {
	for s.at < len(s.text) && accept(s.text[s.at]) {
		s.at++
	}
}

func (s *scanner) skip(set string) {
	s.while(func(c byte) bool { return strings.IndexByte(set, c) >= 0 })
}

// peek returns the next byte, or 0, which the grammar allows nowhere, at the end.
func (s *scanner) peek() byte {
	if s.at == len(s.text) {
		return 0
	}
	return s.text[s.at]
}

func (s *scanner) fail(reason string) error {
	return &SyntaxError{Field: s.field, Offset: s.at, Reason: reason}
}

// isTokenChar is tchar of RFC 9110 section 5.6.2.
func isTokenChar(c byte) bool {
	return isAlphanumeric(c) || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}

// isToken68 is RFC 9110 section 11.2, without the equals signs at the end.
func isToken68(c byte) bool { return isAlphanumeric(c) || strings.IndexByte("-._~+/", c) >= 0 }

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
