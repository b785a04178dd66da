import type { SoapFaultJson } from "./gen/um/v1/errors_pb.js";

const codes = [
  "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
  "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
  "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
] as const;

/** The name of a status code of gRPC (google.rpc.Code). */
export type Code = (typeof codes)[number];

/** codeName returns the name of a status code; that of a number which is none is UNKNOWN. */
export function codeName(code: number): Code {
  return codes[code] ?? "UNKNOWN";
}

/** What is wrong with a field of the request. */
export interface Violation {
  field: string;
  description: string;
}

/** A google.rpc.Status in the JSON form of protobuf. Of its details, those are read that the gateway sends. */
export interface StatusJson {
  code?: number;
  message?: string;
  details?: { "@type"?: string; [key: string]: unknown }[];
}

/** Why a call failed: what the gateway said, or that it was not reached. */
export class GatewayError extends Error {
  override readonly name = "GatewayError";
  /** The status code. */
  readonly code: Code;
  /** The reason, such as "CALL_NOT_FOUND"; docs/reasons.md explains each. Empty if the error is not the gateway's word. */
  readonly reason: string = "";
  /** Whose reason it is: "umgateway". */
  readonly domain: string = "";
  /** What the gateway says besides. */
  readonly metadata: Readonly<Record<string, string>> = {};
  /** The fields of the request that are wrong. */
  readonly violations: readonly Violation[] = [];
  /** When a repetition makes sense, in milliseconds; undefined if it does not, or if nobody knows. */
  readonly retryAfterMs: number | undefined;
  /** The id by which the error is found in the gateway's log. */
  readonly logId: string = "";
  /** What Exchange said. */
  readonly fault: SoapFaultJson | undefined;
  /** The request_id under which the call was made, if it was given one: under it the call may be repeated. */
  requestId: string | undefined;

  constructor(status: StatusJson, options?: ErrorOptions) {
    super(status.message ?? "", options);
    this.code = codeName(status.code ?? 2);
    for (const { "@type": type = "", ...detail } of status.details ?? []) {
      switch (type.slice(type.lastIndexOf("/") + 1)) {
        case "google.rpc.ErrorInfo": {
          const info = detail as { reason?: string; domain?: string; metadata?: Record<string, string> };
          this.reason = info.reason ?? "";
          this.domain = info.domain ?? "";
          this.metadata = info.metadata ?? {};
          break;
        }
        case "google.rpc.BadRequest": {
          const { fieldViolations = [] } = detail as { fieldViolations?: Partial<Violation>[] };
          this.violations = fieldViolations.map(({ field = "", description = "" }) => ({ field, description }));
          break;
        }
        case "google.rpc.RetryInfo":
          this.retryAfterMs = milliseconds((detail as { retryDelay?: string }).retryDelay);
          break;
        case "google.rpc.RequestInfo":
          this.logId = (detail as { requestId?: string }).requestId ?? "";
          break;
        case "um.v1.SoapFault":
          this.fault = detail;
          break;
      }
    }
  }

  /** Whether the connection was lost, or not made: what may be repeated at all, may be repeated after that. */
  get isLost(): boolean {
    return this.code === "UNAVAILABLE" || (this.reason === "" && (this.code === "INTERNAL" || this.code === "UNKNOWN"));
  }
}

/** failure makes an error of which the gateway knows nothing. */
export function failure(code: Code, message: string, cause?: unknown): GatewayError {
  return new GatewayError({ code: codes.indexOf(code), message }, { cause });
}

/** milliseconds reads a google.protobuf.Duration in its JSON form, such as "1.5s". */
export function milliseconds(duration: string | undefined): number | undefined {
  const seconds = Number.parseFloat(duration ?? "");
  return Number.isNaN(seconds) ? undefined : seconds * 1000;
}
