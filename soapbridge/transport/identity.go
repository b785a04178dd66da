package transport

// Identity is an account at the backend.
type Identity struct{ Key string }
