// The examples do what the README says.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { binary, Program } from "./process.js";
import { addressOf } from "./stand.js";

let demo: Program;
before(() => {
  demo = new Program(binary, ["demo", "--http-addr", "127.0.0.1:0", "--grpc-addr", "127.0.0.1:0", "--admin-addr", ""]);
});
after(() => demo.stop());

async function run(name: string, gateway: string): Promise<string> {
  const example = new Program(process.execPath, [fileURLToPath(new URL(`../examples/${name}.js`, import.meta.url))], { GATEWAY: gateway });
  assert.equal(await example.end(), 0, example.output);
  return example.output;
}

test("the example for gRPC", async () => {
  const output = await run("call", await addressOf(demo, "gRPC"));
  assert.match(output, /CALL_STATE_CONNECTED EVENT_CAUSE_NONE\nCALL_STATE_DISCONNECTED EVENT_CAUSE_NONE\n$/);
});

test("the example for REST", async () => {
  const output = await run("rest", `http://${await addressOf(demo, "REST")}`);
  assert.match(output, /CALL_STATE_ALERTED EVENT_CAUSE_NONE\nCALL_STATE_DISCONNECTED EVENT_CAUSE_NONE\n$/);
});
