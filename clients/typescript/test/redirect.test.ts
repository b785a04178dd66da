// A redirect is no answer of a gateway, and is not followed.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { newRestClient } from "umgateway/rest";
import { failureOf } from "./stand.js";

test("REST: a redirect sends no call somewhere else", async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.writeHead(307, { Location: "/elsewhere" }).end();
  });
  await new Promise<void>((resolve) => { server.listen(0, "127.0.0.1", resolve); });
  const { port } = server.address() as AddressInfo;
  const client = newRestClient({ baseUrl: `http://127.0.0.1:${port.toString()}` });
  try {
    await failureOf(client.playOnPhoneOnce({ entryId: "AAAA", dialString: "4255550100" }));
    assert.deepEqual([...new Set(asked)], ["/v1/calls:playOnPhone"]);
  } finally {
    client.close();
    server.close();
  }
});
