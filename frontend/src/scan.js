// Stations: a scan box that always listens, one queue of scans, an answer one can hear, see and read.
// Without this script the same forms work as plain forms.

import { burst } from "./scan_burst.js";
import { openCamera } from "./scan_camera.js";
import { kept, keep } from "./scan_kept.js";
import { play, words } from "./scan_signal.js";

const TRIES = 3;
const RETRY_MS = 600;

const box = () => document.querySelector("form[data-scan-box]");
const field = () => box()?.querySelector("input[name=scan]");
const TYPED = "input:not([type=checkbox], [type=radio], [type=hidden], [type=file], [type=submit]), textarea, select, [contenteditable]";
const isOther = (node) => node instanceof Element && node.matches(TYPED) && node !== field();

function key() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Listening ---------------------------------------------------------------------------------------

export function listen() {
  if (document.querySelector("dialog[open]")) return;
  field()?.focus({ preventScroll: true });
}

// What a scanner was told to put around every code, on this device.
function bare(text) {
  const prefix = kept("prefix", "");
  const suffix = kept("suffix", "");
  let found = text;
  if (prefix && found.startsWith(prefix)) found = found.slice(prefix.length);
  if (suffix && found.endsWith(suffix)) found = found.slice(0, -suffix.length);
  return found;
}

function take(text) {
  const form = box();
  const given = bare(text);
  if (!form || !given.trim()) return;
  const data = new FormData(form);
  data.set("scan", given);
  field().value = "";
  arm("");
  send(form.action, data, given, true);
}

// Sending -----------------------------------------------------------------------------------------

let last = Promise.resolve();
let waiting = 0;

// One at a time and in order: a scan that comes before the last answer waits, and carries the newest state with it.
function send(action, data, shown, carries = false) {
  waiting += 1;
  box()?.setAttribute("data-waiting", String(waiting));
  data.set("key", key());
  last = last.then(() => one(action, data, shown, carries)).catch(() => lost(shown)).finally(() => {
    waiting -= 1;
    if (waiting) box()?.setAttribute("data-waiting", String(waiting));
    else box()?.removeAttribute("data-waiting");
  });
}

async function one(action, data, shown, carries) {
  const carried = carries ? document.querySelectorAll("[data-station] input[data-carried]") : [];
  for (const input of carried) data.set(input.name, input.value);
  const answer = await insist(action, data);
  if (answer.redirected) return location.assign(answer.url);
  const text = await answer.text();
  const station = document.querySelector("[data-station]");
  if (!answer.ok || !station || !text.includes("data-station")) return lost(shown);
  station.outerHTML = text;
  settled();
}

// The key stays the same, so a scan whose answer got lost has its effect once.
async function insist(action, data) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await fetch(action, { method: "POST", body: data, headers: { "HX-Request": "true" } });
    } catch (error) {
      if (attempt === TRIES) throw error;
      await new Promise((done) => setTimeout(done, RETRY_MS * attempt));
    }
  }
}

function lost(shown) {
  play("stop");
  words("stop", shown ? `No answer from the server. Scan ${shown} again, or press Enter.` : "No answer from the server. Try again.", true);
  if (field() && !field().value) field().value = shown;
  listen();
}

function settled() {
  const station = document.querySelector("[data-station]");
  if (!station) return;
  window.htmx?.process(station);
  for (const part of station.querySelectorAll("template[data-into]")) {
    document.querySelector(part.dataset.into)?.replaceChildren(part.content.cloneNode(true));
  }
  if (station.dataset.address) history.replaceState(null, "", station.dataset.address);
  const signal = station.querySelector("[data-signal]");
  if (signal) {
    play(signal.dataset.signal);
    words(signal.dataset.signal, signal.dataset.words ?? signal.textContent.trim());
  }
  printLabel(station.querySelector("[data-label]"));
  const first = station.querySelector("[data-station-focus]");
  if (first) first.focus();
  else listen();
}

// Labels ------------------------------------------------------------------------------------------

