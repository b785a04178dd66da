// Shows how the backends are.

import { $, make, mark, write } from "./dom.js";
import { durationOf } from "./words.js";

const BREAKER = {
  up: { text: "Closed", meaning: "calls go through", tone: "good" },
  trying: { text: "Half-open", meaning: "one call tries it", tone: "busy" },
  down: { text: "Open", meaning: "left alone after failures", tone: "bad" },
};

const DIALECTS = { umws: "Unified Messaging web service", ews: "Exchange Web Services" };

let drawn = "";

/** Shows a status. */
export function draw(status) {
  const backends = status.backends;
  const well = backends.filter((backend) => backend.serving).length;
  const ill = backends.flatMap((backend) => backend.endpoints ?? []).filter((endpoint) => endpoint.state !== "up").length;
  if (well < backends.length) mark($("health-mark"), well === 0 ? "Backend does not answer" : `${backends.length - well} of ${backends.length} backends do not answer`, "bad");
  else mark($("health-mark"), `${backends.length === 1 ? "Backend is" : "Backends are"} ${ill === 0 ? "" : "partly "}well`, ill === 0 ? "good" : "busy");
  write($("backends-live"), $("health-mark").textContent);
  const text = JSON.stringify(backends);
  if (text === drawn) return;
  drawn = text;
  $("backends").replaceChildren(...backends.map(drawBackend), version(status.version));
}

/** Shows nothing, for a reason. */
export function hide(text) {
  drawn = "";
  mark($("health-mark"), "", "quiet");
  $("backends").replaceChildren(make("p", { class: "empty" }, text));
}

const version = (text) => make("p", { class: "hint version" }, "Gateway ", make("code", {}, text || "of no version"));

function drawBackend(backend) {
  const head = make("div", { class: "card-head" },
    make("h3", {}, backend.name),
    make("span", { class: "pill", "data-tone": backend.serving ? "good" : "bad" }, backend.serving ? "Takes calls" : "Does not answer"));
  const dialect = make("p", { class: "hint" }, DIALECTS[backend.dialect] ?? backend.dialect);
  const endpoints = backend.endpoints?.length
    ? make("ul", { class: "endpoints" }, ...backend.endpoints.map(drawEndpoint))
    : make("p", { class: "hint" }, "Details are for callers whom the gateway itself can authenticate.");
  return make("article", { class: "backend" }, head, dialect, endpoints);
}

function drawEndpoint(endpoint) {
  const breaker = BREAKER[endpoint.state] ?? { text: endpoint.state, meaning: "", tone: "quiet" };
  const meaning = endpoint.retryAfterMs > 0 ? `${breaker.meaning}; next try in ${durationOf(endpoint.retryAfterMs)}` : breaker.meaning;
  return make("li", {},
    make("p", { class: "endpoint-url" }, endpoint.url),
    make("dl", { class: "facts" },
      fact("Circuit breaker", make("span", { class: "pill", "data-tone": breaker.tone }, breaker.text), " ", make("small", {}, meaning)),
      fact("Exchanges", `${endpoint.busy} of ${endpoint.limit}`),
      fact("Waiting", String(endpoint.waiting))));
}

const fact = (name, ...value) => make("div", {}, make("dt", {}, name), make("dd", {}, ...value));
