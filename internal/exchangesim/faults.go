package exchangesim

import (
	"fmt"
	"net/http"
	"strings"
	"unicode"
)

// sentence is a text of the .NET framework in the languages that the server speaks. The French ones come without the
// class name and the stack trace: a server that hides its details from the outside leaves both out.
type sentence struct{ english, french string }

var (
	textUnknownAction = sentence{
		"System.Web.Services.Protocols.SoapException: Server did not recognize the value of HTTP Header SOAPAction: %s.\n" +
			"   at System.Web.Services.Protocols.Soap11ServerProtocolHelper.RouteRequest()",
		"Le serveur n'a pas reconnu la valeur de l'en-tête HTTP SOAPAction : %s.",
	}
	textMissingAction = sentence{
		"System.Web.Services.Protocols.SoapException: Unable to handle request without a valid action parameter. " +
			"Please supply a valid soap action.\n   at System.Web.Services.Protocols.Soap11ServerProtocolHelper.RouteRequest()",
		"Impossible de traiter la demande sans paramètre d'action valide. Fournissez une action soap valide.",
	}
	textVersionMismatch = sentence{
		"System.Web.Services.Protocols.SoapException: Possible SOAP version mismatch: Envelope namespace %s was unexpected. " +
			"Expecting " + namespaceSOAP + ".\n   at System.Web.Services.Protocols.SoapServerProtocol.ReadParameters()",
		"Incompatibilité possible des versions SOAP : l'espace de noms d'enveloppe %s est inattendu. " +
			namespaceSOAP + " attendu.",
	}
	textMustUnderstand = sentence{
		"System.Web.Services.Protocols.SoapHeaderException: SOAP header %s was not understood.\n" +
			"   at System.Web.Services.Protocols.SoapHeaderHandling.EnsureHeadersUnderstood(SoapHeaderCollection headers)",
		"L'en-tête SOAP %s n'a pas été compris.",
	}
	textMissingElement = sentence{
		"System.Web.Services.Protocols.SoapException: Server was unable to read request. ---> System.InvalidOperationException: " +
			"Request format is invalid: Missing required %s element.\n" +
			"   at System.Web.Services.Protocols.SoapServerProtocol.ReadParameters()",
		"Le serveur n'a pas pu lire la demande. ---> Le format de la demande n'est pas valide : l'élément %s requis est manquant.",
	}
	textNotBoolean = sentence{
		unreadableEnglish + "System.FormatException: The string '%s' is not a valid Boolean value." + unreadableTrace,
		unreadableFrench + "La chaîne '%s' n'est pas une valeur Boolean valide.",
	}
	textNotGreeting = sentence{
		unreadableEnglish + "System.InvalidOperationException: Instance validation error: '%s' is not a valid value for UMGreetingType." +
			unreadableTrace,
		unreadableFrench + "Erreur de validation de l'instance : '%s' n'est pas une valeur valide pour UMGreetingType.",
	}
	textNotSimple = sentence{
		unreadableEnglish + "System.Xml.XmlException: Unexpected node type Element. ReadElementString method can only be called on " +
			"elements with simple or empty content: %s." + unreadableTrace,
		unreadableFrench + "Type de nœud Element inattendu dans %s.",
	}
)

const (
	unreadableEnglish = "System.Web.Services.Protocols.SoapException: Server was unable to read request. ---> " +
		"System.InvalidOperationException: There is an error in XML document (1, 301). ---> "
	unreadableTrace  = "\n   at System.Web.Services.Protocols.SoapServerProtocol.ReadParameters()"
	unreadableFrench = "Le serveur n'a pas pu lire la demande. ---> Il existe une erreur dans le document XML (1, 301). ---> "
)

// argumentFault is why an argument cannot be read: .NET cannot turn it into the type that the operation takes.
type argumentFault struct {
	text    sentence
	subject string
}

func (s *Server) say(t sentence, subject string) string {
	if s.config.Language == french {
		return fmt.Sprintf(t.french, subject)
	}
	return fmt.Sprintf(t.english, subject)
}

// umFault writes an exception of the UM service as ASP.NET does: the name in the fault code and in the detail, and a
// stack trace in the text.
func umFault(namespace, operation, exception, message string) answer {
	text := fmt.Sprintf("System.Web.Services.Protocols.SoapException: %s ---> Microsoft.Exchange.UM.ClientAccess.%s: %s\n"+
		"   at Microsoft.Exchange.UM.ClientAccess.UMClientBase.%s(UserContext context)\n"+
		"   at Microsoft.Exchange.UM.WebService.UMService.%s()\n"+
		"   --- End of inner exception stack trace ---", message, exception, message, operation, operation)
	return fault(fmt.Sprintf(`<faultcode xmlns:q0=%q>q0:%s</faultcode>`, namespace, exception), text,
		fmt.Sprintf(`<detail><ExceptionType xmlns=%q>%s</ExceptionType></detail>`, namespace, exception))
}

// frameworkFault writes a fault of ASP.NET itself.
func frameworkFault(code, text string) answer {
	return fault("<faultcode>soap:"+code+"</faultcode>", text, "<detail />")
}

func fault(code, text, detail string) answer {
	return newAnswer(http.StatusInternalServerError, prolog+envelopeOpen+
		"<soap:Fault>"+code+"<faultstring>"+escape(text)+"</faultstring>"+detail+"</soap:Fault>"+envelopeClose)
}

// unknownAction is how ASP.NET says that it did not dispatch a request.
func (s *Server) unknownAction(action string) answer {
	return frameworkFault("Client", s.say(textUnknownAction, legible(action)))
}

func (s *Server) missingAction() answer {
	text := textMissingAction.english
	if s.config.Language == french {
		text = textMissingAction.french
	}
	return frameworkFault("Client", text)
}

func (s *Server) unreadable(e *argumentFault) answer {
	return frameworkFault("Client", s.say(e.text, e.subject))
}

func (s *Server) badEnvelope(e *envelopeFault) answer {
	text := map[string]sentence{
		"VersionMismatch": textVersionMismatch, "MustUnderstand": textMustUnderstand, "Client": textMissingElement,
	}[e.code]
	return frameworkFault(e.code, s.say(text, e.subject))
}

var (
	escaper          = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", "&#xD;")
	attributeEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", `"`, "&quot;", "\r", "&#xD;", "\n", "&#xA;", "\t", "&#x9;")
)

func escape(text string) string { return escaper.Replace(text) }

// legible replaces what XML 1.0, section 2.2, has no place for.
func legible(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= ' ' && r != 0xFFFE && r != 0xFFFF || r == '\t' || r == '\n' || r == '\r' {
			return r
		}
		return unicode.ReplacementChar
	}, text)
}

func escapeAttribute(text string) string { return attributeEscaper.Replace(text) }