function printLabel(found) {
  if (!found || kept("print", "") !== "on") return;
  document.querySelector("iframe[data-printing]")?.remove();
  const frame = document.createElement("iframe");
  frame.setAttribute("data-printing", "");
  frame.className = "scan-printing";
  frame.setAttribute("aria-hidden", "true");
  frame.addEventListener("load", () => {
    frame.contentWindow?.print();
    setTimeout(listen, 200);
  });
  frame.src = found.dataset.label;
  document.body.append(frame);
}

// Keys --------------------------------------------------------------------------------------------

// A letter in the box marks the button that Enter will press.
function arm(text) {
  const letter = text.trim().toLowerCase();
  for (const button of document.querySelectorAll("[data-letter]")) {
    button.classList.toggle("is-armed", letter.length === 1 && button.dataset.letter === letter);
  }
}

function pressed(event) {
  if (!box() || document.querySelector("dialog[open]")) return;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") {
    if (isOther(event.target) || field().value) return;
    const undo = document.querySelector("[data-station] [data-letter=z], form[data-undo] [type=submit]");
    if (!undo) return;
    event.preventDefault();
    undo.click();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const quick = burst(event, isOther(event.target));
  if (quick) {
    event.preventDefault();
    take(isOther(event.target) ? quick : field().value || quick);
  } else if (event.key.length === 1 && !isOther(event.target) && event.target !== field()) {
    if (event.key === " " && event.target.closest("button, a, summary, input")) return;
    field().focus();
  } else if (event.key === "Escape" && !field().value) listen();
}

function clicked(event) {
  if (!box() || event.defaultPrevented) return;
  if (event.target.closest("a, button, input, select, textarea, label, summary, dialog, [contenteditable], [data-camera-view]")) return;
  if (getSelection()?.toString()) return;
  listen();
}

function submitted(event) {
  const form = event.target;
  if (form === box()) {
    event.preventDefault();
    event.stopPropagation();
    const chosen = event.submitter?.name === "scan" ? event.submitter.value : "";
    take(chosen || field().value);
  } else if (form.closest("[data-station]") && form.method === "post" && !form.hasAttribute("data-plain")) {
    event.preventDefault();
    event.stopPropagation();
    form.closest("dialog")?.close();
    // A button without an address of its own would name that of the page.
    const action = event.submitter?.hasAttribute("formaction") ? event.submitter.formAction : form.action;
    send(action, new FormData(form, event.submitter), "");
  }
}

// Set-up ------------------------------------------------------------------------------------------

// A touch screen keeps its own keyboard down until somebody asks for it.
function touch() {
  const input = field();
  if (!input || matchMedia("(pointer: fine)").matches) return;
  input.inputMode = "none";
  const button = box().querySelector("[data-scan-keyboard]");
  if (!button) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    input.inputMode = input.inputMode === "none" ? "text" : "none";
    button.setAttribute("aria-pressed", String(input.inputMode === "text"));
    input.blur();
    input.focus();
  });
}

function settings() {
  for (const choice of document.querySelectorAll("[data-scan-keep]")) {
    const name = choice.dataset.scanKeep;
    if (choice.type === "checkbox") choice.checked = kept(name, choice.dataset.first ?? "") === "on";
    else choice.value = kept(name, "");
    choice.addEventListener("change", () => {
      keep(name, choice.type === "checkbox" ? (choice.checked ? "on" : "off") : choice.value);
      if (choice.type === "checkbox") listen();
    });
  }
}

function camera() {
  const button = box()?.querySelector("[data-scan-camera]");
  if (!button || !navigator.mediaDevices?.getUserMedia) return;
  button.hidden = false;
  button.addEventListener("click", () => openCamera(box(), button, take));
}

document.addEventListener("keydown", pressed, true);
document.addEventListener("click", clicked);
document.addEventListener("submit", submitted, true);
document.addEventListener("close", () => listen(), true);
window.addEventListener("focus", () => isOther(document.activeElement) || listen());
document.addEventListener("input", (event) => event.target === field() && arm(event.target.value));
touch();
settings();
camera();
// The answer of a plain form came with the page.
settled();
