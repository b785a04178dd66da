// Shows the voice settings of the mailbox, and changes them.

import { get, post } from "./api.js";
import { $, guarded, make, mark, show, write } from "./dom.js";
import { clear, explain } from "./problem.js";
import * as session from "./session.js";

let settings = null; // as they were read last

/** Sets the card up. */
export function setUp() {
  flip($("oof"), "/v1/mailbox:setOofStatus", (on) => `The Out-of-Office greeting is ${on ? "on" : "off"}.`);
  flip($("missed"), "/v1/mailbox:setMissedCallNotificationEnabled", (on) => `Mails about missed calls are ${on ? "on" : "off"}.`);
  save($("dial-form"), $("own-number"), "/v1/mailbox:setPlayOnPhoneDialString", "dialString", "The number is saved.");
  save($("folder-form"), $("folder"), "/v1/mailbox:setTelephoneAccessFolderEmail", "base64FolderId", "The folder is saved.");
}

/** Reads the settings. An answer to whoever was signed in before is not shown. */
export async function read() {
  const asking = session.generation();
  $("mailbox").setAttribute("aria-busy", "true");
  try {
    const [{ enabled }, properties] = await Promise.all([get("/v1/mailbox:umEnabled"), get("/v1/mailbox/umProperties")]);
    if (asking !== session.generation()) return;
    settings = properties;
    clear($("mailbox-error"));
    mark($("um-mark"), enabled ? "Unified Messaging on" : "Unified Messaging off", enabled ? "good" : "bad");
    draw();
    show($("mailbox-empty"), false);
    show($("mailbox-body"), true);
  } catch (error) {
    if (asking === session.generation()) unreadable(error);
  } finally {
    $("mailbox").setAttribute("aria-busy", "false");
  }
}

/** Shows nothing, since nobody has signed in. */
export function hide() {
  settings = null;
  clear($("mailbox-error"));
  write($("mailbox-live"), "");
  show($("mailbox-body"), false);
  mark($("um-mark"), "", "quiet");
  write($("mailbox-empty"), "Sign in to see the settings.");
  show($("mailbox-empty"), true);
}

function unreadable(error) {
  settings = null;
  show($("mailbox-body"), false);
  mark($("um-mark"), "", "quiet");
  const unsupported = error.reason === "OPERATION_UNSUPPORTED";
  write($("mailbox-empty"), unsupported ? "The backend has no voice settings: Exchange Web Services do not offer them." : "");
  show($("mailbox-empty"), unsupported);
  if (unsupported) return;
  const again = make("button", { type: "button", class: "button" }, "Read again");
  again.addEventListener("click", () => guarded(again, read));
  explain($("mailbox-error"), error, again);
}

function draw() {
  $("oof").checked = settings.oofStatus;
  $("missed").checked = settings.missedCallNotificationEnabled;
  $("own-number").value = settings.playOnPhoneDialString;
  $("folder").value = settings.telephoneAccessFolderEmail;
  write($("access-numbers"), settings.telephoneAccessNumbers || "None");
}

function flip(control, path, said) {
  control.addEventListener("change", () => {
    const on = control.checked;
    if (control.getAttribute("aria-disabled") === "true") {
      control.checked = !on;
      return;
    }
    guarded(control, async () => {
      if (!(await change(path, { enabled: on }, said(on)))) control.checked = !on;
    });
  });
}

function save(form, field, path, name, said) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    guarded(form.querySelector("button"), () => change(path, { [name]: field.value.trim() }, said));
  });
}

/** Changes a setting, and tells whether the control that asked for it is right. */
async function change(path, body, said) {
  const asking = session.generation();
  clear($("mailbox-error"));
  write($("mailbox-live"), "");
  try {
    await post(path, body);
    if (asking === session.generation()) write($("mailbox-live"), said);
    return true;
  } catch (error) {
    if (asking !== session.generation()) return true; // the controls show the settings of somebody else
    explain($("mailbox-error"), error);
    return false;
  }
}
