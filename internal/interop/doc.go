// Package interop checks the gateway's connections against foreign software: a key distribution centre of MIT Kerberos,
// Apache with mod_auth_gssapi and gss-ntlmssp in front of the simulator, and an acceptor on MIT's GSS-API library that
// checks channel bindings.
//
// It holds tests only, all with the build tag interop. They start what they need on loopback, on ports that are free, in
// a temporary directory, as root or as any other user, and stop it again, also when the test process is killed. The
// Debian packages that they need are in debian-packages.txt; a missing one is a failure, not a reason to skip.
//
//	make packages
//	go test -race -tags interop ./internal/interop
package interop
