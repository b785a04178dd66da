/**
 * Calls a gateway over REST by fetch, in browsers and elsewhere. It has no dependencies.
 *
 * @module
 */
import { Client } from "./client.js";
import { Deadline } from "./deadline.js";
import { type Code, failure, GatewayError, type StatusJson } from "./errors.js";
import { lines } from "./lines.js";
import { defaultTimeoutMs, pause, retryPolicy } from "./policy.js";
import { type Rpc, routes, type Streaming, type Unary } from "./rpcs.js";
import { authorization, type CallOptions, checkPlain, type Credential, type Transport } from "./transport.js";

export * from "./index.js";

/** How to reach a gateway over REST. */
export interface RestOptions {
  /** The address, such as "https://gateway.example.com"; empty on a page that the gateway serves. */
  baseUrl: string;
  /** As whom to call. Without TLS it goes to this machine only. */
  credential?: Credential;
  /** A fetch of another kind than the global one. */
  fetch?: typeof fetch;
}

/** newRestClient makes a client that calls a gateway over REST. */
export function newRestClient(options: RestOptions): Client {
  return new Client(new RestTransport(options));
}

type Message = Record<string, unknown>;

/** A Transport over REST. */
export class RestTransport implements Transport {
  readonly #base: string;
  readonly #credential: Credential | undefined;
  readonly #fetch: typeof fetch;

  constructor(options: RestOptions) {
    this.#base = options.baseUrl.replace(/\/+$/, "");
    this.#credential = options.credential;
    this.#fetch = options.fetch ?? ((...args) => fetch(...args));
    if (this.#base.startsWith("http:")) {
      checkPlain(new URL(this.#base).hostname, options.credential);
    }
  }

  async unary<R extends keyof Unary>(rpc: R, request: Unary[R][0], options: CallOptions): Promise<Unary[R][1]> {
    const deadline = new Deadline(options, options.timeoutMs ?? defaultTimeoutMs(rpc));
    const policy = retryPolicy(rpc);
    try {
      for (let failures = 1; ; failures++) {
        try {
          const response = await this.#send(rpc, request, deadline, "application/json");
          return await read(response, deadline) as Unary[R][1];
        } catch (error) {
          const again = policy !== undefined && failures < policy.maxAttempts;
          if (!again || !(error instanceof GatewayError) || error.code !== "UNAVAILABLE") {
            throw error;
          }
          await pause(error.retryAfterMs ?? policy.pause(failures), deadline.signal).catch(() => { throw deadline.error ?? error; });
        }
      }
    } finally {
      deadline.done();
    }
  }

  async *stream<R extends keyof Streaming>(
    rpc: R, request: Streaming[R][0], options: CallOptions,
  ): AsyncGenerator<Streaming[R][1], void, undefined> {
    const deadline = new Deadline(options, options.timeoutMs);
    try {
      const response = await this.#send(rpc, request, deadline, "application/x-ndjson");
      for await (const line of lines(response.body, (error) => deadline.error ?? lost(error))) {
        const { result, error } = parse(line) as { result?: Streaming[R][1]; error?: StatusJson };
        if (error !== undefined) {
          throw new GatewayError(error);
        }
        if (result !== undefined) {
          yield result;
        }
      }
    } finally {
      deadline.done();
    }
  }

  close(): void {
    // The connections belong to fetch.
  }

  /** #send makes one request, and returns the response if it is not an error. */
  async #send(rpc: Rpc, request: object, deadline: Deadline, accept: string): Promise<Response> {
    const { verb } = routes[rpc];
    const headers: Record<string, string> = { Accept: accept };
    const { left } = deadline;
    if (left !== undefined) {
      headers["Grpc-Timeout"] = `${Math.ceil(left).toString()}m`;
    }
    if (this.#credential !== undefined) {
      headers["Authorization"] = await authorization(this.#credential);
    }
    // A redirect would send the request somewhere else.
    const init: RequestInit = { method: verb, headers, signal: deadline.signal, cache: "no-store", redirect: "error" };
    if (verb === "POST") {
      headers["Content-Type"] = "application/json";
      init.body = JSON.stringify(request);
    }
    let response: Response;
    try {
      response = await this.#fetch(this.#base + target(rpc, request as Message), init);
    } catch (error) {
      throw deadline.error ?? lost(error);
    }
    if (!response.ok) {
      throw await refusal(response, deadline);
    }
    return response;
  }
}

/** target is the path of a request, and its query. */
function target(rpc: Rpc, request: Message): string {
  const { verb, path } = routes[rpc];
  const inPath = new Set<string>();
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    inPath.add(name);
    const value = request[name];
    if (typeof value !== "string" || value === "") {
      throw failure("INVALID_ARGUMENT", `${name} is required`);
    }
    return encodeURIComponent(value);
  });
  if (verb === "POST") {
    return filled;
  }
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(request)) {
    if (typeof value === "string" && !inPath.has(name)) {
      query.set(name, value);
    }
  }
  return [filled, query.toString()].filter((part) => part !== "").join("?");
}

/** read reads the message that a response holds. */
async function read(response: Response, deadline: Deadline): Promise<unknown> {
  let text: string;
  try {
    text = await response.text();
  } catch (error) {
    throw deadline.error ?? lost(error);
  }
  return parse(text);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw failure("INTERNAL", "the answer is not JSON", error);
  }
}

/** refusal is the error that a response tells: the gateway's, or that of whatever stands before it. */
async function refusal(response: Response, deadline: Deadline): Promise<GatewayError> {
  const status = await read(response, deadline).catch((error: unknown) => deadline.error ?? error);
  if (status instanceof GatewayError && status === deadline.error) {
    return status;
  }
  if (typeof status === "object" && status !== null && "code" in status && typeof status.code === "number") {
    return new GatewayError(status as StatusJson);
  }
  return failure(codeOfHttp(response.status), `something before the gateway answered with the status ${response.status.toString()}`);
}

/** codeOfHttp is the code of an HTTP status that did not come with one (gRPC, HTTP to gRPC status code mapping). */
function codeOfHttp(status: number): Code {
  switch (status) {
    case 400: return "INTERNAL";
    case 401: return "UNAUTHENTICATED";
    case 403: return "PERMISSION_DENIED";
    case 404: return "UNIMPLEMENTED";
    case 429: case 502: case 503: case 504: return "UNAVAILABLE";
    default: return "UNKNOWN";
  }
}

function lost(cause: unknown): GatewayError {
  return failure("UNAVAILABLE", "the gateway was not reached, or the connection was lost", cause);
}
