// A scanner types like a keyboard, only faster than any hand. Where it types into another field, the code is taken
// out of there again, and whole: a slow moment inside a code does not cut it.

const PAUSE_MS = 120;
const EACH_MS = 50;
const LENGTH_MIN = 6;

let text = "";
let before = "";
let began = 0;
let at = 0;

// The code that this key ends, if a scanner typed it; else nothing. `foreign`: it went into another field.
export function burst(event, foreign) {
  const paused = event.timeStamp - at > PAUSE_MS;
  at = event.timeStamp;
  if (event.key === "Enter" || event.key === "Tab") {
    const found = text;
    text = "";
    if (paused || found.length < LENGTH_MIN || (at - began) / found.length > EACH_MS) return "";
    if (!foreign && event.key === "Enter") return "";
    if (foreign) event.target.value = before;
    return found;
  }
  if (event.key.length !== 1) return "";
  if (paused || !text) {
    text = "";
    began = at;
    before = foreign && "value" in event.target ? event.target.value : "";
  }
  text += event.key;
  return "";
}
