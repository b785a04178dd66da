// Places calls.

import { newKey, postOnce } from "./api.js";
import { $, guarded, make, show, write } from "./dom.js";
import { clear, explain } from "./problem.js";
import * as session from "./session.js";

const LEASE = { unattended: "30s" };

let busy = false; // a request is under way
let kept = null; // {key, text, user, open}: a request that may have been carried out, to be asked for under the same key

/** Sets the form up. `placed` is told the id and the number of each new call. */
export function setUp(placed) {
  const form = $("place");
  for (const kind of form.elements.kind) kind.addEventListener("change", chooseKind);
  // The second click of a double click asks for no second call, also when the first was placed meanwhile.
  $("place-button").addEventListener("click", (event) => {
    if (event.detail > 1) event.preventDefault();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    guarded($("place-button"), () => submit(form, placed));
  });
  chooseKind();
}

/** Forgets what was asked for, since somebody else reads the page now; also what is filled in, if it is of whoever left. */
export function forget({ fields }) {
  kept = null;
  if (fields) {
    for (const field of [$("message-id"), $("number")]) field.value = "";
    $("lease").checked = false;
  }
  clear($("place-error"));
  label();
}

const label = () => write($("place-button"), busy ? "Placing…" : kept ? "Ask again" : "Place call");

/** Offers what a simulator has. */
export function offer(demo) {
  if (!demo) return;
  const number = $("number");
  $("message-id").value = demo.entryId;
  number.value = demo.numbers[0]?.dialString ?? "";
  $("numbers").replaceChildren(...demo.numbers.map((each) => make("option", { value: each.dialString }, each.meaning)));
  $("try-numbers").replaceChildren(...demo.numbers.map((each) => {
    const button = make("button", { type: "button", class: "chip", title: each.dialString }, each.meaning);
    button.addEventListener("click", () => {
      number.value = each.dialString;
      number.focus();
    });
    return button;
  }));
  show($("try-numbers"), true);
}

const HINTS = {
  umws: "The entry id, as Exchange hands it out",
  ews: "The item id, as Exchange Web Services hand it out",
  "ews,umws": "As Exchange hands it out, and of which kind:",
};

let spoken = "";

/** Suits the form to the dialects of the backends. Where there are both, the reader says of which kind an id is. */
export function speak(dialects) {
  const text = [...new Set(dialects)].sort().join();
  if (text === spoken) return;
  spoken = text;
  $("id-kind").value = text === "ews" ? "itemId" : "entryId";
  show($("id-kind"), text === "ews,umws");
  $("message-hint").textContent = HINTS[text] ?? HINTS.umws;
}

function chooseKind() {
  const message = $("place").elements.kind.value === "message";
  show($("message-field"), message);
  show($("greeting-field"), !message);
}

function asked(form) {
  const { kind, messageId, idKind, greeting, number, lease } = form.elements;
  const body = { dialString: number.value.trim() };
  if (lease.checked) body.lease = LEASE;
  if (kind.value === "greeting") return { path: "/v1/calls:playOnPhoneGreeting", body: { ...body, greetingType: greeting.value } };
  return { path: "/v1/calls:playOnPhone", body: { ...body, [idKind.value]: messageId.value.trim() } };
}

async function submit(form, placed) {
  clear($("place-error"));
  if (!complete(form)) return;
  const { path, body } = asked(form);
  const text = path + JSON.stringify(body);
  // The same request again, after its answer was lost: the same key finds out what became of it.
  if (kept?.text !== text) kept = { key: newKey(), text, user: session.user(), open: false };
  if (kept.user !== session.user()) {
    explain($("place-error"), { message: "Sign in again to find out what became of the call. Until then nothing is sent." });
    return;
  }
  const request = kept;
  busy = true;
  label();
  try {
    const { callId } = await postOnce(path, body, request.key, request.open);
    if (kept !== request) return; // whoever asked has left
    kept = null;
    placed(callId, body.dialString);
  } catch (error) {
    if (kept === request) refused(error);
  } finally {
    busy = false;
    label();
  }
}

function refused(error) {
  const { open } = error;
  if (open) kept.open = true;
  else kept = null;
  const more = open ? [make("p", {}, "The telephone may be ringing. Asking again finds out, and does not ring it a second time.")] : [];
  explain($("place-error"), error, ...more);
  const field = error.fields?.map((each) => FIELDS[each.field]).find((each) => each);
  if (field) $(field).focus();
}

const FIELDS = { dial_string: "number", entry_id: "message-id", item_id: "message-id" };

/** Tells whether everything is filled in, and leads to what is not. */
function complete(form) {
  const message = form.elements.kind.value === "message";
  const wanted = [...(message ? [$("message-id")] : []), $("number")];
  const missing = wanted.filter((field) => field.value.trim() === "");
  for (const field of [$("message-id"), $("number")]) {
    const bad = missing.includes(field);
    if (bad) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  }
  if (missing.length === 0) return true;
  const names = missing.map((field) => field.labels[0].textContent.toLowerCase()).join(" and ");
  explain($("place-error"), { message: `Fill in the ${names}.` });
  missing[0].focus();
  return false;
}
