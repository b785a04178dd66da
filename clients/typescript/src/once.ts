import { GatewayError } from "./errors.js";
import { pause, retryPolicy } from "./policy.js";
import type { CallOptions } from "./transport.js";

/**
 * once makes a call that must not take effect twice. It gives it a request_id, unless it has one, and makes it again under
 * the same one when the connection was lost or not made: however often, the gateway carries it out once at most. An error
 * tells the request_id, under which the call may still be repeated.
 */
export async function once<Request extends { requestId?: string }, Response>(
  call: (request: Request, options: CallOptions) => Promise<Response>, request: Request, options: CallOptions,
): Promise<Response> {
  const requestId = request.requestId === undefined || request.requestId === "" ? await newRequestId() : request.requestId;
  const policy = retryPolicy("Disconnect") ?? { maxAttempts: 1, pause: () => 0 };
  for (let failures = 1; ; failures++) {
    try {
      return await call({ ...request, requestId }, options);
    } catch (error) {
      if (!(error instanceof GatewayError)) {
        throw error;
      }
      error.requestId = requestId;
      if (!error.isLost || failures >= policy.maxAttempts) {
        throw error;
      }
      try {
        await pause(error.retryAfterMs ?? policy.pause(failures), options.signal);
      } catch {
        throw error;
      }
    }
  }
}

/**
 * newRequestId makes a UUID of version 4 (RFC 9562 section 5.4). Two calls under one id would be one, so that chance must be
 * good: without a source of it the call fails. Pages without TLS have no crypto.randomUUID.
 */
async function newRequestId(): Promise<string> {
  const bytes = (await randomSource()).getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/**
 * randomSource is what browsers and Node.js have globally; but Node.js 18 in a module only. The name of that is no literal, for
 * bundlers, which would look for it where browsers have none.
 */
async function randomSource(): Promise<Pick<Crypto, "getRandomValues">> {
  const here = globalThis.crypto as Crypto | undefined;
  if (here !== undefined) {
    return here;
  }
  const name = "node:crypto";
  const { webcrypto } = await import(/* @vite-ignore */ /* webpackIgnore: true */ name) as typeof import("node:crypto");
  return webcrypto as Crypto;
}
