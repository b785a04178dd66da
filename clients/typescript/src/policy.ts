import { failure, milliseconds } from "./errors.js";
import { serviceConfig } from "./gen/service_config.js";
import type { Rpc } from "./rpcs.js";

/** How often and how soon a call is made again. */
export interface RetryPolicy {
  maxAttempts: number;
  /**
   * The pause after a number of failures, in milliseconds: longer each time, and a fifth more or less at random. All of them
   * together are longer than the pauses in which a gRPC channel tries to connect again.
   */
  pause(failures: number): number;
}

interface MethodConfig {
  name: readonly { method: string }[];
  timeout?: string;
  retryPolicy?: { maxAttempts: number; initialBackoff: string; maxBackoff: string; backoffMultiplier: number };
}

function configOf(rpc: Rpc): MethodConfig | undefined {
  const all: readonly MethodConfig[] = serviceConfig.methodConfig;
  return all.find(({ name }) => name.some(({ method }) => method === rpc));
}

/** defaultTimeoutMs is how long a call may take that says nothing about it; undefined for a stream. */
export function defaultTimeoutMs(rpc: Rpc): number | undefined {
  return milliseconds(configOf(rpc)?.timeout);
}

/** retryPolicy is how an rpc is repeated; undefined if it must not be. */
export function retryPolicy(rpc: Rpc): RetryPolicy | undefined {
  const policy = configOf(rpc)?.retryPolicy;
  if (policy === undefined) {
    return undefined;
  }
  const [first, longest] = [milliseconds(policy.initialBackoff) ?? 0, milliseconds(policy.maxBackoff) ?? 0];
  return {
    maxAttempts: policy.maxAttempts,
    pause: (failures) => (0.8 + 0.4 * Math.random()) * Math.min(first * policy.backoffMultiplier ** (failures - 1), longest),
  };
}

/** pause waits, and fails as soon as the signal is aborted. */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(aborted(signal));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, ms);
    if (signal?.aborted) {
      abort();
    } else {
      signal?.addEventListener("abort", abort, { once: true });
    }
  });
}

/** aborted is the error of a call that its caller has given up. */
export function aborted(signal: AbortSignal | undefined) {
  return failure("CANCELLED", "the caller gave the call up", signal?.reason);
}
