// Rings a telephone, follows the call, and hangs up when somebody has answered.
import { GatewayError } from "umgateway";
import { newGrpcClient } from "umgateway/grpc";

const client = newGrpcClient({ address: process.env["GATEWAY"] ?? "127.0.0.1:9090", plaintext: true });
try {
  const { callId = "" } = await client.playOnPhoneOnce({
    entryId: "AAAAAFhIZSBwZXJzb25hbCBtZXNzYWdl",
    dialString: "4255550100",
    lease: { unattended: "60s" }, // should this program die, the gateway hangs up
  });
  for await (const event of client.watch(callId)) {
    console.log(event.callState, event.eventCause);
    if (event.callState === "CALL_STATE_CONNECTED") {
      await client.disconnect({ callId });
    }
  }
} catch (error) {
  if (!(error instanceof GatewayError)) {
    throw error;
  }
  console.error(error.reason || error.code, error.message, error.violations);
  process.exitCode = 1;
} finally {
  client.close();
}
