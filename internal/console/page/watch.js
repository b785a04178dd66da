// Follows a call by GET /v1/calls/{id}:watch, and goes on where it was when the connection breaks.

import { callPath, errorOf, send } from "./api.js";
import { events } from "./sse.js";

const SILENCE_MS = 45_000; // three heartbeats
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

// What another try may mend.
const PASSING = new Set(["DRAINING", "BACKEND_UNAVAILABLE", "OVERLOADED", "BACKEND_THROTTLED", "RATE_LIMITED", "DEADLINE"]);

/**
 * Follows a call until it has ended, until it can be followed no longer, or until stop() of the answer is called.
 * Of `tell`, event(event) gets each event, broken() hears that the connection is being made anew, and failed(error) why the
 * call can be followed no longer.
 */
export function watch(id, tell) {
  const ending = new AbortController();
  follow(id, tell, ending.signal);
  return { stop: () => ending.abort() };
}

async function follow(id, tell, ended) {
  let last = "";
  let pause = FIRST_PAUSE_MS;
  while (!ended.aborted) {
    try {
      for await (const event of stream(id, last, ended)) {
        if (ended.aborted) return;
        pause = FIRST_PAUSE_MS;
        last = event.sequence;
        tell.event(event);
        if (event.ended) return;
      }
    } catch (error) {
      if (ended.aborted) return;
      if (error.status && !PASSING.has(error.reason)) {
        tell.failed(error);
        return;
      }
      pause = Math.max(pause, error.retryAfterMs ?? 0);
    }
    tell.broken();
    await new Promise((resolve) => setTimeout(resolve, pause));
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }
}

/** The events of one connection. It ends without an error when the connection does. */
async function* stream(id, last, ended) {
  const silent = new AbortController();
  let timer;
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silent.abort(), SILENCE_MS);
  };
  heard();
  try {
    const headers = { Accept: "text/event-stream" };
    if (last !== "") headers["Last-Event-ID"] = last;
    const response = await send(callPath(id, ":watch"), { headers, signal: AbortSignal.any([ended, silent.signal]) });
    if (!response.ok) throw errorOf(response.status, await response.json().catch(() => null));
    for await (const event of events(response.body)) {
      heard();
      if (event === null) continue;
      const told = JSON.parse(event.data);
      if (event.event === "error") throw errorOf(response.status, told);
      yield told;
    }
  } finally {
    clearTimeout(timer);
  }
}
