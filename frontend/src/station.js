// Keys of a floor station: an element with data-key is pressed by that key, such as "F2", "Alt+u", "u" or "+".
// A letter or a sign counts only while nobody types, except that an empty scan box lets signs of
// data-key-scan pass: a scanner never begins with them.

function chord(event) {
  const held = [event.ctrlKey && "Ctrl", event.altKey && "Alt", event.metaKey && "Meta"].filter(Boolean);
  return [...held, event.key.length === 1 ? event.key.toLowerCase() : event.key].join("+");
}

function typing(target) {
  return target.matches?.("input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable]");
}

function reachable(element) {
  return !element.disabled && element.getClientRects().length > 0 && !element.closest("[inert]");
}

function pressed(event) {
  if (event.defaultPrevented || event.repeat || event.isComposing) return;
  const scope = document.querySelector("dialog[open]") ?? document;
  const keys = chord(event);
  const plain = keys.length === 1;
  const emptyScan = event.target.matches?.("[data-scan-box] input[name=scan]") && event.target.value === "";
  for (const element of scope.querySelectorAll("[data-key]")) {
    if (element.dataset.key.toLowerCase() !== keys.toLowerCase() || !reachable(element)) continue;
    if (plain && typing(event.target) && !(emptyScan && "keyScan" in element.dataset)) continue;
    event.preventDefault();
    if (element.matches("input:not([type=checkbox], [type=radio]), select, textarea")) element.focus();
    else element.click();
    return;
  }
}

export function station() {
  if (document.querySelector(".station-page")) document.addEventListener("keydown", pressed);
}
