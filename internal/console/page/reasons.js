// Lists the reasons of errors, from the gateway's documentation.

import { get } from "./api.js";
import { $, make } from "./dom.js";
import { explain } from "./problem.js";

async function start() {
  try {
    const reasons = await get("reasons");
    $("reasons").replaceChildren(...Object.entries(reasons).map(draw));
    document.getElementById(location.hash.slice(1))?.scrollIntoView();
  } catch (error) {
    explain($("reasons"), error);
  }
}

const draw = ([name, { status, meaning, fix, who }]) =>
  make("section", { class: "card reason", id: name, "aria-labelledby": name + "-title" },
    make("h2", { id: name + "-title" }, name),
    make("p", { class: "hint" }, status),
    make("p", {}, meaning),
    make("p", {}, make("strong", {}, "What to do: "), fix),
    make("p", {}, make("strong", {}, "Who acts: "), who));

start();
