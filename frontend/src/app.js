// The console's behaviour. Pages work without it; it makes them quicker to use.

import Alpine from "@alpinejs/csp";
import htmx from "htmx.org";

import { keys } from "./keys.js";
import { goesOn } from "./master.js";
import { palette } from "./palette.js";
import { parts } from "./parts.js";
import { preferences } from "./prefer.js";
import { station } from "./station.js";
import { inspecting } from "./inspect.js";
import { photos } from "./photos.js";
import { picks } from "./picks.js";
import { policyEditor } from "./policy.js";
import { wide } from "./wide.js";

// Stations put answers into the page themselves and hand what came to htmx.
window.htmx = htmx;
htmx.config.includeIndicatorStyles = false;
htmx.config.allowEval = false;
htmx.config.selfRequestsOnly = true;
htmx.config.historyCacheSize = 0;

for (const [name, part] of Object.entries(parts)) Alpine.data(name, part);
Alpine.start();
keys();
palette();
preferences();
station();
photos();
picks();
inspecting();
policyEditor();
wide();
goesOn();
document.addEventListener("htmx:afterSwap", () => wide());

// A line below the bar says that an answer is on its way.
let underWay = 0;
const busy = (by) => {
  underWay = Math.max(0, underWay + by);
  document.body.toggleAttribute("data-busy", underWay > 0);
};
document.addEventListener("htmx:beforeRequest", () => busy(1));
document.addEventListener("htmx:afterRequest", () => busy(-1));

// Signed out meanwhile, or no longer allowed: show the page that says so instead of nothing.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  if (xhr.responseURL.includes("/sign-in")) {
    event.detail.shouldSwap = false;
    location.assign(xhr.responseURL);
  } else if (xhr.status >= 400) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
    event.detail.target = document.body;
  }
});

// A menu closes when one clicks elsewhere or presses Escape.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// A form is sent once, however often its button is pressed; the transport key guards the rest.
document.addEventListener("submit", (event) => {
  for (const button of event.target.querySelectorAll("button[type=submit]")) {
    setTimeout(() => (button.disabled = true));
    setTimeout(() => (button.disabled = false), 4000);
  }
});
