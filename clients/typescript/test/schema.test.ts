// The tables that are written by hand agree with the schema.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { MethodOptions_IdempotencyLevel as Level } from "@bufbuild/protobuf/wkt";
import { Client } from "umgateway";
import { CallService } from "../src/gen/um/v1/call_service_pb.js";
import { MailboxService } from "../src/gen/um/v1/mailbox_service_pb.js";
import { retryPolicy } from "../src/policy.js";
import { type Rpc, routes } from "../src/rpcs.js";

const methods = [...CallService.methods, ...MailboxService.methods];

test("every rpc has a route, and the OpenAPI description has it too", async () => {
  assert.deepEqual(Object.keys(routes).sort(), methods.map(({ name }) => name).sort());
  const described = new Set<string>();
  const url = new URL("../../../../gen/openapi/umgateway.json", import.meta.url);
  const { paths } = JSON.parse(await readFile(url, "utf8")) as { paths: Record<string, Record<string, { operationId?: string }>> };
  for (const [path, verbs] of Object.entries(paths)) {
    for (const [verb, { operationId = "" }] of Object.entries(verbs)) {
      described.add(`${operationId.replace(/^.*Service_|_1$/g, "")} ${verb.toUpperCase()} ${path.replace("call_id", "callId")}`);
    }
  }
  for (const [rpc, { verb, path }] of Object.entries(routes)) {
    assert(described.has(`${rpc} ${verb} ${path}`), `${rpc} ${verb} ${path} is not among\n${[...described].join("\n")}`);
  }
});

test("every rpc has a method", () => {
  const methods = Object.getOwnPropertyNames(Client.prototype);
  assert.deepEqual(Object.keys(routes).map((rpc) => rpc.charAt(0).toLowerCase() + rpc.slice(1)).filter((m) => !methods.includes(m)), []);
});

test("only what the schema says may be repeated is repeated", () => {
  for (const { name, idempotency } of methods) {
    assert.equal(retryPolicy(name as Rpc) !== undefined, idempotency !== Level.IDEMPOTENCY_UNKNOWN, name);
  }
});
