// Draws the states of a call in the order in which they came, each with its time.

import { make, write } from "./dom.js";
import { STATES, durationOf, failed, stateOf, timeOf } from "./words.js";

/** A timeline of one call, drawn into a list. */
export class Timeline {
  #list;
  #seen = []; // {state, at}: when each state was seen first
  #current = null; // {state, at, since}: since is by the clock of this machine
  #failed = false; // it ended otherwise than in the ordinary way
  #ticker = 0;

  constructor(list) {
    this.#list = list;
    this.#draw();
  }

  /** Takes an event in. */
  add(event) {
    const at = new Date(event.observeTime);
    if (!this.#seen.some((one) => one.state === event.callState)) this.#seen.push({ state: event.callState, at });
    if (this.#current?.state !== event.callState) this.#current = { state: event.callState, at, since: Date.now() };
    this.#failed = event.ended && failed(event);
    clearInterval(this.#ticker);
    if (!event.ended) this.#ticker = setInterval(() => this.#tick(), 100);
    this.#draw();
  }

  /** Ends the ticking. */
  stop() {
    clearInterval(this.#ticker);
  }

  /** Which steps there are: those of an ordinary call, and whatever else was seen, before the end. */
  #steps() {
    const steps = Object.keys(STATES).filter((state) => STATES[state].step);
    for (const { state } of this.#seen) {
      if (!steps.includes(state)) steps.splice(steps.length - 1, 0, state);
    }
    return steps;
  }

  #draw() {
    const ended = this.#current?.state === "CALL_STATE_DISCONNECTED";
    const steps = this.#steps();
    const reached = Math.max(-1, ...this.#seen.map((one) => steps.indexOf(one.state)));
    this.#list.replaceChildren(...steps.map((state, index) => this.#step(state, index <= reached, ended)));
  }

  #step(state, passed, ended) {
    const seen = this.#seen.find((one) => one.state === state);
    const current = this.#current?.state === state;
    const { name, meaning } = stateOf(state);
    const progress = current ? "current" : seen ? "seen" : passed && !this.#failed ? "missed" : ended ? "never" : "ahead";
    const item = make("li", { class: "step", "data-progress": progress, "data-state": state, "data-failed": current && this.#failed, "aria-current": current && !ended ? "step" : false },
      make("span", { class: "dot", "aria-hidden": "true" }),
      make("span", { class: "step-name" }, name),
      make("span", { class: "step-meaning" }, meaning));
    if (seen) {
      item.append(make("time", { class: "step-time", datetime: seen.at.toISOString() }, timeOf(seen.at)),
        make("span", { class: "step-lasted" }, this.#lasted(seen, current, ended)));
    } else {
      item.append(make("span", { class: "step-time" }, { missed: "not seen", never: "not reached", ahead: "–" }[progress]));
    }
    return item;
  }

  /** How long a state lasted, or how long after the beginning the call ended. */
  #lasted(seen, current, ended) {
    const index = this.#seen.indexOf(seen);
    if (current && ended) return this.#seen.length > 1 ? "after " + durationOf(seen.at - this.#seen[0].at) : "";
    if (current) return "for " + durationOf(Date.now() - this.#current.since);
    const next = this.#seen[index + 1];
    return next ? "for " + durationOf(next.at - seen.at) : "";
  }

  #tick() {
    const current = this.#list.querySelector('[data-progress="current"] .step-lasted');
    if (current) write(current, "for " + durationOf(Date.now() - this.#current.since));
  }
}
