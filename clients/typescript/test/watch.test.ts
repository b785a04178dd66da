// How a call is followed, over both fronts.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Client, GatewayError, type WatchCallResponseJson } from "umgateway";
import { failureOf, fronts, Stand } from "./stand.js";

let stand: Stand;
before(async () => { stand = await Stand.start(); });
after(() => stand.stop());

async function collect(events: AsyncIterable<WatchCallResponseJson>, each: (event: WatchCallResponseJson) => unknown = () => undefined) {
  const seen: WatchCallResponseJson[] = [];
  for await (const event of events) {
    seen.push(event);
    await each(event);
  }
  return seen;
}

/** isWhole checks that the events are those of one call: each once, in order, the end last. */
function isWhole(events: WatchCallResponseJson[]): void {
  const sequences = events.map(({ sequence }) => Number(sequence));
  assert.deepEqual(sequences, [...new Set(sequences)].sort((a, b) => a - b));
  assert.deepEqual(events.map(({ ended }) => ended), events.map((_, i) => i === events.length - 1));
  assert(events.every(({ heartbeat, observeTime }) => heartbeat === false && Date.parse(observeTime ?? "") > 0));
}

for (const front of fronts) {
  describe(front, () => {
    let client: Client;
    before(() => { client = stand.client(front); });
    after(() => { client.close(); });

    const place = async (dialString: string) => (await client.playOnPhoneOnce({ entryId: "AAAA", dialString })).callId ?? "";

    test("a call is followed to its end", async () => {
      const callId = await place("4255550100");
      const seen = await collect(client.watch(callId), async ({ callState }) => {
        if (callState === "CALL_STATE_CONNECTED") {
          await client.disconnect({ callId });
        }
      });
      isWhole(seen);
      assert.deepEqual(seen.slice(-2).map(({ callState }) => callState), ["CALL_STATE_CONNECTED", "CALL_STATE_DISCONNECTED"]);
    });

    test("the end says why", async () => {
      const last = (await collect(client.watch(await place("4255550101")))).at(-1);
      assert.deepEqual([last?.callState, last?.eventCause, last?.ended], ["CALL_STATE_DISCONNECTED", "EVENT_CAUSE_USER_BUSY", true]);
    });

    test("a watch goes on where the connection broke", async () => {
      const callId = await place("4255550100");
      const seen = await collect(client.watch(callId), async ({ callState }) => {
        stand.ways[front].cut();
        if (callState === "CALL_STATE_CONNECTED") {
          await client.disconnect({ callId });
        }
      });
      isWhole(seen);
      assert(seen.length >= 3, JSON.stringify(seen));
    });

    test("a watch goes on at the gateway that takes over", async () => {
      const callId = await place("4255550100");
      let restarted = false;
      const seen = await collect(client.watch(callId), async () => {
        if (!restarted) {
          restarted = true;
          await stand.restart();
          await client.disconnect({ callId });
        }
      });
      // The gateways number the events each for itself.
      assert.deepEqual(seen.map(({ ended }) => ended), [false, true]);
      assert.equal(seen.at(-1)?.callState, "CALL_STATE_DISCONNECTED");
    });

    test("what cannot be followed fails with what the gateway says", async () => {
      const error = await failureOf(collect(client.watch("bm9uZQ==")));
      assert(error instanceof GatewayError);
      assert.deepEqual([error.code, error.reason], ["NOT_FOUND", "CALL_NOT_FOUND"]);
    });

    test("a watch that its reader leaves ends", async () => {
      const callId = await place("4255550100");
      for await (const event of client.watch(callId)) {
        assert.equal(event.ended, false);
        break;
      }
      const given = new AbortController();
      const error = await failureOf(collect(client.watch(callId, { signal: given.signal }), () => { given.abort(); }));
      assert(error instanceof GatewayError);
      assert.equal(error.code, "CANCELLED");
      await client.disconnect({ callId });
    });

    test("silence is taken for a lost connection", async () => {
      const callId = await place("4255550100");
      stand.ways[front].hold();
      const error = await failureOf(collect(client.watch(callId, { silenceMs: 100 })));
      stand.ways[front].release();
      stand.ways[front].cut();
      assert(error instanceof GatewayError);
      assert.equal(error.code, "UNAVAILABLE");
      await client.disconnect({ callId });
    });
  });
}
