package console

// Status is how a gateway is at a moment.
type Status struct {
	// Version of the gateway.
	Version string `json:"version"`
	// Backends in the order in which they are configured.
	Backends []Backend `json:"backends"`
}

// Backend is one Exchange server, or several addresses of one.
type Backend struct {
	// Name tells backends apart.
	Name string `json:"name"`
	// Dialect is what it speaks: "umws" or "ews".
	Dialect string `json:"dialect"`
	// Serving tells whether it makes sense to send calls.
	Serving bool `json:"serving"`
	// Endpoints are its addresses. Empty if the caller may not know them.
	Endpoints []Endpoint `json:"endpoints,omitempty"`
}

// Endpoint is one address of a backend.
type Endpoint struct {
	// URL of the web service.
	URL string `json:"url"`
	// State of the circuit breaker: "up", "trying" or "down".
	State string `json:"state"`
	// RetryAfterMS is how long it is left alone yet, in milliseconds; 0 unless it is down.
	RetryAfterMS int64 `json:"retryAfterMs"`
	// Busy is how many exchanges are under way.
	Busy int `json:"busy"`
	// Waiting is how many calls are in line.
	Waiting int `json:"waiting"`
	// Limit is how many exchanges may be under way just now.
	Limit int `json:"limit"`
}
