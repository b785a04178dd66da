// Asks for a credential.

import { gateway } from "./api.js";
import { $, show } from "./dom.js";
import { clear, explain } from "./problem.js";
import * as session from "./session.js";

/** Sets the window up. `changed` is called after somebody has signed in or out. */
export function setUp(changed) {
  const form = $("sign-in-form");
  for (const scheme of form.elements.scheme) scheme.addEventListener("change", choose);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!take(form.elements.scheme.value)) return;
    empty();
    $("sign-in").close();
    changed();
  });
  $("sign-in-cancel").addEventListener("click", () => $("sign-in").close());
  $("sign-in").addEventListener("close", empty);
  $("sign-in-open").addEventListener("click", () => open());
  $("sign-out").addEventListener("click", () => {
    session.signOut();
    changed();
    $("sign-in-open").focus();
  });
}

/** Shows who is signed in. */
export function draw() {
  const possible = gateway.signIn.length > 0;
  show($("sign-in-open"), possible && !session.signedIn());
  show($("sign-out"), session.signedIn());
  show($("who"), session.signedIn());
  $("who").textContent = session.signedIn() ? `Signed in by ${session.signedInAs()}` : "";
}

/** Opens the window, with the error that a credential was answered with. */
export function open(error) {
  if ($("sign-in").open) return;
  clear($("sign-in-error"));
  let chosen = false;
  for (const label of $("schemes").querySelectorAll("label")) {
    const accepted = gateway.signIn.includes(label.dataset.scheme);
    show(label, accepted);
    label.firstElementChild.checked = accepted && !chosen;
    chosen ||= accepted;
  }
  show($("schemes"), gateway.signIn.length > 1);
  choose();
  $("sign-in").showModal();
  if (error) explain($("sign-in-error"), error);
  first()?.focus();
}

function choose() {
  const chosen = $("sign-in-form").elements.scheme.value;
  for (const part of $("sign-in-form").querySelectorAll("[data-for]")) show(part, part.dataset.for === chosen);
}

const first = () => [...$("sign-in-form").querySelectorAll("textarea, input[type=text]")].find((field) => field.offsetParent !== null);

/** Takes the credential over, and tells whether there is one. */
function take(scheme) {
  clear($("sign-in-error"));
  const token = $("token").value.trim();
  const user = $("user").value.trim();
  if (scheme === "Bearer" && token) session.withToken(token);
  else if (scheme === "Basic" && user) session.withPassword(user, $("password").value);
  else if (scheme === "ClientCertificate") session.withCertificate();
  else {
    explain($("sign-in-error"), { message: scheme === "Basic" ? "Fill in the user name." : "Paste a token." });
    first()?.focus();
    return false;
  }
  return true;
}

function empty() {
  for (const field of [$("token"), $("user"), $("password")]) field.value = "";
}
