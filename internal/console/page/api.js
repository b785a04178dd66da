// The gateway's REST API, as far as the console uses it.

import * as session from "./session.js";

/** What is known of the gateway once the page has asked: how callers can sign in, by schemes, and where the documentation is. */
export const gateway = { signIn: [], demo: null, docs: "", reasons: {} };

/** An error that the gateway has answered with, or that kept an answer away. */
export class ApiError extends Error {
  constructor({ status = 0, code = 0, reason = "", message, requestId = "", fields = [], retryAfterMs = 0 }) {
    super(message);
    Object.assign(this, { status, code, reason, requestId, fields, retryAfterMs });
  }

  /** No answer arrived: the request may have been carried out all the same. */
  get lost() {
    return this.status === 0;
  }
}

/** Reads the body of an error, a google.rpc.Status. */
export function errorOf(status, body) {
  const detail = (type) => body?.details?.find((each) => each["@type"] === "type.googleapis.com/google.rpc." + type);
  const seconds = parseFloat(detail("RetryInfo")?.retryDelay ?? "0");
  return new ApiError({
    status,
    code: body?.code ?? 0,
    reason: detail("ErrorInfo")?.reason ?? "",
    message: body?.message ?? `the gateway answered with the status ${status}`,
    requestId: detail("RequestInfo")?.requestId ?? "",
    fields: detail("BadRequest")?.fieldViolations ?? [],
    retryAfterMs: seconds * 1000,
  });
}

/** Sends a request and returns the response, whatever its status. */
export async function send(path, { method = "GET", body, headers = {}, signal } = {}) {
  const signed = session.sign(gateway.signIn);
  const options = { method, credentials: signed.credentials, signal, cache: "no-store", redirect: "error", referrerPolicy: "no-referrer" };
  options.headers = { Accept: "application/json", ...signed.headers, ...headers };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  try {
    return await fetch(path, options);
  } catch (cause) {
    if (cause.name === "AbortError") throw cause;
    throw new ApiError({ message: "The gateway does not answer." });
  }
}

/** Sends a request and returns the message that it is answered with. */
export async function request(path, options) {
  const response = await send(path, options);
  let body = null;
  try {
    body = await response.json();
  } catch {
    if (response.ok) throw new ApiError({ message: "The gateway's answer broke off." });
  }
  if (!response.ok) throw errorOf(response.status, body);
  return body;
}

export const get = (path) => request(path);
export const post = (path, body, headers) => request(path, { method: "POST", body, headers });

/** The path of a call. Ids hold slashes, which stay escaped. */
export const callPath = (id, verb = "") => "/v1/calls/" + encodeURIComponent(id) + verb;

/**
 * A fresh key for one request with a side effect: a UUID of version 4 (RFC 9562). crypto.randomUUID would need https.
 */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/**
 * Posts what rings a telephone. When no answer arrives it asks again under the same key, so that the telephone rings once
 * however often it asks; but not as another user, under whom the key would be a new one. The error that it fails with may be
 * open: it leaves open what became of the request, or of an earlier one under the key, which was open too.
 */
export async function postOnce(path, body, key, open = false) {
  const user = session.user();
  for (let attempt = 1; ; attempt++) {
    try {
      return await post(path, body, { "Idempotency-Key": key });
    } catch (error) {
      open = mayHaveRun(error) || (open && isBeforehand(error));
      error.open = open;
      if (!error.lost || attempt === 3) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500 * attempt));
      if (session.user() !== user) throw error;
    }
  }
}

/** Tells whether a request may have been carried out that failed so. A status 5xx without a reason is not the gateway's. */
const mayHaveRun = (error) => error.lost || error.reason === "DEADLINE" || error.reason === "CANCELED" || (!error.reason && error.status >= 500);

const BEFOREHAND = new Set(["CALL_FORBIDDEN", "DIAL_FORBIDDEN", "BACKEND_NOT_ROUTED", "IDENTITY_NOT_MAPPED"]);

/** Tells whether an error may come before anybody has looked what became of an earlier request under the same key. */
const isBeforehand = (error) => !error.reason || [401, 429, 503].includes(error.status) || BEFOREHAND.has(error.reason);
