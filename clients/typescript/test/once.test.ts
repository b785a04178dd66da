// What ids the calls get that are made once.
import assert from "node:assert/strict";
import { test } from "node:test";
import { newRestClient } from "umgateway/rest";

/** dialled makes a call that gets an id, and returns the id. */
async function dialled(): Promise<string> {
  let id = "";
  const client = newRestClient({
    baseUrl: "https://gateway.example.com",
    fetch: (_, init) => {
      id = (JSON.parse(init?.body as string) as { requestId: string }).requestId;
      return Promise.resolve(Response.json({ callId: "AAAA" }));
    },
  });
  await client.playOnPhoneOnce({ entryId: "AAAA", dialString: "4255550100" });
  return id;
}

// Two calls under one id would be one: RFC 9562 section 6.9 asks for a generator that is hard to guess. Node.js 18 has none globally.
for (const [where, global] of [["with a global crypto", globalThis.crypto], ["as in Node.js 18", undefined]] as const) {
  test(`an id owes nothing to Math.random, ${where}`, async (t) => {
    t.mock.method(Math, "random", () => 0.5);
    const own = Object.getOwnPropertyDescriptor(globalThis, "crypto");
    t.after(() => { Object.defineProperty(globalThis, "crypto", own ?? { value: undefined }); });
    Object.defineProperty(globalThis, "crypto", { configurable: true, value: global });
    const ids = [await dialled(), await dialled()];
    assert.notEqual(ids[0], ids[1]);
    for (const id of ids) {
      assert.match(id, /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    }
  });
}
