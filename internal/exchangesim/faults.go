package exchangesim

import (
	"fmt"
	"net/http"
	"strings"
)

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

// unknownAction is how ASP.NET says that it did not dispatch a request, in two languages.
func (s *Server) unknownAction(action string) answer {
	action = strings.Trim(action, `"`)
	if s.config.Language == "fr" {
		return frameworkFault("Client", "Le serveur n'a pas reconnu la valeur de l'en-tête HTTP SOAPAction : "+action+".")
	}
	return frameworkFault("Client", "System.Web.Services.Protocols.SoapException: Server did not recognize the value of HTTP Header SOAPAction: "+
		action+".\n   at System.Web.Services.Protocols.Soap11ServerProtocolHelper.RouteRequest()")
}

func (s *Server) missingAction() answer {
	if s.config.Language == "fr" {
		return frameworkFault("Client", "Impossible de traiter la demande sans paramètre d'action valide.")
	}
	return frameworkFault("Client", "System.Web.Services.Protocols.SoapException: Unable to handle request without a valid action parameter. "+
		"Please supply a valid soap action.\n   at System.Web.Services.Protocols.Soap11ServerProtocolHelper.RouteRequest()")
}

func badArgument(operation string) answer {
	return frameworkFault("Client", "System.Web.Services.Protocols.SoapException: Server was unable to read request. ---> "+
		"System.InvalidOperationException: There is an error in XML document. ---> System.FormatException: "+
		"The string is not a valid Boolean value.\n   at UMService."+operation+"()")
}
