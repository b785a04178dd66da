package main

// addStatus describes google.rpc.Status with the details that the gateway sends, of which google.rpc.ErrorInfo is always
// there, once.
func addStatus(schemas object, reasons []reason) {
	var names []string
	for _, r := range reasons {
		names = append(names, r.name)
	}
	schemas["google.rpc.Status"] = object{
		"type": "object", "description": "Why a request failed.", "required": []string{"code", "message", "details"},
		"properties": object{
			"code":    object{"type": "integer", "format": "int32", "minimum": 1, "maximum": 16, "description": "The number of the google.rpc.Code."},
			"message": object{"type": "string", "description": "For developers. Do not match it: match the reason."},
			"details": object{
				"type": "array", "description": "Exactly one google.rpc.ErrorInfo, and others.",
				"items": object{
					"type": "object", "required": []string{"@type"}, "properties": object{"@type": text("The type of the detail.")},
					"allOf": []any{
						whereType("google.rpc.ErrorInfo"), whereType("google.rpc.BadRequest"), whereType("google.rpc.RetryInfo"),
						whereType("google.rpc.RequestInfo"), whereType("um.v1.SoapFault"),
					},
				},
				"contains": ref("google.rpc.ErrorInfo"), "minContains": 1, "maxContains": 1,
			},
		},
	}
	schemas["Problem"] = object{
		"type": "object", "description": "The same in the form of RFC 9457, for requests with Accept: application/problem+json.",
		"required": []string{"type", "title", "status", "detail", "code", "reason"}, "properties": object{
			"type":     object{"type": "string", "format": "uri", "description": "Names the reason, at every gateway alike."},
			"title":    text("The reason in words."),
			"status":   object{"type": "integer", "minimum": 400, "maximum": 599, "description": "The status of the answer."},
			"detail":   text("For developers. Do not match it: match the reason."),
			"instance": object{"type": "string", "format": "uri-reference", "description": "The id of the request, as in the header X-Request-Id."},
			"code":     object{"$ref": "#/components/schemas/google.rpc.Status/properties/code"},
			"reason":   object{"$ref": "#/components/schemas/google.rpc.ErrorInfo/properties/reason"},
			"details":  object{"$ref": "#/components/schemas/google.rpc.Status/properties/details"},
		},
	}
	schemas["google.rpc.ErrorInfo"] = detail("google.rpc.ErrorInfo", "The reason in a form for programs.", object{
		"reason":   object{"type": "string", "enum": names, "description": "Each is explained at /docs/reasons/."},
		"domain":   object{"const": "umgateway"},
		"metadata": object{"type": "object", "additionalProperties": object{"type": "string"}, "description": "More about it, such as the operation."},
	}, "reason", "domain")
	schemas["google.rpc.BadRequest"] = detail("google.rpc.BadRequest", "Which fields are wrong.", object{
		"fieldViolations": object{"type": "array", "items": object{
			"type": "object", "required": []string{"description"},
			"properties": object{"field": text("The field, as the schema names it."), "description": text("What is wrong with it.")},
		}},
	}, "fieldViolations")
	schemas["google.rpc.RetryInfo"] = detail("google.rpc.RetryInfo", "When a repetition makes sense.", object{
		"retryDelay": object{"type": "string", "pattern": durationPattern, "description": "For how long to wait."},
	}, "retryDelay")
	schemas["google.rpc.RequestInfo"] = detail("google.rpc.RequestInfo", "Finds the request in the gateway's log.", object{
		"requestId": text("The id of the request, as in the header X-Request-Id."),
	}, "requestId")
	schemas["um.v1.SoapFault"] = detail("um.v1.SoapFault", "What Exchange said.", object{
		"faultCode": text("The local name of the fault's code."), "exceptionType": text("The name of the exception, where there is one."),
		"responseCode": text("The response code of Exchange Web Services, where there is one."),
		"httpStatus":   object{"type": "integer", "description": "The status of the reply."},
		"faultString":  text("The first line of the fault's text."),
	})
}

// whereType says what a detail of a type looks like, and nothing about others.
func whereType(name string) object {
	return object{
		"if":   object{"properties": object{"@type": object{"const": "type.googleapis.com/" + name}}},
		"then": ref(name),
	}
}

func detail(name, description string, properties object, required ...string) object {
	properties["@type"] = object{"const": "type.googleapis.com/" + name}
	return object{"type": "object", "description": description, "properties": properties, "required": append([]string{"@type"}, required...)}
}

func text(description string) object { return object{"type": "string", "description": description} }

func ref(name string) object { return object{"$ref": "#/components/schemas/" + name} }
