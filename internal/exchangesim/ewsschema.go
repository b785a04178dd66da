package exchangesim

import (
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
)

// content is the little of XML Schema that the requests of ews need.
type content struct {
	steps    []step // the children, in order; all are required
	required []string
	optional []string // attributes, as are the required
	nonEmpty bool     // of the text
}

// step is one child: any one of the alternatives.
type step []particle

type particle struct {
	local   string
	typed   bool // in the types namespace; else in the messages namespace
	content content
}

func (p particle) name(names ewsNames) xml.Name {
	if p.typed {
		return names.typed(p.local)
	}
	return names.message(p.local)
}

func (s step) find(names ewsNames, name xml.Name) *particle {
	for i := range s {
		if s[i].name(names) == name {
			return &s[i]
		}
	}
	return nil
}

// expected is how .NET says what it would have taken.
func (s step) expected(names ewsNames) string {
	var alternatives []string
	for _, p := range s {
		alternatives = append(alternatives, quoted(p.name(names)))
	}
	return " List of possible elements expected: " + strings.Join(alternatives, ", ") + "."
}

func quoted(name xml.Name) string {
	if name.Space == "" {
		return "'" + name.Local + "'"
	}
	return fmt.Sprintf("'%s' in namespace '%s'", name.Local, name.Space)
}

// check returns what .NET says about the first violation; nothing about valid content.
func (c content) check(names ewsNames, n *node) string {
	if violation := c.checkAttributes(n); violation != "" {
		return violation
	}
	if c.nonEmpty && n.text == "" {
		return fmt.Sprintf("The '%s:%s' element is invalid - The value '' is invalid according to its datatype "+
			"'%s:NonEmptyStringType' - The actual length is less than the MinLength value.", n.name.Space, n.name.Local, names.types)
	}
	for i, child := range n.children {
		if i == len(c.steps) {
			return "The element " + quoted(n.name) + " has invalid child element " + quoted(child.name) + "."
		}
		match := c.steps[i].find(names, child.name)
		if match == nil {
			return "The element " + quoted(n.name) + " has invalid child element " + quoted(child.name) + "." + c.steps[i].expected(names)
		}
		if violation := match.content.check(names, child); violation != "" {
			return violation
		}
	}
	if missing := len(n.children); missing < len(c.steps) {
		return "The element " + quoted(n.name) + " has incomplete content." + c.steps[missing].expected(names)
	}
	return ""
}

func (c content) checkAttributes(n *node) string {
	for _, local := range c.required {
		if _, found := n.attribute(xml.Name{Local: local}); !found {
			return "The required attribute '" + local + "' is missing."
		}
	}
	for _, a := range n.attributes {
		if a.Name.Space == "" && !slices.Contains(c.required, a.Name.Local) && !slices.Contains(c.optional, a.Name.Local) {
			return "The '" + a.Name.Local + "' attribute is not declared."
		}
	}
	return ""
}

// The types of MS-OXWUMS, section 3.1.4, and of MS-OXWSCDATA, section 2.2.4, that the operations of telephony take.
var (
	itemID      = content{required: []string{"Id"}, optional: []string{"ChangeKey"}}
	phoneCallID = content{required: []string{"Id"}}

	playOnPhoneContent = content{steps: []step{
		{{local: "ItemId", content: itemID}},
		{{local: "DialString"}},
	}}
	phoneCallContent = content{steps: []step{
		{{local: "PhoneCallId", content: phoneCallID}},
	}}
	impersonationContent = content{steps: []step{
		{{local: "ConnectingSID", typed: true, content: content{steps: []step{{
			{local: "PrincipalName", typed: true, content: content{nonEmpty: true}},
			{local: "SID", typed: true, content: content{nonEmpty: true}},
			{local: "PrimarySmtpAddress", typed: true, content: content{nonEmpty: true}},
			{local: "SmtpAddress", typed: true, content: content{nonEmpty: true}},
		}}}}},
	}}
)
