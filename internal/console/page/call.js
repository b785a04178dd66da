// Shows a call: follows it, hangs up, and remembers those before it while the page is open.

import { callPath, post } from "./api.js";
import { $, guarded, make, mark, show, write } from "./dom.js";
import { clear, explain } from "./problem.js";
import { Timeline } from "./timeline.js";
import { watch } from "./watch.js";
import { causeOf, failed, stateOf } from "./words.js";

const KEPT = 8;

let call = null; // the one that is shown: {id, number, last, watching, timeline}
let earlier = []; // {id, number, last}

/** Sets the card up. */
export function setUp() {
  $("hang-up").addEventListener("click", () => guarded($("hang-up"), hangUp));
  $("copy-id").addEventListener("click", copy);
  $("follow").addEventListener("submit", (event) => {
    event.preventDefault();
    const id = $("follow-id").value.trim();
    if (id === "") {
      $("follow-id").focus();
      return;
    }
    $("follow-id").value = "";
    follow(id, "");
  });
}

/** Shows a call and follows it. The one that was shown before is followed no longer. */
export function follow(id, number) {
  leave();
  const known = earlier.find((each) => each.id === id);
  earlier = earlier.filter((each) => each !== known);
  call = { id, number: number || known?.number || "", last: null, timeline: new Timeline($("timeline")) };
  clear($("call-error"));
  show($("call-empty"), false);
  for (const part of ["call", "timeline", "hang-up"]) show($(part), true);
  show($("outcome"), false);
  show($("watch-note"), false);
  $("call-number").textContent = call.number || "unknown";
  $("call-id").textContent = id;
  $("call-id").title = id;
  mark($("call-mark"), "Following", "busy");
  drawEarlier();
  call.watching = watch(id, { event: seen, broken, failed: lost });
  $("call-title").focus();
}

/** Forgets all calls. */
export function forget() {
  leave();
  call = null;
  earlier = [];
  show($("call"), false);
  show($("call-empty"), true);
  mark($("call-mark"), "", "quiet");
  clear($("call-error"));
  drawEarlier();
}

function leave() {
  if (!call) return;
  call.watching.stop();
  call.timeline.stop();
  earlier = [call, ...earlier].slice(0, KEPT);
}

function seen(event) {
  const changed = call.last?.callState !== event.callState;
  call.last = event;
  call.timeline.add(event);
  show($("watch-note"), false);
  const { name, meaning, tone } = stateOf(event.callState);
  const ill = event.ended && failed(event);
  mark($("call-mark"), name, ill ? "bad" : tone);
  if (event.ended) {
    $("outcome").dataset.tone = ill ? "bad" : "quiet";
    write($("outcome"), causeOf(event));
    show($("outcome"), true);
    // The focus must not fall out of the page with the button.
    if (document.activeElement === $("hang-up")) $("call-title").focus();
    show($("hang-up"), false);
  }
  if (changed) write($("call-live"), event.ended ? `${name}. ${causeOf(event)}` : `${name}: ${meaning}`);
}

function broken() {
  write($("watch-note"), "The connection broke. It is made anew.");
  show($("watch-note"), true);
}

function lost(error) {
  call.timeline.stop();
  mark($("call-mark"), "Not followed", "bad");
  show($("watch-note"), false);
  // Of a call that was never seen there is nothing to show, and perhaps nothing to end.
  show($("timeline"), call.last !== null);
  show($("hang-up"), call.last !== null);
  const again = make("button", { type: "button", class: "button" }, "Follow again");
  again.addEventListener("click", () => follow(call.id, call.number));
  explain($("call-error"), error, again);
}

async function hangUp() {
  clear($("call-error"));
  const { id } = call;
  try {
    await post(callPath(id, ":disconnect"), {});
  } catch (error) {
    if (call?.id === id) explain($("call-error"), error);
  }
}

async function copy() {
  let text = "Copied";
  try {
    await navigator.clipboard.writeText(call.id);
  } catch {
    // Without https browsers have no clipboard for pages: then the id is selected, to be copied by hand.
    getSelection().selectAllChildren($("call-id"));
    text = "Selected";
  }
  write($("copy-id"), text);
  setTimeout(() => write($("copy-id"), "Copy"), 2000);
}

function drawEarlier() {
  show($("earlier"), earlier.length > 0);
  $("earlier-list").replaceChildren(...earlier.map((each) => {
    const { name, tone } = each.last ? stateOf(each.last.callState) : { name: "Not followed", tone: "quiet" };
    const title = each.number || "Call";
    const button = make("button", { type: "button", class: "button small" }, "Show", make("span", { class: "hidden" }, ` the call to ${title}`));
    button.addEventListener("click", () => follow(each.id, each.number));
    const state = make("span", { class: "pill", "data-tone": each.last?.ended && failed(each.last) ? "bad" : tone }, each.last?.ended ? name : `Last seen: ${name}`);
    return make("li", {}, make("span", { class: "earlier-number" }, title), state, button);
  }));
}
