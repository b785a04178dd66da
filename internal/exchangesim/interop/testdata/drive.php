<?php
// Calls a SOAP service with PHP's SOAP extension, as told on the standard input. The lines that it reads and writes are
// those of drive.py.

function tidy($operation, $value)
{
    $value = json_decode(json_encode($value), true);
    // The extension leaves the one element in the response element; zeep takes it out.
    if (is_array($value) && array_keys($value) === [$operation . 'Response']) {
        $value = $value[$operation . 'Response'];
    }
    return $value === [] ? null : $value;
}

function call(SoapClient $client, array $request): array
{
    $operation = $request['operation'];
    $headers = [];
    foreach ($request['headers'] ?? [] as $name => $content) {
        $headers[] = new SoapHeader($request['headerNamespace'], $name, $content);
    }
    try {
        $received = [];
        $result = $client->__soapCall($operation, [(object) ($request['arguments'] ?? [])], null, $headers, $received);
    } catch (SoapFault $fault) {
        $detail = [];
        foreach ($fault->detail ?? [] as $name => $text) {
            $detail[] = ['name' => $name, 'text' => is_string($text) ? $text : ''];
        }
        return ['fault' => ['code' => $fault->faultcode, 'text' => $fault->faultstring, 'detail' => $detail]];
    }
    $reply = ['result' => tidy($operation, $result)];
    if ($received) {
        $reply['headers'] = $received;
    }
    return $reply;
}

$client = new SoapClient($argv[1], ['cache_wsdl' => WSDL_CACHE_NONE, 'exceptions' => true]);
while (($line = fgets(STDIN)) !== false) {
    echo json_encode(call($client, json_decode($line, true))), "\n";
    flush();
}
