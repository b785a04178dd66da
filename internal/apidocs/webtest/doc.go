// Package webtest tests the documentation of the API and the web's protocols with the software of others: Redocly's linter
// reads the OpenAPI document, the clients of the Connect project for web pages make calls over Connect and gRPC-Web, in
// Node.js, with the schema that the gateway serves.
//
// It holds tests only, all with the build tag interop. They install what package-lock.json pins.
package webtest
