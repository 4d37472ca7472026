// A scanner types like a keyboard, only faster than any hand. Where it types into another field, the code is taken
// out of there again.

const GAP_MS = 40;
const LENGTH_MIN = 6;

let text = "";
let before = "";
let at = 0;

// The code that this key ends, if a scanner typed it into a foreign field; else nothing.
export function burst(event, foreign) {
  const quick = event.timeStamp - at < GAP_MS;
  at = event.timeStamp;
  if (event.key === "Enter" || event.key === "Tab") {
    const found = text;
    text = "";
    if (!quick || found.length < LENGTH_MIN) return "";
    if (!foreign && event.key === "Enter") return "";
    if (foreign) event.target.value = before;
    return found;
  }
  if (event.key.length !== 1) return "";
  if (!quick) {
    text = "";
    before = foreign && "value" in event.target ? event.target.value : "";
  }
  text += event.key;
  return "";
}
