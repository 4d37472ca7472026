// Rows that are selected to act on them together: one by one, from one to another, and how many they are.

const BOXES = "#main .rows .picks[form=chosen]";

let last = null;

const boxOf = (element) => element?.closest?.("tr")?.querySelector(".picks");

function tell() {
  const count = document.querySelectorAll(`${BOXES}:checked`).length;
  for (const place of document.querySelectorAll("[data-chosen-count]")) place.textContent = count ? String(count) : "";
  for (const row of document.querySelectorAll("#main .rows tr")) {
    row.toggleAttribute("data-picked", Boolean(row.querySelector(".picks:checked")));
  }
}

function set(box, on) {
  box.checked = on;
  last = box;
  tell();
}

// The row one stands on.
export function pick(from) {
  const box = boxOf(from);
  if (box) set(box, !box.checked);
}

// Every row from the last one that was selected to the one one stands on.
export function pickRange(from) {
  const boxes = [...document.querySelectorAll(BOXES)];
  const [here, before] = [boxes.indexOf(boxOf(from)), boxes.indexOf(last)];
  if (here < 0) return;
  const [first, end] = before < 0 ? [here, here] : [Math.min(here, before), Math.max(here, before)];
  for (const box of boxes.slice(first, end + 1)) box.checked = true;
  set(boxes[here], true);
}

export function picks() {
  document.addEventListener("click", (event) => {
    if (!event.target.matches?.(BOXES)) return;
    if (event.shiftKey) pickRange(event.target);
    else set(event.target, event.target.checked);
  });
  document.addEventListener("htmx:afterSettle", tell);
  tell();
}
