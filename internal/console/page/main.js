// Puts the parts of the console together.

import { gateway, get } from "./api.js";
import * as backends from "./backends.js";
import * as call from "./call.js";
import { $, mark, repeatedly, show } from "./dom.js";
import * as exchanges from "./exchanges.js";
import * as mailbox from "./mailbox.js";
import * as place from "./place.js";
import { clear, explain } from "./problem.js";
import * as session from "./session.js";
import * as signin from "./signin.js";

const STATUS_EVERY_MS = 3000;

let admitted = false; // the gateway has told its status to whoever reads the page

async function start() {
  signin.setUp(changed);
  place.setUp((id, number) => call.follow(id, number));
  call.setUp();
  mailbox.setUp();
  try {
    const [about, reasons] = await Promise.all([get("about"), get("reasons")]);
    Object.assign(gateway, { signIn: about.signIn, demo: about.demo ?? null, reasons });
  } catch (error) {
    explain($("page-error"), error);
    backends.hide("Nothing is known.");
    return;
  }
  place.offer(gateway.demo);
  show($("demo-mark"), gateway.demo !== null);
  signin.draw();
  look = repeatedly(STATUS_EVERY_MS, lookOnce);
  if (gateway.demo) exchanges.setUp();
}

let look = () => {};

/** Somebody has signed in or out. */
function changed() {
  admitted = false;
  call.forget();
  clear($("page-error"));
  signin.draw();
  if (session.signedIn()) look();
  else locked();
}

function locked() {
  backends.hide("Sign in to see the backends.");
  mark($("health-mark"), "Signed out", "quiet");
  mailbox.hide();
}

async function lookOnce() {
  // Without a credential there is nothing to ask for; a certificate is one that the page cannot see.
  const asks = gateway.signIn.length > 0 && !gateway.signIn.includes("ClientCertificate");
  if (asks && !session.signedIn()) {
    if (!$("sign-in").open && !lockedOnce) signin.open();
    lockedOnce = true;
    locked();
    return;
  }
  try {
    const status = await get("status");
    clear($("page-error"));
    backends.draw(status);
    place.speak(status.backends.map((backend) => backend.dialect));
    if (!admitted) {
      admitted = true;
      await mailbox.read();
    }
  } catch (error) {
    refused(error);
  }
}

let lockedOnce = false;

function refused(error) {
  if (error.status === 401) {
    const shown = session.signedIn();
    if (shown) session.signOut();
    admitted = false;
    signin.draw();
    locked();
    if (shown || !lockedOnce) signin.open(shown ? error : undefined);
    lockedOnce = true;
    return;
  }
  if (error.reason === "RATE_LIMITED") return; // what is shown is a little older, then
  backends.hide("Nothing is known.");
  mark($("health-mark"), error.lost ? "Gateway does not answer" : "Not for this caller", "bad");
  explain($("page-error"), error);
}

start();
