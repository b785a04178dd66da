"""Rings a telephone, follows the call, and hangs up when somebody has answered."""

import os
import sys

from google.protobuf.duration_pb2 import Duration
from umgateway import Client, GatewayError, calls

with Client(os.environ.get("GATEWAY", "127.0.0.1:9090"), plaintext=True) as client:
    request = calls.PlayOnPhoneRequest(
        entry_id="AAAAAFhIZSBwZXJzb25hbCBtZXNzYWdl",
        dial_string="4255550100",
        lease=calls.HangUpLease(unattended=Duration(seconds=60)),  # should this program die, the gateway hangs up
    )
    try:
        call_id = client.play_on_phone_once(request).call_id
        for event in client.watch(call_id):
            print(calls.CallState.Name(event.call_state), calls.EventCause.Name(event.event_cause), flush=True)
            if event.call_state == calls.CALL_STATE_CONNECTED:
                client.disconnect(calls.DisconnectRequest(call_id=call_id))
    except GatewayError as error:
        sys.exit(f"{error}, {error.violations}")
