import { failure, GatewayError } from "./errors.js";
import type { WatchCallResponseJson } from "./gen/um/v1/call_service_pb.js";
import { aborted, pause, retryPolicy } from "./policy.js";
import type { CallOptions, Transport } from "./transport.js";

/** What a watch may be told. */
export interface WatchOptions {
  /** Ends the watch when it is aborted. */
  signal?: AbortSignal;
  /** The sequence of the last event that was seen earlier; the watch goes on with what came after. */
  afterSequence?: string;
  /**
   * How long the gateway may be silent, in milliseconds, before its connection counts as lost; 90,000 unless set. It sends
   * a heartbeat every 15 seconds, but only once it has seen the call, which it tries for a minute.
   */
  silenceMs?: number;
}

/**
 * watch follows a call: it yields each change once, and ends after the event that says that the call has ended. A stream
 * that breaks off, or that the gateway ends, is begun again from where it was. It fails with what the gateway says about the
 * call, and when it could not be reached four times in a row.
 */
export async function* watch(
  transport: Transport, callId: string, options: WatchOptions = {},
): AsyncGenerator<WatchCallResponseJson, void, undefined> {
  const policy = retryPolicy("WatchCall") ?? { maxAttempts: 1, pause: () => 0 };
  let after = options.afterSequence ?? "0";
  for (let failures = 1; ; failures++) {
    let lost: GatewayError;
    try {
      for await (const event of oneStream(transport, { callId, afterSequence: after }, options)) {
        after = event.sequence ?? after;
        failures = 1;
        yield event;
        if (event.ended === true) {
          return;
        }
      }
      lost = failure("UNAVAILABLE", "the gateway ended the stream before the call had ended");
    } catch (error) {
      if (!(error instanceof GatewayError) || !error.isLost) {
        throw error;
      }
      lost = error;
    }
    if (failures >= policy.maxAttempts) {
      throw lost;
    }
    await pause(lost.retryAfterMs ?? policy.pause(failures), options.signal);
  }
}

/** oneStream yields the changes of one stream, and fails when the stream is silent for too long. */
async function* oneStream(
  transport: Transport, request: { callId: string; afterSequence: string }, options: WatchOptions,
): AsyncGenerator<WatchCallResponseJson, void, undefined> {
  const { signal, silenceMs = 90_000 } = options;
  const own = new AbortController();
  const stop = () => { own.abort(); };
  signal?.addEventListener("abort", stop, { once: true });
  const silence = failure("UNAVAILABLE", `nothing was heard of the gateway for ${silenceMs.toString()} ms`);
  const expect = () => setTimeout(() => { own.abort(silence); }, silenceMs);
  let watchdog = expect();
  const call: CallOptions = { signal: own.signal };
  try {
    if (signal?.aborted) {
      throw aborted(signal);
    }
    for await (const event of transport.stream("WatchCall", request, call)) {
      clearTimeout(watchdog);
      if (event.heartbeat !== true) {
        yield event;
      }
      watchdog = expect();
    }
  } catch (error) {
    if (signal?.aborted) {
      throw aborted(signal);
    }
    throw own.signal.reason === silence ? silence : error;
  } finally {
    clearTimeout(watchdog);
    signal?.removeEventListener("abort", stop);
  }
}
