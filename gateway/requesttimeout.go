package gateway

import (
	"math"
	"net/http"
	"strconv"
)

// requestTimeout is a header for REST clients that do not know gRPC's: how many seconds the call may take, such as 2.5.
const requestTimeout = "Request-Timeout"

// maxRequestTimeout is the longest timeout that can be said in gRPC's header by milliseconds, in seconds.
const maxRequestTimeout = 99_999

// adoptRequestTimeout has gRPC's header say what the plain one says.
func adoptRequestTimeout(header http.Header) error {
	values := header[requestTimeout]
	if len(values) == 0 {
		return nil
	}
	if len(values) > 1 || header[grpcTimeout] != nil {
		return invalidRequest("request-timeout: send one timeout")
	}
	seconds, err := strconv.ParseFloat(values[0], 64)
	if err != nil || !(seconds > 0) || math.IsInf(seconds, 0) {
		return invalidRequest("request-timeout: want seconds, such as 2.5")
	}
	milliseconds := math.Ceil(min(seconds, maxRequestTimeout) * 1000)
	header[grpcTimeout] = []string{strconv.FormatInt(int64(milliseconds), 10) + "m"}
	return nil
}
