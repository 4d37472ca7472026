// Fields that keep a choice on this device: radios, selects and switches with data-prefer.

import { kept, prefer } from "./scheme.js";

export function preferences() {
  for (const field of document.querySelectorAll("[data-prefer]")) {
    const name = field.dataset.prefer;
    const now = kept(name);
    if (field.type === "checkbox") field.checked = now === field.value;
    else if (field.type === "radio") field.checked = now === field.value;
    else field.value = now;
    field.addEventListener("change", () => {
      prefer(name, field.type === "checkbox" && !field.checked ? "off" : field.value);
    });
  }
}
