"""Calls a SOAP service with zeep, as told on the standard input.

Usage: drive.py WSDL-URL. Each line of the input is {"operation", "arguments", "headers"}; each line of the output is
{"result", "headers"} or {"fault": {"code", "text", "detail"}}. What is null is left out.
"""

import json
import sys

import zeep
import zeep.exceptions
import zeep.helpers
import zeep.xsd
from lxml import etree


def tidy(value):
    """Returns a result as plain dictionaries without what is null."""
    value = zeep.helpers.serialize_object(value, dict)
    if isinstance(value, dict):
        return {name: tidy(v) for name, v in value.items() if v is not None}
    return value


def parts(message):
    """Returns the headers that are declared for a message: the element, and the part, by which zeep calls it."""
    return [] if message.header is None else [(element, part) for part, element in message.header.type.elements]


def call(client, request):
    name = request["operation"]
    described = client.service._binding.get(name)
    sent = request.get("headers") or {}
    headers = [element(**sent[element.name]) for element, _ in parts(described.input) if element.name in sent]
    options = {"_soapheaders": headers} if headers else {}
    try:
        result = client.service[name](**request.get("arguments") or {}, **options)
    except zeep.exceptions.Fault as fault:
        detail = [
            {"name": etree.QName(child).localname, "namespace": etree.QName(child).namespace, "text": child.text}
            for child in (fault.detail if fault.detail is not None else [])
        ]
        return {"fault": {"code": fault.code, "text": fault.message, "detail": detail}}
    result = tidy(result)
    received = parts(described.output)
    if not received:
        return {"result": result}
    return {"result": result["body"], "headers": {element.name: result["header"].get(part) for element, part in received}}


def main():
    client = zeep.Client(sys.argv[1])
    for line in sys.stdin:
        print(json.dumps(call(client, json.loads(line))), flush=True)


main()
