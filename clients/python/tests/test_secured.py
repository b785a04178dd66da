"""How a caller shows who it is."""

import base64
import http.server
import json
import os
import subprocess
import tempfile
import threading
import time
import unittest
from typing import Any, Dict

import grpc
from umgateway import Basic, Bearer, Client, GatewayError, calls

from .programs import LOOPBACK, Program, gateway, grpc_address
from .proxy import Proxy


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def openssl(*arguments: str, given: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *arguments], input=given, stdout=subprocess.PIPE, check=True).stdout


class Issuer:
    """Who signs tokens, as OpenID Connect has it."""

    def __init__(self, directory: str) -> None:
        self._key = os.path.join(directory, "issuer.key")
        openssl("genrsa", "-out", self._key, "2048")
        modulus = openssl("rsa", "-in", self._key, "-noout", "-modulus").decode().strip().partition("=")[2]
        key = {"kty": "RSA", "kid": "first", "alg": "RS256", "use": "sig", "e": "AQAB", "n": encode(bytes.fromhex(modulus))}
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                document: Dict[str, Any] = {"issuer": issuer.url, "jwks_uri": issuer.url + "/keys"}
                if self.path == "/keys":
                    document = {"keys": [key]}
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(document).encode())

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def token(self, role: str) -> str:
        """Makes a token (RFC 7519) for somebody with a role."""
        now = int(time.time())
        claims = {"iss": self.url, "sub": "alice", "aud": "umgateway", "roles": [role], "iat": now, "exp": now + 3600}
        parts = [{"alg": "RS256", "kid": "first", "typ": "JWT"}, claims]
        text = ".".join(encode(json.dumps(part).encode()) for part in parts)
        signature = openssl("dgst", "-sha256", "-sign", self._key, given=text.encode())
        return f"{text}.{encode(signature)}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Secured(unittest.TestCase):
    directory: str
    exchange: Program
    url: str

    @classmethod
    def setUpClass(cls) -> None:
        directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(directory.cleanup)
        cls.directory = directory.name
        cls.exchange = gateway("simulate", "--addr", "127.0.0.1:0")
        cls.addClassCleanup(cls.exchange.stop)
        cls.url = cls.exchange.wrote(r"ready at (\S+)")[1]

    def path(self, name: str) -> str:
        return os.path.join(self.directory, name)

    def test_with_a_token_over_tls(self) -> None:
        issuer = Issuer(self.directory)
        self.addCleanup(issuer.stop)
        with open(self.path("umgateway.yaml"), "w", encoding="utf-8") as config:
            config.write(
                f'callers:\n  issuers: [{{url: "{issuer.url}", audiences: [umgateway]}}]\n'
                "policy:\n  rules:\n"
                '    - {name: diallers, callers: {roles: [dialler]}, rpcs: ["um.v1.CallService/*"], dial: {allow: ["425*"]}}\n'
            )
        certificate, key = self.path("tls.crt"), self.path("tls.key")
        openssl(
            *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"),
            *("-subj", "/CN=gateway.example.com", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-out", certificate, "-keyout", key),
        )
        served = gateway(
            *("serve", *LOOPBACK, "--config", self.path("umgateway.yaml"), "--backend-url", self.url),
            *("--ledger", self.path("tokens.db"), "--tls-cert-file", certificate, "--tls-key-file", key),
        )
        self.addCleanup(served.stop)
        with open(certificate, "rb") as file:
            roots = file.read()
        address = grpc_address(served)
        with Client(address, root_certificates=roots, credential=Bearer(lambda: issuer.token("dialler"))) as client:
            call_id = client.play_on_phone_once(calls.PlayOnPhoneRequest(entry_id="AAAA", dial_string="4255550100")).call_id
            self.assertFalse(next(client.watch(call_id)).ended)
            client.disconnect(calls.DisconnectRequest(call_id=call_id))
            with self.assertRaises(GatewayError) as forbidden:
                client.is_um_enabled()
            self.assertIs(forbidden.exception.code, grpc.StatusCode.PERMISSION_DENIED)
        with Client(address, root_certificates=roots) as stranger, self.assertRaises(GatewayError) as missing:
            stranger.is_um_enabled()
        self.assertEqual(missing.exception.reason, "CREDENTIALS_MISSING")

    def test_with_a_user_name_and_a_password(self) -> None:
        backend = Proxy(self.url.split("/")[2])
        self.addCleanup(backend.stop)
        served = gateway(
            *("serve", *LOOPBACK, "--backend-url", f"http://{backend.address}/UnifiedMessaging/Service.asmx"),
            *("--ledger", self.path("users.db"), "--backend-identity", "caller-basic"),
            *("--backend-auth", "basic", "--backend-allow-insecure-basic"),
        )
        self.addCleanup(served.stop)
        with Client(grpc_address(served), plaintext=True, credential=Basic("EXAMPLE\\zoë", "pässword:€")) as client:
            self.assertTrue(client.is_um_enabled().enabled)
        forwarded = base64.b64encode("EXAMPLE\\zoë:pässword:€".encode())
        self.assertIn(b"Authorization: Basic " + forwarded + b"\r\n", backend.sent)

    def test_no_credential_goes_to_another_machine_without_tls(self) -> None:
        with self.assertRaises(ValueError):
            Client("gateway.example.com:9090", plaintext=True, credential=Basic("bob", "x"))

    def test_a_secret_is_not_shown(self) -> None:
        self.assertNotIn("secret", repr(Basic("bob", "secret")) + repr(Bearer("secret")))
