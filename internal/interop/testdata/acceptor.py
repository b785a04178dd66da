"""An HTTPS server that authenticates by GSS-API and insists on channel bindings (RFC 5929, tls-server-end-point).

usage: acceptor.py CERTIFICATE KEY BOUND HASH

BOUND is the certificate that callers must have bound to, by its hash: the server's own, unless somebody is in between.
"""

import base64
import hashlib
import http.server
import os
import ssl
import sys

import gssapi
from gssapi.raw.chan_bindings import ChannelBindings

certificate, key, bound, algorithm = sys.argv[1:]
with open(bound, encoding="ascii") as file:
    digest = hashlib.new(algorithm, ssl.PEM_cert_to_DER_cert(file.read())).digest()
bindings = ChannelBindings(application_data=b"tls-server-end-point:" + digest)


def say(text):
    """Writes a line in one piece, since several threads do."""
    os.write(1, text.encode() + b"\n")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    context = None  # of this connection; NTLM needs several requests
    user = None

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        answer = b""
        if token:
            answer = self.step(base64.b64decode(token))
        if not self.user:
            fields = ["Negotiate", "NTLM"]
            if answer:
                fields = [scheme + " " + base64.b64encode(answer).decode()]
            self.reply(401, fields, "")
        else:
            self.reply(200, [], f"<PlayOnPhoneResponse>{self.user}</PlayOnPhoneResponse>")

    def step(self, token):
        """Goes on with the authentication, and returns the token for the caller."""
        self.user = None
        try:
            if self.context is None:
                self.context = gssapi.SecurityContext(usage="accept", channel_bindings=bindings)
            answer = self.context.step(token)
            if self.context.complete:
                self.finish_context()
            return answer or b""
        except gssapi.exceptions.GSSError as error:
            say(f"refused: {error}")
            self.context = None
            return b""

    def finish_context(self):
        context, self.context = self.context, None
        # A caller without bindings is accepted by the library, which leaves it to us to insist.
        if gssapi.RequirementFlag.channel_bound in context.actual_flags:
            self.user = str(context.initiator_name)
        else:
            say("refused: not bound")

    def reply(self, status, challenges, body):
        self.send_response(status)
        for challenge in challenges:
            self.send_header("WWW-Authenticate", challenge)
        self.send_header("Content-Type", "text/xml; charset=utf-8")
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(certificate, key)
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.socket = tls.wrap_socket(server.socket, server_side=True)
say(f"listening on {server.server_address[1]}")
server.serve_forever()
