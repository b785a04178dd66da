// Package console is a small web page to use and to watch a gateway with: it places calls, follows them, hangs up, shows and
// changes a mailbox's voice settings, and tells how the backends are.
//
// It promises:
//
//   - The page does everything through the gateway's own REST API, with the credential that its reader gives it. It can do
//     nothing that the reader could not do without it.
//   - The page itself is static, and the same for everybody. It loads nothing from elsewhere, and its Content-Security-Policy
//     lets it run no other script and reach no other server.
//   - What it tells beyond the API is in Status: neither call ids nor dial strings nor what goes to a backend and back. Only a
//     gateway in front of a simulator shows exchanges, in which everything is made up.
package console
