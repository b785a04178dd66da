// What happens when the connection to the gateway breaks.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Client, GatewayError } from "umgateway";
import { failureOf, type Front, fronts, Stand } from "./stand.js";

let stand: Stand;
before(async () => { stand = await Stand.start(); });
after(() => stand.stop());

const entryId = "AAAA";

/** losing makes a call whose answer is lost on the way: Exchange has carried it out by then. */
async function losing<T>(front: Front, operation: string, text: string, call: () => Promise<T>): Promise<T> {
  stand.backend.hold();
  const answer = call();
  answer.catch(() => undefined); // it is awaited below
  await stand.wasAsked(operation, text);
  stand.ways[front].cut();
  stand.backend.release();
  return answer;
}

for (const [i, front] of fronts.entries()) {
  describe(front, () => {
    let client: Client;
    before(() => { client = stand.client(front); });
    after(() => { client.close(); });

    test("a read is repeated", async () => {
      const { callId = "" } = await client.playOnPhoneOnce({ entryId, dialString: `425555020${i.toString()}` });
      const info = await losing(front, "GetCallInfo", callId, () => client.getCallInfo({ callId }));
      assert.notEqual(info.callState, undefined);
      await losing(front, "Disconnect", callId, () => client.disconnect({ callId }));
    });

    test("a connection that is refused at first is made again", async () => {
      const fresh = stand.client(front);
      stand.ways[front].cut();
      stand.ways[front].refuse(1);
      assert.deepEqual(await fresh.isUMEnabled(), { enabled: true });
      fresh.close();
    });

    test("a gateway that is far away is reached", async () => {
      const fresh = stand.client(front);
      stand.ways[front].distanceMs = 1300;
      assert.deepEqual(await fresh.isUMEnabled(), { enabled: true });
      stand.ways[front].distanceMs = 0;
      fresh.close();
    });

    test("a telephone is not rung again without a request_id", async () => {
      const dialString = `425555021${i.toString()}`;
      const error = await failureOf(losing(front, "PlayOnPhone", dialString, () => client.playOnPhone({ entryId, dialString })));
      assert(error instanceof GatewayError);
      assert(error.isLost, error.code);
      await client.isUMEnabled();
      assert.equal(stand.asked("PlayOnPhone", dialString), 1);
    });

    test("a telephone that must ring once rings once, though the answer was lost", async () => {
      const dialString = `425555022${i.toString()}`;
      const { callId = "" } = await losing(front, "PlayOnPhone", dialString, () => client.playOnPhoneOnce({ entryId, dialString }));
      assert.notEqual(callId, "");
      assert.equal(stand.asked("PlayOnPhone", dialString), 1);
      const greeted = `425555023${i.toString()}`;
      await losing(front, "PlayOnPhoneGreeting", greeted, () => client.playOnPhoneGreetingOnce({
        greetingType: "GREETING_TYPE_NORMAL_CUSTOM", dialString: greeted,
      }));
      assert.equal(stand.asked("PlayOnPhoneGreeting", greeted), 1);
    });

    test("the same request_id rings once, also after a restart of the gateway", async () => {
      const request = { entryId, dialString: `425555024${i.toString()}`, requestId: `request-${front}` };
      const [first, again] = await Promise.all([client.playOnPhoneOnce(request), client.playOnPhoneOnce(request)]);
      await stand.restart();
      const later = await client.playOnPhoneOnce(request);
      assert.deepEqual([again, later], [first, first]);
      assert.equal(stand.asked("PlayOnPhone", request.dialString), 1);
      const other = await failureOf(client.playOnPhoneOnce({ ...request, dialString: "4255550299" }));
      assert(other instanceof GatewayError);
      assert.equal(other.reason, "REQUEST_ID_REUSED");
      assert.equal(other.requestId, request.requestId);
    });

    test("one new PIN is made at most", async () => {
      const before = stand.asked("ResetPIN", "");
      await Promise.all([1, 2].map(() => client.resetPINOnce({ requestId: `pin-${front}` })));
      assert.equal(stand.asked("ResetPIN", ""), before + 1);
    });

    test("an error says that the gateway was not reached", async () => {
      const fresh = stand.client(front);
      stand.ways[front].cut();
      stand.ways[front].refuse(1000);
      const error = await failureOf(fresh.playOnPhoneOnce({ entryId, dialString: "4255550250" }, { timeoutMs: 20_000 }));
      stand.ways[front].refuse(0);
      assert(error instanceof GatewayError);
      assert.deepEqual([error.code, error.reason], ["UNAVAILABLE", ""]);
      assert.match(error.requestId ?? "", /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
      fresh.close();
    });
  });
}
