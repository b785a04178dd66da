package exchangesim

import (
	"encoding/xml"
	"net/http"
	"strings"
)

const (
	namespaceHTTP  = "http://schemas.microsoft.com/exchange/services/2006/messages"
	namespaceHTTPS = "https://schemas.microsoft.com/exchange/services/2006/messages"
)

// work is a request that a dialect has looked at: the operation that it asks for, and what answers it.
type work struct {
	dialect   string
	operation string // as the request names it, known or not
	run       func(user string) answer
	fail      func(name string) answer // answers with the error of that name, without carrying anything out
}

// umwsWork looks at a request in the dialect umws. As with ASP.NET, the SOAPAction alone chooses the operation, before a
// byte of the body is read.
func (s *Server) umwsWork(r *http.Request, body []byte) work {
	header := r.Header["Soapaction"]
	action := strings.Trim(strings.Join(header, ""), `"`)
	call, carryOut := s.route(action)
	return work{
		dialect: UMWS, operation: action[strings.LastIndexByte(action, '/')+1:],
		fail: func(name string) answer { return call.fault(name, "The operation failed.") },
		run: func(user string) answer {
			switch {
			case len(header) == 0:
				return s.missingAction()
			case carryOut == nil:
				return s.unknownAction(action)
			}
			return s.runUM(call, carryOut, user, body)
		},
	}
}

// route finds the operation of a SOAPAction.
func (s *Server) route(action string) (invocation, operation) {
	for _, namespace := range s.namespaces {
		if name, found := strings.CutPrefix(action, namespace+"/"); found {
			return invocation{server: s, name: name, namespace: namespace}, operations[name]
		}
	}
	return invocation{server: s, namespace: s.namespaces[len(s.namespaces)-1]}, nil
}

func (s *Server) runUM(call invocation, carryOut operation, user string, body []byte) answer {
	root, err := parseDocument(body)
	if err != nil {
		return answer{status: http.StatusBadRequest, header: http.Header{}}
	}
	opened, bad := openEnvelope(root, func(xml.Name) bool { return false })
	if bad != nil {
		return s.badEnvelope(bad)
	}
	for _, n := range opened.body {
		if n.name == (xml.Name{Space: call.namespace, Local: call.name}) {
			call.element = n
			break
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a, fault := carryOut(s, s.mailbox(user), call)
	if fault != nil {
		return s.unreadable(fault)
	}
	return a
}

// invocation is a dispatched request.
type invocation struct {
	server    *Server
	name      string
	namespace string // the scheme that the SOAPAction chose: arguments count in it only
	element   *node  // the operation's element; nil if the Body holds none of its name and namespace
}

// argument returns the text of an argument. As with ASP.NET, one that is missing, or in another namespace or another
// case, is null; of one that is repeated the first counts; text is not trimmed. An element in it cannot be read.
func (i invocation) argument(local string) (*string, *argumentFault) {
	if i.element == nil {
		return nil, nil
	}
	n := i.element.child(xml.Name{Space: i.namespace, Local: local})
	switch {
	case n == nil:
		return nil, nil
	case len(n.children) > 0:
		return nil, &argumentFault{textNotSimple, local}
	}
	return &n.text, nil
}

// text is argument where null and empty are the same.
func (i invocation) text(local string) (string, *argumentFault) {
	text, err := i.argument(local)
	if text == nil {
		return "", err
	}
	return *text, nil
}

// boolean reads a boolean argument. A null one is false; anything but the lexical forms of XML Schema is an error.
func (i invocation) boolean(local string) (bool, *argumentFault) {
	text, err := i.argument(local)
	if text == nil {
		return false, err
	}
	switch strings.Trim(*text, " \t\r\n") {
	case "true", "1":
		return true, nil
	case "false", "0":
		return false, nil
	}
	return false, &argumentFault{textNotBoolean, *text}
}

func (i invocation) done(result *string) answer { return success(i.namespace, i.name, result) }

func (i invocation) fault(exception, message string) answer {
	return umFault(i.namespace, i.name, exception, message)
}
