// Package systemd tests the unit of the gateway's service with systemd's own tools.
package systemd
