// Tables wider than their panel: reachable by keyboard, and marked, so that a hint can stand below them.

function mark(panel) {
  const wide = panel.scrollWidth > panel.clientWidth + 1;
  panel.classList.toggle("is-wide", wide);
  // A table that fits scrolls with the page, so that its head can stay in view.
  // One that scrolls in a box of its own keeps its box.
  panel.classList.toggle("is-fit", !wide && getComputedStyle(panel).maxHeight === "none");
  if (!wide) return panel.hasAttribute("aria-label") || panel.removeAttribute("tabindex");
  panel.tabIndex = 0;
  panel.setAttribute("role", "group");
  panel.setAttribute("aria-label", "Table, scrolls sideways");
}

const watcher = new ResizeObserver((entries) => entries.forEach((entry) => mark(entry.target)));

export function wide(root = document) {
  for (const panel of root.querySelectorAll(".rows-scroll")) watcher.observe(panel);
}
