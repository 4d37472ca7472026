// Working without a mouse: to the search box, through the rows of a list, out again.

import { openPalette } from "./palette.js";
import { pick, pickRange } from "./picks.js";

const ROWS = "#main .rows td.key a";

// The page's own search box, or else the one in the bar.
function box() {
  return document.querySelector("#main [data-search]") ?? document.querySelector("[data-search]");
}

function enter(field) {
  field.focus();
  field.select?.();
}

// Where somebody works with a keyboard, typing or scanning can begin at once. A phone would open its keyboard.
function begin() {
  if (!matchMedia("(pointer: fine)").matches || location.hash) return;
  const inside = "[data-focus-in] :is(input, select, textarea):not([type=hidden], :disabled)";
  const first = document.querySelector(`#main [data-focus], #main ${inside}`);
  if (first && document.activeElement === document.body) first.focus({ preventScroll: true });
}

function step(from, by) {
  const links = [...document.querySelectorAll(ROWS)];
  const place = links.indexOf(from) + by;
  if (place < 0) {
    const field = box();
    if (field) enter(field);
  } else links[Math.min(place, links.length - 1)]?.focus();
}

function escape(event) {
  if (location.hash === "#side") location.hash = "#main";
  if (!event.target.matches("[data-search]")) return;
  event.preventDefault();
  if (event.target.value === "") return event.target.blur();
  event.target.value = "";
  event.target.dispatchEvent(new Event("input", { bubbles: true }));
}

// Single keys. The rows of the help (console/shortcuts.py) say which keys there are and what they press; the words
// they use are these.
const ACTS = {
  search: () => (box() && box().closest("#main") ? enter(box()) : openPalette()),
  help: () => document.getElementById("shortcuts").showModal(),
  new: () => press("#main [data-new]"),
  edit: () => press("#main [data-edit]"),
  next: () => row(1),
  previous: () => row(-1),
  more: () => document.activeElement?.closest("tr")?.querySelector("[data-menu] > summary, button")?.focus(),
  forward: () => press("#main a[rel=next]"),
  back: () => press("#main a[rel=first]"),
  pick: () => pick(document.activeElement),
  range: () => pickRange(document.activeElement),
  all: () => press("#main [data-act-on-all]"),
  bulk: () => press("#main [data-act-on]"),
  take: () => press("#main [data-take]"),
  undo: () => press("#main [data-undo]"),
};
const TOGETHER_MS = 1500;

let before = { key: "", at: 0 };

function press(selector) {
  const target = document.querySelector(selector);
  if (!target) return;
  target.focus();
  target.click();
}

function row(by) {
  const links = [...document.querySelectorAll(ROWS)];
  const now = document.activeElement?.closest("tr")?.querySelector("td.key a");
  const place = links.indexOf(now);
  links[Math.max(0, Math.min(place < 0 ? 0 : place + by, links.length - 1))]?.focus();
}

function shortcut(event) {
  const first = event.timeStamp - before.at < TOGETHER_MS ? before.key : "";
  before = { key: event.key, at: event.timeStamp };
  const rows = [...document.querySelectorAll("#shortcuts [data-shortcut]")];
  const named = (keys) => rows.find((one) => one.dataset.shortcut === keys);
  const found = (first && named(`${first} ${event.key}`)) || named(event.key);
  if (!found) return false;
  before = { key: "", at: 0 };
  event.preventDefault();
  if (found.dataset.href) location.assign(found.dataset.href);
  else ACTS[found.dataset.act]();
  return true;
}

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const { key, target } = event;
  const typing = target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
  const searching = target.matches?.("#main [data-search]");
  const inRows = target.matches?.(ROWS);
  const single = key.length === 1 && key !== " " && document.documentElement.dataset.keys !== "off";
  if (single && !typing && !document.querySelector(".station-page") && shortcut(event)) return;
  if (key === "Escape") escape(event);
  else if ((key === "ArrowDown" || key === "ArrowUp") && (inRows || (searching && key === "ArrowDown"))) {
    event.preventDefault();
    step(target, key === "ArrowDown" ? 1 : -1);
  }
}

// Enter in a search box opens what it found, if that is one thing.
function found(event) {
  if (event.detail.requestConfig.triggeringEvent?.type !== "submit") return;
  const links = document.querySelectorAll(ROWS);
  if (links.length === 1) links[0].click();
}

// A search box asks while one types; leaving it changes nothing, and a second answer would take the focus away.
function left(event) {
  if (event.target.matches("[data-search]")) event.stopPropagation();
}

export function keys() {
  for (const opener of document.querySelectorAll("[data-shortcuts-open]")) opener.addEventListener("click", ACTS.help);
  document.addEventListener("change", left, true);
  document.addEventListener("keydown", pressed);
  document.addEventListener("htmx:afterSettle", found);
  begin();
}
