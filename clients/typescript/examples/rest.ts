// The same over REST, as a web page does it. Here, the token is that of a file.
import { readFile } from "node:fs/promises";
import { newRestClient, type RestOptions } from "umgateway/rest";

const options: RestOptions = { baseUrl: process.env["GATEWAY"] ?? "http://127.0.0.1:8080" };
const tokenFile = process.env["TOKEN_FILE"];
if (tokenFile !== undefined) {
  options.credential = { bearer: async () => (await readFile(tokenFile, "utf8")).trim() };
}
const client = newRestClient(options);

const { callId = "" } = await client.playOnPhoneOnce({
  entryId: "AAAAAFhIZSBwZXJzb25hbCBtZXNzYWdl",
  dialString: "4255550100",
});
for await (const event of client.watch(callId)) {
  console.log(event.callState, event.eventCause);
  if (event.callState === "CALL_STATE_ALERTED") {
    await client.disconnect({ callId });
  }
}
