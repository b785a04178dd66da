// Makes calls to a gateway as a web page does, with the clients of the Connect project and the schema that the gateway serves,
// and prints what comes of them as JSON.
//
// Usage: node call.js ADDRESS PROTOCOL [CREDENTIAL]
import { createFileRegistry, createRegistry, fromBinary, toJson } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { ConnectError, Code, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";

const [address, protocol, credential] = process.argv.slice(2);
const descriptors = await fetch(`${address}/descriptors.binpb`);
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, new Uint8Array(await descriptors.arrayBuffer())));

const settings = { baseUrl: address, useBinaryFormat: protocol !== "connect-json" };
const transport = protocol === "grpc-web"
  ? createGrpcWebTransport(settings)
  : createConnectTransport({ ...settings, useHttpGet: protocol === "connect-get" });
const calls = createClient(registry.getService("um.v1.CallService"), transport);
const mailbox = createClient(registry.getService("um.v1.MailboxService"), transport);
const headers = credential ? { authorization: credential } : {};

// attempt returns how a call ended: its answer, or its code with the details.
async function attempt(call) {
  try {
    return { answer: await call() };
  } catch (thrown) {
    const error = ConnectError.from(thrown);
    const details = {};
    for (const name of ["google.rpc.ErrorInfo", "google.rpc.BadRequest", "google.rpc.RequestInfo", "um.v1.SoapFault"]) {
      const schema = registry.getMessage(name);
      const [found] = error.findDetails(schema);
      if (found) {
        details[name] = toJson(schema, found, { registry: createRegistry(schema) });
      }
    }
    return { code: Code[error.code], details };
  }
}

const results = {};
results.enabled = await attempt(async () => (await mailbox.isUMEnabled({}, { headers })).enabled);
const play = { entryId: "AAAA", dialString: "4255550101" }; // which is busy
let callId = "";
results.placed = await attempt(async () => {
  let requestId = "";
  ({ callId } = await calls.playOnPhone(play, { headers, onHeader: (h) => { requestId = h.get("x-request-id"); } }));
  return { called: callId !== "", requestId };
});
results.watched = await attempt(async () => {
  const events = [];
  for await (const event of calls.watchCall({ callId: callId || "AAAA" }, { headers })) {
    if (!event.heartbeat) {
      events.push({ state: event.callState, cause: event.eventCause, ended: event.ended });
    }
  }
  return { first: events[0], last: events.at(-1) };
});
results.unknown = await attempt(() => calls.getCallInfo({ callId: "AAAA" }, { headers }));
results.invalid = await attempt(() => calls.disconnect({}, { headers }));
results.unwatchable = await attempt(async () => {
  for await (const _ of calls.watchCall({}, { headers }));
});
results.tooLarge = await attempt(() => calls.disconnect({ callId: "A".repeat(5 << 20) }, { headers }));
console.log(JSON.stringify(results));
