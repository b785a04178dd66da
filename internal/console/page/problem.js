// Shows errors: what the reason means, what to do, who can do it.

import { gateway } from "./api.js";
import { make } from "./dom.js";

/** Takes an error away. */
export function clear(place) {
  place.replaceChildren();
}

/** Shows an error at a place, and has it read out. `more` are further things to offer there, such as a button. */
export function explain(place, error, ...more) {
  place.replaceChildren(make("div", { class: "problem", role: "alert" }, ...describe(error), ...more));
}

function describe(error) {
  const known = gateway.reasons[error.reason];
  const parts = [make("p", { class: "problem-title" }, known?.meaning ?? error.message)];
  for (const field of error.fields ?? []) parts.push(make("p", {}, make("code", {}, field.field), " ", field.description));
  if (known) {
    if (!error.fields?.length && !same(error.message, known.meaning)) parts.push(make("p", { class: "said" }, error.message));
    parts.push(make("p", {}, make("strong", {}, "What to do: "), known.fix));
    parts.push(make("p", {}, make("strong", {}, "Who acts: "), known.who));
  } else if (error.lost) {
    parts.push(make("p", {}, "Check that the gateway runs and that this machine reaches it."));
  }
  if (error.reason) parts.push(facts(error));
  return parts;
}

/** Tells whether two texts differ in no more than their form. */
const same = (a, b) => a.toLowerCase().replace(/\W+$/, "") === b.toLowerCase().replace(/\W+$/, "");

function facts(error) {
  const name = make("code", {}, error.reason);
  const about = gateway.docs
    ? make("a", { href: `${gateway.docs}reasons/${error.reason}`, target: "_blank", rel: "noopener" },
      "About ", name, make("span", { class: "hidden" }, " (in a new tab)"))
    : make("span", {}, "Reason ", name);
  const line = make("p", { class: "problem-facts" }, about);
  if (error.requestId) line.append(make("span", {}, "Log id ", make("code", {}, error.requestId)));
  return line;
}
