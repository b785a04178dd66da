// How a caller shows who it is.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { GatewayError } from "umgateway";
import { newGrpcClient } from "umgateway/grpc";
import { newRestClient } from "umgateway/rest";
import { certify, Issuer } from "./authority.js";
import { binary, Program } from "./process.js";
import { Proxy } from "./proxy.js";
import { addressOf, failureOf, fronts } from "./stand.js";

const loopback = ["--http-addr", "127.0.0.1:0", "--grpc-addr", "127.0.0.1:0", "--admin-addr", ""];

let directory: string;
let exchange: Program;
let backendUrl: string;
let issuer: Issuer;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), "umgateway-"));
  exchange = new Program(binary, ["simulate", "--addr", "127.0.0.1:0"]);
  [, backendUrl = ""] = await exchange.wrote(/ready at (\S+)/);
  issuer = await Issuer.start();
});
after(async () => {
  await exchange.stop();
  issuer.stop();
  await rm(directory, { recursive: true });
});

describe("with a token, over TLS", () => {
  let gateway: Program;
  let certificate: string;
  before(async () => {
    const config = join(directory, "umgateway.yaml");
    await writeFile(config, `
callers:
  issuers: [{url: "${issuer.url}", audiences: [umgateway]}]
policy:
  rules:
    - {name: diallers, callers: {roles: [dialler]}, rpcs: ["um.v1.CallService/*"], dial: {allow: ["425*"]}}
`);
    const files = await certify(directory);
    certificate = files.certificate;
    gateway = new Program(binary, [
      "serve", ...loopback, "--config", config, "--backend-url", backendUrl, "--ledger", join(directory, "tokens.db"),
      "--tls-cert-file", certificate, "--tls-key-file", files.key,
    ]);
    await addressOf(gateway, "REST");
  });
  after(() => gateway.stop());

  test("gRPC", async () => {
    const options = { address: await addressOf(gateway, "gRPC"), rootCertificates: await readFile(certificate) };
    const client = newGrpcClient({ ...options, credential: { bearer: () => issuer.token("dialler") } });
    const { callId = "" } = await client.playOnPhoneOnce({ entryId: "AAAA", dialString: "4255550100" });
    await client.disconnect({ callId });
    const forbidden = await failureOf(client.isUMEnabled());
    assert(forbidden instanceof GatewayError);
    assert.equal(forbidden.code, "PERMISSION_DENIED");
    client.close();

    const stranger = newGrpcClient(options);
    const missing = await failureOf(stranger.isUMEnabled());
    assert(missing instanceof GatewayError);
    assert.deepEqual([missing.code, missing.reason], ["UNAUTHENTICATED", "CREDENTIALS_MISSING"]);
    stranger.close();
  });

  test("REST, by the example", async () => {
    const tokenFile = join(directory, "token");
    await writeFile(tokenFile, `${issuer.token("dialler")}\n`);
    const example = new Program(process.execPath, [fileURLToPath(new URL("../examples/rest.js", import.meta.url))], {
      GATEWAY: `https://${await addressOf(gateway, "REST")}`, TOKEN_FILE: tokenFile, NODE_EXTRA_CA_CERTS: certificate,
    });
    assert.equal(await example.end(), 0, example.output);
    assert.match(example.output, /CALL_STATE_DISCONNECTED EVENT_CAUSE_NONE\n$/);
  });
});

describe("with a user name and a password", () => {
  let gateway: Program;
  let backend: Proxy;
  before(async () => {
    const url = new URL(backendUrl);
    backend = await Proxy.start(url.host);
    url.host = backend.address;
    gateway = new Program(binary, [
      "serve", ...loopback, "--backend-url", url.href, "--ledger", join(directory, "users.db"),
      "--backend-identity", "caller-basic", "--backend-auth", "basic", "--backend-allow-insecure-basic",
    ]);
  });
  after(async () => {
    await gateway.stop();
    await backend.stop();
  });

  for (const front of fronts) {
    test(`${front} shows them`, async () => {
      const credential = { user: "EXAMPLE\\zoë", password: `${front}:€` };
      const address = await addressOf(gateway, front);
      const client = front === "gRPC"
        ? newGrpcClient({ address, plaintext: true, credential })
        : newRestClient({ baseUrl: `http://${address}`, credential });
      assert.deepEqual(await client.isUMEnabled(), { enabled: true });
      const forwarded = Buffer.from(`EXAMPLE\\zoë:${front}:€`).toString("base64");
      assert(backend.sent.includes(`Authorization: Basic ${forwarded}\r\n`), backend.sent);
      client.close();
    });
  }

  test("no credential goes to another machine without TLS", () => {
    const credential = { user: "bob", password: "x" };
    assert.throws(() => newGrpcClient({ address: "gateway.example.com:9090", plaintext: true, credential }), /over TLS only/);
    assert.throws(() => newRestClient({ baseUrl: "http://gateway.example.com", credential }), /over TLS only/);
  });
});
