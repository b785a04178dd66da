// Package apidocs is the documentation of the API as the gateway serves it: the OpenAPI document, a page to read and try it,
// a page for each reason of errors, and the schema as a set of descriptors.
//
// It promises that its pages load nothing from other servers and run no script but their own, and that nothing in them is
// secret: they are the same for every gateway of a version, and need no credential.
package apidocs
