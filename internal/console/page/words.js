// What the names of the API mean, for people.

/** The states of a call. Those with a step stand on every timeline, in this order. */
export const STATES = {
  CALL_STATE_UNSPECIFIED: { name: "Unknown", meaning: "a state that the gateway does not know", tone: "busy" },
  CALL_STATE_IDLE: { name: "Idle", meaning: "nothing has happened yet", tone: "busy" },
  CALL_STATE_CONNECTING: { name: "Connecting", meaning: "the call is set up", tone: "busy", step: true },
  CALL_STATE_ALERTED: { name: "Alerted", meaning: "the telephone rings", tone: "busy", step: true },
  CALL_STATE_CONNECTED: { name: "Connected", meaning: "somebody has answered", tone: "good", step: true },
  CALL_STATE_INCOMING: { name: "Incoming", meaning: "a call comes in", tone: "busy" },
  CALL_STATE_TRANSFERRING: { name: "Transferring", meaning: "the call is passed on", tone: "busy" },
  CALL_STATE_FORWARDING: { name: "Forwarding", meaning: "the call is sent on", tone: "busy" },
  CALL_STATE_DISCONNECTED: { name: "Disconnected", meaning: "the call has ended", tone: "quiet", step: true },
};

export const stateOf = (name) => STATES[name] ?? STATES.CALL_STATE_UNSPECIFIED;

/** Why a call has ended. */
const CAUSES = {
  EVENT_CAUSE_NONE: "The call ended in the ordinary way.",
  EVENT_CAUSE_USER_BUSY: "The line was busy.",
  EVENT_CAUSE_NO_ANSWER: "Nobody answered.",
  EVENT_CAUSE_UNAVAILABLE: "The number could not be reached.",
  EVENT_CAUSE_OTHER: "The call failed for another cause.",
};

/** Says why a call has ended, with the response of SIP where the server tells it. */
export function causeOf(event) {
  const text = CAUSES[event.eventCause] ?? "The server named a cause that the gateway does not know.";
  const sip = [event.sipResponseCode, event.sipResponseText].filter((part) => part).join(" ");
  return sip ? `${text} SIP says: ${sip}.` : text;
}

/** Tells whether the cause is that the call went wrong. */
export const failed = (event) => event.eventCause !== "EVENT_CAUSE_NONE";

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

/** A time of day. */
export const timeOf = (date) => clock.format(date);

/** A duration, short: "0.8 s", "42 s", "3 min 07 s". */
export function durationOf(ms) {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 10) return seconds.toFixed(1) + " s";
  if (seconds < 60) return Math.floor(seconds) + " s";
  const minutes = Math.floor(seconds / 60);
  return `${minutes} min ${String(Math.floor(seconds % 60)).padStart(2, "0")} s`;
}
