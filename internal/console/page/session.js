// The credential of whoever reads the page. It is kept in memory and, so that a reload does not lose it, in the
// sessionStorage of this tab. It never gets into an address.

const KEY = "umgateway.console.credential";

let credential = read();
let changes = 0;

function read() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY));
    if (kept && typeof kept.scheme === "string") return kept;
  } catch {
    // Storage may be switched off: then memory has to do.
  }
  return null;
}

function keep() {
  changes++;
  try {
    if (credential) sessionStorage.setItem(KEY, JSON.stringify(credential));
    else sessionStorage.removeItem(KEY);
  } catch {
    // As above.
  }
}

/** Signs in with a bearer token. */
export function withToken(token) {
  // Who pastes "Bearer …" means the token.
  credential = { scheme: "Bearer", header: "Bearer " + token.trim().replace(/^bearer\s+/i, ""), name: "token" };
  keep();
}

/** Signs in with a user name and a password (RFC 7617, in UTF-8). */
export function withPassword(user, password) {
  const bytes = new TextEncoder().encode(user + ":" + password);
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  credential = { scheme: "Basic", header: "Basic " + btoa(text), name: user };
  keep();
}

/** Signs in with the certificate that the browser shows. */
export function withCertificate() {
  credential = { scheme: "ClientCertificate", name: "certificate" };
  keep();
}

/** Forgets the credential, and what else the page keeps in this tab. */
export function signOut() {
  credential = null;
  changes++;
  try {
    sessionStorage.clear();
  } catch {
    // As above.
  }
}

/** What is shown of the credential; empty if there is none. */
export const signedInAs = () => (credential ? credential.name : "");

/** Counts how often somebody has signed in or out, so that answers to whoever was there before can be told apart. */
export const generation = () => changes;

/** Tells users apart, also across a new token or password of the same one. Empty if nobody has signed in. */
export function user() {
  if (!credential) return "";
  return credential.scheme + " " + (credential.scheme === "Bearer" ? subjectOf(credential.header) : credential.name);
}

/** The issuer and the subject of a token (RFC 7519 section 4.1), or the token if it cannot be read. */
function subjectOf(token) {
  try {
    const { iss, sub } = JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")));
    return JSON.stringify([iss, sub]);
  } catch {
    return token;
  }
}

/** Tells whether a credential is at hand. */
export const signedIn = () => credential !== null;

/** What a request takes along. */
export function sign(accepted) {
  const headers = {};
  if (credential?.header) headers.Authorization = credential.header;
  // Where Basic is accepted, a refusal asks for it, and the browser would put its own window over the page: it does not if
  // the request has no credentials of the browser's. A client certificate is one of those.
  const browsers = credential?.scheme === "ClientCertificate" || !accepted.includes("Basic");
  return { headers, credentials: browsers ? "same-origin" : "omit" };
}
