// Small helpers for the document. Text is always set as text, never as markup.

/** The element with the id. */
export const $ = (id) => document.getElementById(id);

/** Makes an element with attributes and children. Attributes that are false, null or undefined are left out. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Shows or hides an element. */
export function show(element, visible) {
  element.hidden = !visible;
}

/** Writes text, but only if it is new: what has not changed must not be read out again. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Shows a pill with a text and a tone: good, busy, bad or quiet. */
export function mark(element, text, tone) {
  write(element, text);
  element.dataset.tone = tone;
  show(element, text !== "");
}

/**
 * Runs what a control does, once at a time. The control keeps the focus meanwhile, which `disabled` would take away.
 */
export async function guarded(control, action) {
  if (control.getAttribute("aria-disabled") === "true") return;
  control.setAttribute("aria-disabled", "true");
  try {
    await action();
  } finally {
    control.removeAttribute("aria-disabled");
  }
}

/** Runs a function now and then, but not while nobody looks at the page. Returns a function that runs it at once. */
export function repeatedly(everyMs, action) {
  let timer = 0;
  let running = false;
  const run = async () => {
    clearTimeout(timer);
    if (running) return;
    running = true;
    try {
      if (document.visibilityState === "visible") await action();
    } finally {
      running = false;
      timer = setTimeout(run, everyMs);
    }
  };
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") run();
  });
  run();
  return run;
}
