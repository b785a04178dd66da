import type { Streaming, Unary } from "./rpcs.js";

/** What a call may be told. */
export interface CallOptions {
  /** How long the call may take, in milliseconds; 30,000 unless set. A stream lasts as long as its caller wants unless set. */
  timeoutMs?: number;
  /** Ends the call when it is aborted. */
  signal?: AbortSignal;
}

/**
 * The way to a gateway. A transport repeats by itself what clients/service-config.json lets it repeat. Each failure is a
 * GatewayError.
 */
export interface Transport {
  unary<R extends keyof Unary>(rpc: R, request: Unary[R][0], options: CallOptions): Promise<Unary[R][1]>;
  stream<R extends keyof Streaming>(rpc: R, request: Streaming[R][0], options: CallOptions): AsyncIterable<Streaming[R][1]>;
  /** Ends the connections. */
  close(): void;
}

/** As whom to call: by a bearer token, or a function that returns the present one, or by a user name and a password. */
export type Credential =
  | { bearer: string | (() => string | Promise<string>) }
  | { user: string; password: string };

/** authorization is the value of the header that shows a credential. */
export async function authorization(credential: Credential): Promise<string> {
  if ("bearer" in credential) {
    const { bearer } = credential;
    return `Bearer ${typeof bearer === "string" ? bearer : await bearer()}`;
  }
  const utf8 = new TextEncoder().encode(`${credential.user}:${credential.password}`);
  return `Basic ${btoa(String.fromCharCode(...utf8))}`;
}

/** checkPlain refuses to show a credential to whoever listens on the way to another machine. */
export function checkPlain(host: string, credential: Credential | undefined): void {
  if (credential !== undefined && !/^(localhost|127(\.\d+){3}|\[::1\]|::1)$/.test(host)) {
    throw new TypeError(`a credential goes to ${host} over TLS only`);
  }
}
