// The colour scheme: what the user chose, or else what the device prefers.

const KEY = "counterflow.theme";

export function chosen() {
  try {
    const kept = localStorage.getItem(KEY);
    if (kept === "light" || kept === "dark") return kept;
  } catch {
    // Storage is off; the device decides.
  }
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

export function apply(theme) {
  document.documentElement.setAttribute("data-bs-theme", theme);
}

export function choose(theme) {
  apply(theme);
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // It lasts for this page only.
  }
}
