// Package interop holds the tests in which SOAP stacks that nobody here wrote drive the simulator, from nothing but its own
// WSDL: zeep (Python) and PHP's. So the simulator is not right by its own word alone. The tests have the build tag interop;
// debian-packages.txt names what they need, and a missing part is a failure.
package interop
