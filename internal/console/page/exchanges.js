// Shows what goes to a simulated Exchange server and back.

import { get } from "./api.js";
import { $, make, repeatedly, show } from "./dom.js";
import { timeOf } from "./words.js";

const KEPT = 50;
const EVERY_MS = 1500;

let last = 0;

/** Sets the card up, and looks again and again. */
export function setUp() {
  show($("exchanges"), true);
  $("show-polls").addEventListener("change", filter);
  repeatedly(EVERY_MS, look);
}

async function look() {
  let answer;
  try {
    answer = await get("exchanges?after=" + last);
  } catch {
    return; // the next look may succeed, and the state of the gateway is shown elsewhere
  }
  for (const exchange of answer.exchanges) {
    if (exchange.sequence <= last && exchange.sequence === 1) $("exchange-list").replaceChildren(); // it was restarted
    last = exchange.sequence;
    $("exchange-list").prepend(draw(exchange));
  }
  while ($("exchange-list").children.length > KEPT) $("exchange-list").lastElementChild.remove();
  if (answer.exchanges.length > 0) filter();
}

function filter() {
  const all = $("show-polls").checked;
  let visible = 0;
  for (const item of $("exchange-list").children) {
    const shown = all || item.dataset.operation !== "GetCallInfo";
    show(item, shown);
    if (shown) visible++;
  }
  show($("exchanges-empty"), visible === 0);
}

function draw(exchange) {
  const well = exchange.status >= 200 && exchange.status < 300;
  const status = make("span", { class: "pill", "data-tone": well ? "good" : "bad" }, exchange.status ? String(exchange.status) : "no reply");
  const at = new Date(exchange.time);
  return make("li", { "data-operation": exchange.operation },
    make("details", {},
      make("summary", {},
        make("time", { datetime: at.toISOString() }, timeOf(at)), make("span", { class: "operation" }, exchange.operation || "unknown"), status),
      make("pre", { tabindex: "0", role: "region", "aria-label": `${exchange.operation} at ${timeOf(at)}` }, exchange.text)));
}
