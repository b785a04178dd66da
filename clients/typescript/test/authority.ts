import { execFile } from "node:child_process";
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";

/** certify makes a certificate for the loopback interface that stands for itself, and its key. It needs openssl. */
export async function certify(directory: string): Promise<{ certificate: string; key: string }> {
  const [certificate, key] = [join(directory, "tls.crt"), join(directory, "tls.key")];
  await promisify(execFile)("openssl", [
    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
    "-subj", "/CN=gateway.example.com", "-addext", "subjectAltName=IP:127.0.0.1", "-out", certificate, "-keyout", key,
  ]);
  return { certificate, key };
}

/** Who signs tokens, as OpenID Connect has it. */
export class Issuer {
  readonly #key: KeyObject;
  readonly #server: Server;

  private constructor() {
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    this.#key = privateKey;
    const keys = [{ ...publicKey.export({ format: "jwk" }), kid: "first", alg: "ES256", use: "sig" }];
    this.#server = createServer((request, response) => {
      response.setHeader("Content-Type", "application/json");
      response.end(JSON.stringify(request.url === "/keys" ? { keys } : { issuer: this.url, jwks_uri: `${this.url}/keys` }));
    });
  }

  static async start(): Promise<Issuer> {
    const issuer = new Issuer();
    await new Promise<void>((resolve) => issuer.#server.listen(0, "127.0.0.1", resolve));
    return issuer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port.toString()}`;
  }

  /** token makes a token (RFC 7519) for somebody with a role. */
  token(role: string): string {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: this.url, sub: "alice", aud: "umgateway", roles: [role], iat: now, exp: now + 3600 };
    const parts = [{ alg: "ES256", kid: "first", typ: "JWT" }, claims];
    const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
    const signature = sign("sha256", Buffer.from(text), { key: this.#key, dsaEncoding: "ieee-p1363" });
    return `${text}.${signature.toString("base64url")}`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
