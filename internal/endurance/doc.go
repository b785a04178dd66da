// Package endurance checks what callers rely on when things die: that no request_id rings twice, that every answer is true,
// that abandoned calls end, and that a thousand watchers cost the backend what one does.
//
// It holds tests only. They run the real command, umgateway serve, before the simulator, and end it with SIGKILL at points
// drawn at random: when a request leaves, arrives, was executed, or was answered. The store in a file needs Go alone; the
// tests with Redis have the build tag interop, and need the package in debian-packages.txt. All of it stays on loopback, and
// what is started ends with the tests.
//
// By default a run places some hundred calls. The long form places as many as it is told, in each store:
//
//	go test -tags interop -v -timeout 60m ./internal/endurance -dials 6000
package endurance
