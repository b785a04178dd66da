import { failure, type GatewayError } from "./errors.js";
import { aborted } from "./policy.js";
import type { CallOptions } from "./transport.js";

/** The time that a call has, all its attempts together, and its caller's signal, as one signal. */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #ends: number | undefined;
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #abort = () => { this.#controller.abort(aborted(this.caller)); };

  /** The caller's own signal. */
  private readonly caller: AbortSignal | undefined;

  constructor(options: CallOptions, timeoutMs: number | undefined) {
    this.caller = options.signal;
    if (timeoutMs !== undefined) {
      this.#ends = Date.now() + timeoutMs;
      this.#timer = setTimeout(() => {
        this.#controller.abort(failure("DEADLINE_EXCEEDED", `there was no answer within ${timeoutMs.toString()} ms`));
      }, timeoutMs);
    }
    if (this.caller?.aborted) {
      this.#abort();
    } else {
      this.caller?.addEventListener("abort", this.#abort, { once: true });
    }
  }

  /** Aborted when the call must end. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The error to fail with if the call must end. */
  get error(): GatewayError | undefined {
    return this.signal.aborted ? (this.signal.reason as GatewayError) : undefined;
  }

  /** How many milliseconds are left; undefined if there is no limit. */
  get left(): number | undefined {
    return this.#ends === undefined ? undefined : Math.max(this.#ends - Date.now(), 1);
  }

  /** The call has ended. */
  done(): void {
    clearTimeout(this.#timer);
    this.caller?.removeEventListener("abort", this.#abort);
  }
}
