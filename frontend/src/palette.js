// The command palette: Ctrl+K anywhere. The server answers with options; this moves among them.

const WAIT_MS = 120;

let waiting = 0;
let asked = 0;
let shown = null;

const dialog = () => document.getElementById("palette");
const input = () => dialog().querySelector("input");
const list = () => dialog().querySelector("[role=listbox]");
const options = () => [...list().querySelectorAll("a[role=option]")];

function choose(option) {
  for (const other of options()) other.setAttribute("aria-selected", String(other === option));
  if (option) {
    input().setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  } else input().removeAttribute("aria-activedescendant");
}

function chosen() {
  return options().find((option) => option.getAttribute("aria-selected") === "true");
}

async function ask() {
  const mine = ++asked;
  const words = input().value;
  const address = `${dialog().dataset.palette}?${new URLSearchParams({ q: words })}`;
  dialog().setAttribute("data-busy", "");
  try {
    const answer = await fetch(address, { headers: { "X-Requested-With": "fetch" } });
    if (mine !== asked) return;
    if (answer.redirected || !answer.ok) return location.reload();
    const text = await answer.text();
    if (mine !== asked) return;
    list().innerHTML = text;
    shown = words;
    choose(options()[0]);
    dialog().querySelector("[data-palette-count]").textContent = `${options().length} results`;
  } catch {
    list().textContent = "The server did not answer. Type again to try once more.";
  } finally {
    if (mine === asked) dialog().removeAttribute("data-busy");
  }
}

function soon() {
  clearTimeout(waiting);
  waiting = setTimeout(ask, WAIT_MS);
}

async function pressed(event) {
  const found = options();
  const place = found.indexOf(chosen());
  const steps = { ArrowDown: place + 1, ArrowUp: place - 1, PageDown: place + 5, PageUp: place - 5 };
  if (event.key in steps && found.length) {
    event.preventDefault();
    const last = found.length - 1;
    const wanted = steps[event.key];
    const round = event.key.startsWith("Arrow");
    choose(found[wanted < 0 ? (round ? last : 0) : wanted > last ? (round ? 0 : last) : wanted]);
  } else if (event.key === "Enter" && !event.isComposing) {
    event.preventDefault();
    // What was typed last decides, even when its answer is still on its way: a scanner ends with Enter at once.
    clearTimeout(waiting);
    if (input().value !== shown) await ask();
    const option = chosen();
    if (!option) return;
    if (event.ctrlKey || event.metaKey) open(option.href, "_blank", "noopener");
    else location.assign(option.href);
  }
}

export function openPalette(words = "") {
  const box = dialog();
  if (!box || box.open || document.querySelector("dialog[open]")) return false;
  box.showModal();
  input().value = words;
  input().focus();
  void ask();
  return true;
}

export function palette() {
  const box = dialog();
  if (!box) return;
  input().addEventListener("input", soon);
  input().addEventListener("keydown", pressed);
  list().addEventListener("pointermove", (event) => {
    const option = event.target.closest("a[role=option]");
    if (option && option !== chosen()) choose(option);
  });
  box.addEventListener("click", (event) => event.target === box && box.close());
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      if (box.open) box.close();
      else openPalette();
    }
  });
  for (const opener of document.querySelectorAll("[data-palette-open]")) {
    opener.addEventListener("click", () => openPalette());
  }
}
