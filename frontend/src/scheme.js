// How the console looks and listens on this device: what the user chose, or else what the device prefers.

const KEY = "counterflow.";
const FIRST = { theme: "system", density: "comfortable", size: "standard", keys: "on", "scan.sound": "on" };

export function kept(name) {
  try {
    return localStorage.getItem(KEY + name) ?? FIRST[name];
  } catch {
    return FIRST[name];
  }
}

export function chosen() {
  const theme = kept("theme");
  if (theme === "light" || theme === "dark") return theme;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

export function apply() {
  const root = document.documentElement;
  root.setAttribute("data-bs-theme", chosen());
  for (const name of ["density", "size", "keys"]) root.setAttribute(`data-${name}`, kept(name));
}

export function prefer(name, value) {
  try {
    if (value === FIRST[name]) localStorage.removeItem(KEY + name);
    else localStorage.setItem(KEY + name, value);
    apply();
  } catch {
    // It lasts for this page only.
    document.documentElement.setAttribute(name === "theme" ? "data-bs-theme" : `data-${name}`, value);
  }
}
