// What this device remembers of its scanner: mute, prefix and suffix, whether labels print by themselves.

const PREFIX = "counterflow.scan.";

export function kept(name, otherwise) {
  try {
    return localStorage.getItem(PREFIX + name) ?? otherwise;
  } catch {
    return otherwise;
  }
}

export function keep(name, value) {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // It lasts for this page only.
  }
}
