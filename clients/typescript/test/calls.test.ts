// What each method of a client does, over both fronts of the gateway.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { GatewayError } from "umgateway";
import { failureOf, fronts, Stand } from "./stand.js";

let stand: Stand;
before(async () => { stand = await Stand.start(); });
after(() => stand.stop());

const message = "AAAAAFhIZSBwZXJzb25hbCBtZXNzYWdl";

async function fails(call: Promise<unknown>): Promise<GatewayError> {
  const error = await failureOf(call);
  assert(error instanceof GatewayError, String(error));
  return error;
}

for (const front of fronts) {
  describe(front, () => {
    test("every rpc does what the schema says", async () => {
      const client = stand.client(front);
      const { callId = "" } = await client.playOnPhone({
        entryId: message, dialString: "4255550100", lease: { maxDuration: "3600s", unattended: "60s" },
      });
      const info = await client.getCallInfo({ callId });
      assert.match(info.callState ?? "", /^CALL_STATE_(CONNECTING|ALERTED)$/);
      assert.equal(info.eventCause, "EVENT_CAUSE_NONE");
      assert.deepEqual(await client.getCallInfo({ callId, maxAge: "0s" }), info);
      const { hangUpTime = "" } = await client.renewLease({ callId });
      assert(Date.parse(hangUpTime) > 0, hangUpTime);
      for await (const event of client.watchCall({ callId })) {
        assert(Number(event.sequence) > 0, event.sequence);
        assert.equal(event.ended, false);
        break;
      }
      assert.deepEqual(await client.disconnect({ callId }), {});
      assert.equal((await client.getCallInfo({ callId })).callState, "CALL_STATE_DISCONNECTED");

      const greeting = await client.playOnPhoneGreeting({ greetingType: "GREETING_TYPE_OOF_CUSTOM", dialString: "4255550100" });
      await client.disconnect({ callId: greeting.callId ?? "" });

      assert.deepEqual(await client.isUMEnabled(), { enabled: true });
      await client.setOofStatus({ enabled: true });
      await client.setMissedCallNotificationEnabled({ enabled: false });
      await client.setPlayOnPhoneDialString({ dialString: front });
      await client.setTelephoneAccessFolderEmail({ base64FolderId: "Zm9sZGVy" });
      const { telephoneAccessNumbers, ...set } = await client.getUMProperties();
      assert.deepEqual(set, {
        oofStatus: true, missedCallNotificationEnabled: false, playOnPhoneDialString: front,
        telephoneAccessFolderEmail: "Zm9sZGVy",
      });
      assert.equal(typeof telephoneAccessNumbers, "string");
      await client.setOofStatus({ enabled: false });
      assert.equal((await client.getUMProperties()).oofStatus, false);
      assert.deepEqual(await client.resetPIN(), {});
      client.close();
    });

    test("an error tells its reason, and what Exchange said", async () => {
      const client = stand.client(front);
      const unknown = await fails(client.getCallInfo({ callId: "bm90aGluZy/+" }));
      assert.deepEqual([unknown.code, unknown.reason, unknown.domain], ["NOT_FOUND", "CALL_NOT_FOUND", "umgateway"]);
      assert.equal(unknown.fault?.exceptionType, "InvalidCallIdException");
      assert.notEqual(unknown.logId, "");
      assert.notEqual(unknown.message, "");
      const forbidden = await fails(client.playOnPhoneOnce({ entryId: message, dialString: "4255550104" }));
      assert.deepEqual([forbidden.code, forbidden.reason], ["FAILED_PRECONDITION", "DIALING_RULES_FORBID"]);
      assert.equal(stand.asked("PlayOnPhone", "4255550104"), fronts.indexOf(front) + 1, "it was repeated");
      client.close();
    });

    test("an error names the fields that are wrong", async () => {
      const client = stand.client(front);
      const error = await fails(client.playOnPhone({ entryId: message }));
      assert.deepEqual([error.code, error.reason], ["INVALID_ARGUMENT", "REQUEST_INVALID"]);
      assert.deepEqual(error.violations.map(({ field }) => field), ["dial_string"]);
      assert.notEqual(error.violations[0]?.description, "");
      client.close();
    });

    test("a deadline ends a call that takes longer", async () => {
      const client = stand.client(front);
      await client.isUMEnabled();
      stand.backend.hold();
      try {
        assert.equal((await fails(client.getUMProperties({}, { timeoutMs: 200 }))).code, "DEADLINE_EXCEEDED");
      } finally {
        stand.backend.release();
      }
      client.close();
    });

    test("a signal ends a call", async () => {
      const client = stand.client(front);
      const given = new AbortController();
      stand.backend.hold();
      try {
        const call = client.isUMEnabled({}, { signal: given.signal });
        given.abort();
        assert.equal((await fails(call)).code, "CANCELLED");
      } finally {
        stand.backend.release();
      }
      assert.equal((await fails(client.isUMEnabled({}, { signal: given.signal }))).code, "CANCELLED");
      client.close();
    });
  });
}
