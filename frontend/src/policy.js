// The editor of a policy: each step sends what the page carries and puts the answer in its place. What was there
// before stays at hand, so that a step can be undone; what is not saved outlives the page that carried it.

import { wide } from "./wide.js";

const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const FIELDS = "input, select, textarea";
const PREFIX = "policy:";

export function policyEditor() {
  const form = document.querySelector("form[data-policy-editor]");
  if (!form) return;
  const sheets = document.querySelector("#policy-sheet");
  const opened = new Set();
  const past = [];
  const future = [];
  const text = () => form.querySelector("#policy-wording");
  const saved = form.querySelector("#policy-work").hasAttribute("data-unsaved") ? null : text().value;
  const kept = `${PREFIX}${location.pathname}`;
  let leaving = false;
  let turn = Promise.resolve();
  form.classList.add("is-live");

  const dirty = () => text().value !== saved;
  const undo = document.querySelector("[data-undo]");
  const redo = document.querySelector("[data-redo]");

  function mark() {
    undo.disabled = past.length === 0;
    redo.disabled = future.length === 0;
    if (dirty()) sessionStorage.setItem(kept, text().value);
  }

  function tell(words) {
    const told = form.querySelector("#policy-told");
    told.hidden = !words;
    told.textContent = words;
  }

  // Steps wait for one another: each goes out with what the one before it came to.
  function step(name, more = [], remember = true) {
    turn = turn.then(() => take(name, more, remember)).catch(() => tell("No answer came. Nothing is lost; try again."));
    return turn;
  }

  async function take(name, more, remember) {
    const body = new FormData(form);
    for (const [key] of more) body.delete(key);
    for (const [key, value] of more) body.append(key, value);
    body.set("step", name);
    document.body.toggleAttribute("data-busy", true);
    let answer;
    try {
      answer = await fetch(form.dataset.steps, { method: "POST", body, headers: { Accept: "text/html" } });
    } finally {
      document.body.toggleAttribute("data-busy", false);
    }
    if (answer.redirected || !answer.ok) return tell("You may have been signed out. Sign in in another tab, then try again.");
    show(await answer.text(), remember);
  }

  function show(markup, remember) {
    const page = new DOMParser().parseFromString(markup, "text/html");
    const dialog = page.querySelector("dialog");
    if (dialog) return open(dialog);
    const before = text().value;
    const parts = [...page.querySelectorAll("[data-part]")];
    for (const part of parts) document.getElementById(part.id)?.replaceWith(document.importNode(part, true));
    if (parts.length === 1 && parts[0].id === "policy-told") return;
    sheets.replaceChildren();
    if (remember && text().value !== before) {
      past.push(before);
      future.length = 0;
    }
    mark();
    wide();
    unfold();
    const next = form.querySelector("#policy-work").dataset.focusNext;
    const target = next && document.getElementById(next);
    (target || document.getElementById(lastId))?.focus();
    target?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  // On a phone a row shows the conditions that say something; the others are a press away.
  function unfold() {
    for (const row of form.querySelectorAll("tr[data-name]")) {
      const open = opened.has(row.dataset.name);
      row.classList.toggle("is-open", open);
      row.querySelector("[data-more]")?.setAttribute("aria-expanded", String(open));
    }
  }

  let lastId = "";

  function open(dialog) {
    const made = document.importNode(dialog, true);
    sheets.replaceChildren(made);
    made.addEventListener("close", () => {
      made.remove();
      document.getElementById(lastId)?.focus();
    });
    ways(made);
    made.showModal();
    const first = made.querySelector("[data-first]") ?? made.querySelector(FIELDS);
    first?.focus();
    if (first?.matches("input[type=text], input:not([type])")) first.select();
  }

  // Of a cell's sheet only the way that is chosen is shown; who ticks a value means that way.
  function ways(dialog) {
    const chosen = dialog.querySelector("input[name=mode]:checked")?.value ?? "";
    for (const way of dialog.querySelectorAll("[data-way]")) {
      way.hidden = chosen !== "any" && !way.dataset.way.split(" ").includes(chosen);
      if (chosen === "any" && way.dataset.way === "free") way.hidden = true;
    }
  }

  function meant(field) {
    const dialog = field.closest("dialog");
    const way = field.closest("[data-way]")?.dataset.way.split(" ");
    const chosen = dialog?.querySelector("input[name=mode]:checked")?.value;
    if (!way || way.includes(chosen)) return;
    const radio = dialog.querySelector(`input[name=mode][value=${way[0]}]`);
    if (radio) radio.checked = true;
    ways(dialog);
  }

  function back(from, to) {
    if (!from.length) return;
    to.push(text().value);
    text().value = from.pop();
    step("show", [], false);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.matches("[data-step]") && form.contains(button)) {
      lastId = button.id;
      step(button.dataset.step);
    } else if (button.matches("[data-more]")) {
      const { name } = button.closest("tr").dataset;
      if (!opened.delete(name)) opened.add(name);
      unfold();
    } else if (button.matches("[data-close]")) button.closest("dialog")?.close();
    else if (button === undo) back(past, future);
    else if (button === redo) back(future, past);
  });

  document.addEventListener("submit", (event) => {
    if (event.target === form) leaving = true;
    if (!event.target.matches("[data-sheet]")) return;
    event.preventDefault();
    const given = [...new FormData(event.target).entries()];
    const name = given.find(([key]) => key === "step")[1];
    step(name, given.filter(([key]) => key !== "step"));
  });

  document.addEventListener("input", (event) => {
    if (event.target.closest("dialog[data-shows]")) meant(event.target);
    if (event.target.matches("input[name=mode]")) ways(event.target.closest("dialog"));
  });

  // Enter in a field of facts asks; elsewhere in the form it does nothing by itself.
  form.addEventListener("keydown", (event) => {
    const field = event.target;
    if (event.key === "Enter" && field.matches("input")) {
      event.preventDefault();
      lastId = field.id;
      step(field.dataset.enter ?? "try");
    }
  });

  // Arrows go from cell to cell; with Alt they carry the row.
  form.addEventListener("keydown", (event) => {
    const way = ARROWS[event.key];
    const cell = event.target.closest(".policy-cell");
    const row = cell?.closest("tr[data-row]");
    if (!way || !row || event.ctrlKey || event.metaKey) return;
    if (event.altKey && way[0]) {
      event.preventDefault();
      lastId = cell.id;
      const to = Number(row.dataset.row) + way[0];
      if (to >= 0 && !row.classList.contains("is-default")) step(`row-move:${row.dataset.row}:${to}`);
    } else if (!event.altKey) {
      event.preventDefault();
      const cells = [...row.querySelectorAll(".policy-cell")];
      const at = cells.indexOf(cell);
      const other = way[0] ? (way[0] > 0 ? row.nextElementSibling : row.previousElementSibling) : row;
      const line = [...(other?.querySelectorAll(".policy-cell") ?? [])];
      (way[0] ? line[Math.min(at, line.length - 1)] : line[at + way[1]])?.focus();
    }
  });

  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
    if (event.target.matches(FIELDS) || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    if (event.shiftKey) back(future, past);
    else back(past, future);
  });

  // A row is carried by its grip to where another stands.
  let carried = null;
  form.addEventListener("dragstart", (event) => {
    const row = event.target.closest?.(".policy-grip")?.closest("tr");
    if (!row) return;
    carried = row.dataset.row;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", carried);
  });
  form.addEventListener("dragover", (event) => {
    const row = event.target.closest("tr[data-row]");
    for (const marked of form.querySelectorAll(".is-target")) marked.classList.remove("is-target");
    if (carried === null || !row) return;
    event.preventDefault();
    row.classList.add("is-target");
  });
  form.addEventListener("drop", (event) => {
    const row = event.target.closest("tr[data-row]");
    if (carried === null || !row) return;
    event.preventDefault();
    step(`row-move:${carried}:${row.dataset.row}`);
    carried = null;
  });
  form.addEventListener("dragend", () => (carried = null));

  window.addEventListener("beforeunload", (event) => {
    if (dirty() && !leaving) event.preventDefault();
  });

  // What an earlier page carried and nobody saved is offered again.
  const note = document.querySelector("#policy-kept");
  const found = sessionStorage.getItem(kept);
  if (found !== null && found === text().value) sessionStorage.removeItem(kept);
  else if (found !== null) note.hidden = false;
  note.querySelector("[data-bring-back]").addEventListener("click", () => {
    note.hidden = true;
    past.push(text().value);
    text().value = found;
    step("show", [], false);
  });
  note.querySelector("[data-drop]").addEventListener("click", () => {
    note.hidden = true;
    sessionStorage.removeItem(kept);
  });
}
