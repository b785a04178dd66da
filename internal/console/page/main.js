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

let look = () => {}; // looks at once
let admitted = false; // the gateway has told its status to whoever reads the page
let turnedAway = false; // it has not, to somebody without a credential
let reader = ""; // the user who has read the page last
let told = ""; // the error above the page, which must not be read out anew at each look

async function start() {
  reader = session.user();
  signin.setUp(changed);
  place.setUp((id, number) => call.follow(id, number));
  call.setUp();
  mailbox.setUp();
  try {
    const [about, reasons] = await Promise.all([get("about"), get("reasons")]);
    Object.assign(gateway, { signIn: about.signIn, demo: about.demo ?? null, docs: about.docs ?? "", reasons });
  } catch (error) {
    refused(error);
    return;
  }
  // Without a credential there is nothing to ask for; but a certificate is one that the page cannot see.
  turnedAway = gateway.signIn.length > 0 && !gateway.signIn.includes("ClientCertificate");
  place.offer(gateway.demo);
  show($("demo-mark"), gateway.demo !== null);
  $("docs").href = gateway.docs;
  show($("docs"), gateway.docs !== "");
  signin.draw();
  if (turnedAway && !session.signedIn()) turnAway();
  look = repeatedly(STATUS_EVERY_MS, lookOnce);
  if (gateway.demo) exchanges.setUp();
}

/** Somebody has signed in or out. */
function changed() {
  admitted = false;
  call.forget();
  // Whose token has run out may sign in anew, and ask what became of a call. Under anybody else its key would ring anew.
  if (session.user() !== reader) place.forget({ fields: reader !== "" });
  reader = session.user();
  forgive();
  signin.draw();
  if (session.signedIn()) look();
  else locked();
}

async function lookOnce() {
  if (turnedAway && !session.signedIn()) return;
  const asking = session.generation();
  try {
    const status = await get("status");
    if (asking !== session.generation()) return;
    forgive();
    backends.draw(status);
    place.speak(status.backends.map((backend) => backend.dialect));
    if (admitted) return;
    admitted = true;
    await mailbox.read();
  } catch (error) {
    if (asking === session.generation()) refused(error);
  }
}

function refused(error) {
  if (error.status === 401) {
    turnAway(error);
    return;
  }
  if (error.reason === "RATE_LIMITED") return; // what is shown is a little older, then
  backends.hide("Nothing is known.");
  mark($("health-mark"), error.lost ? "Gateway does not answer" : "Not for this caller", "bad");
  const text = error.reason + error.message;
  if (told === text) return;
  told = text;
  explain($("page-error"), error);
}

/** Asks for a credential: the first, or another than the one that was refused. */
function turnAway(error) {
  const shown = session.signedIn();
  if (shown) session.signOut();
  turnedAway = true;
  admitted = false;
  signin.draw();
  locked();
  signin.open(shown ? error : undefined);
}

function locked() {
  backends.hide("Sign in to see the backends.");
  mark($("health-mark"), "Signed out", "quiet");
  mailbox.hide();
}

function forgive() {
  told = "";
  clear($("page-error"));
}

start();
