package exchangesim

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// ewsNames are the namespaces of ews in one scheme. A real server knows http alone; the documentation wrote https for
// some years. They always come together.
type ewsNames struct{ messages, types, errors string }

func ewsNamesOf(messages string) ewsNames {
	base := strings.TrimSuffix(messages, "messages")
	return ewsNames{messages: messages, types: base + "types", errors: base + "errors"}
}

func (n ewsNames) message(local string) xml.Name { return xml.Name{Space: n.messages, Local: local} }

func (n ewsNames) typed(local string) xml.Name { return xml.Name{Space: n.types, Local: local} }

// ewsVersions are the values of RequestServerVersion whose schema has the operations of telephony (MS-OXWSCDATA, section
// 2.2.5.11); ewsOldVersions have not.
var (
	ewsVersions = []string{
		"Exchange2010", "Exchange2010_SP1", "Exchange2010_SP2", "Exchange2013", "Exchange2013_SP1", "Exchange2015", "Exchange2016",
	}
	ewsOldVersions = []string{"Exchange2007", "Exchange2007_SP1"}
	ewsHeaders     = []string{"RequestServerVersion", "ExchangeImpersonation", "MailboxCulture"}
)

// ewsRequest is a request in the dialect ews.
type ewsRequest struct {
	server   *Server
	names    ewsNames
	name     string // of the operation
	element  *node
	header   []*node
	action   string
	version  string
	language string
}

// ewsWork looks at a request in the dialect ews. The element in the Body chooses the operation; a SOAPAction may be left
// out, as many clients of ews do, and must otherwise agree.
func (s *Server) ewsWork(r *http.Request, body []byte) work {
	request := &ewsRequest{server: s, names: ewsNamesOf(s.namespaces[len(s.namespaces)-1]), language: "en-US"}
	if s.config.Language == french {
		request.language = "fr-FR"
	}
	request.action = strings.Trim(r.Header.Get("SOAPAction"), `"`)
	refused := request.read(body)
	return work{
		dialect: EWS, operation: request.name,
		run: func(user string) answer {
			if refused != nil {
				return *refused
			}
			return request.run(user)
		},
		fail: func(name string) answer {
			if refused != nil {
				return *refused
			}
			return request.failed(name, "The operation failed.")
		},
	}
}

// read finds out what a request asks for; its answer says why it cannot be told.
func (e *ewsRequest) read(body []byte) *answer {
	root, err := parseDocument(body)
	if err != nil {
		return e.invalid(legible(err.Error()))
	}
	opened, bad := openEnvelope(root, func(name xml.Name) bool {
		return name.Space == e.names.types && slices.Contains(ewsHeaders, name.Local)
	})
	if bad != nil {
		return e.badEnvelope(bad)
	}
	if len(opened.body) == 0 {
		return e.invalid("The element 'Body' in namespace '" + namespaceSOAP + "' has incomplete content.")
	}
	e.header, e.element, e.name = opened.header, opened.body[0], opened.body[0].name.Local
	if slices.Contains(e.server.namespaces, e.element.name.Space) {
		e.names = ewsNamesOf(e.element.name.Space)
	}
	e.version = ewsOldVersions[0]
	if block := e.block("RequestServerVersion"); block != nil {
		e.version, _ = block.attribute(xml.Name{Local: "Version"})
	}
	return nil
}

func (e *ewsRequest) run(user string) answer {
	operation, known := ewsOperations[e.name]
	switch {
	case e.action != "" && e.action != e.names.messages+"/"+e.name:
		return e.actionNotSupported()
	case !known || e.element.name != e.names.message(e.name):
		return *e.invalid(fmt.Sprintf("Could not find schema information for the element '%s:%s'.", e.element.name.Space, e.name))
	}
	if refused := e.checkVersion(); refused != nil {
		return *refused
	}
	if violation := operation.content.check(e.names, e.element); violation != "" {
		return *e.invalid(violation)
	}
	user, refused := e.impersonated(user)
	if refused != nil {
		return *refused
	}
	s := e.server
	s.mu.Lock()
	defer s.mu.Unlock()
	return operation.run(s, s.mailbox(user), e)
}

func (e *ewsRequest) block(local string) *node {
	for _, block := range e.header {
		if block.name == e.names.typed(local) {
			return block
		}
	}
	return nil
}

// checkVersion looks at the RequestServerVersion header. A request without one is for Exchange 2007, which has no telephony
// (nmarus/node-ews issue 18).
func (e *ewsRequest) checkVersion() *answer {
	switch {
	case slices.Contains(ewsVersions, e.version):
		return nil
	case slices.Contains(ewsOldVersions, e.version):
		return e.refuse("ErrorIncorrectSchemaVersion", "The request is valid but does not specify the correct server version in "+
			"the RequestServerVersion SOAP header.  Ensure that the RequestServerVersion SOAP header is set with the correct "+
			"RequestServerVersionValue.")
	}
	return e.refuse("ErrorInvalidServerVersion", "The specified server version is invalid.")
}

// impersonated reads the ExchangeImpersonation header: whose mailbox the request acts on. Addresses and SIDs are the same
// in upper and lower case.
func (e *ewsRequest) impersonated(user string) (string, *answer) {
	block := e.block("ExchangeImpersonation")
	if block == nil {
		return user, nil
	}
	if violation := impersonationContent.check(e.names, block); violation != "" {
		return "", e.invalid(violation)
	}
	who := strings.ToLower(block.children[0].children[0].text)
	switch who {
	case DeniedAddress:
		return "", e.refuse("ErrorImpersonateUserDenied", "The account does not have permission to impersonate the requested user.")
	case NobodyAddress:
		return "", e.refuse("ErrorNonExistentMailbox", "The SMTP address has no mailbox associated with it.")
	}
	return who, nil
}
