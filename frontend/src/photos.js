// Photos before they are sent: made smaller where the browser can, shown, and taken out again.
// Without this the field sends the files as they are, and the server makes them smaller.

const LONG_SIDE = 2000;
const QUALITY = 0.85;
const WORTH_SHRINKING = 400_000;
const PREVIEW = 144;

export function photos(root = document) {
  for (const field of root.querySelectorAll("[data-photos]:not([data-ready])")) {
    field.dataset.ready = "";
    prepare(field);
  }
}

function prepare(field) {
  const input = field.querySelector("input[type=file]");
  const list = field.querySelector(".photo-previews");
  const progress = field.querySelector(".photo-progress");
  let kept = [];

  const say = (words) => {
    progress.textContent = words;
    progress.hidden = !words;
  };

  const send = () => {
    const box = new DataTransfer();
    for (const { file } of kept) box.items.add(file);
    input.files = box.files;
    list.hidden = kept.length === 0;
    list.replaceChildren(...kept.map((photo, n) => row(photo, n)));
    say(kept.length ? `${kept.length} photo${kept.length === 1 ? "" : "s"} ready to send` : "");
    field.dispatchEvent(new CustomEvent("photos:changed", { bubbles: true, detail: { count: kept.length } }));
  };

  const row = (photo, n) => {
    const item = document.createElement("li");
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "btn btn-sm";
    remove.textContent = "Remove";
    remove.setAttribute("aria-label", `Remove photo ${n + 1}`);
    remove.addEventListener("click", () => {
      kept = kept.filter((other) => other !== photo);
      send();
      (list.querySelector("button") ?? input).focus();
    });
    item.append(photo.preview ?? photo.file.name, remove);
    return item;
  };

  // Taking one photo after the other adds to what is there, as a camera does.
  input.addEventListener("change", async () => {
    const chosen = [...input.files];
    const buttons = [...(input.form?.querySelectorAll("button[type=submit]") ?? [])];
    for (const button of buttons) button.disabled = true;
    for (const [n, file] of chosen.entries()) {
      say(`Preparing photo ${n + 1} of ${chosen.length}`);
      kept.push(await ready(file));
    }
    for (const button of buttons) button.disabled = false;
    send();
  });

  input.form?.addEventListener("submit", () => kept.length && say(`Sending ${kept.length}`));
}

// The file made smaller, with a preview; as it is where the browser cannot read it.
async function ready(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return { file, preview: null };
  }
  const preview = drawn(bitmap, PREVIEW);
  preview.setAttribute("role", "img");
  preview.setAttribute("aria-label", file.name);
  if (file.size < WORTH_SHRINKING && /^image\/(jpeg|png|webp)$/.test(file.type)) return { file, preview };
  const blob = await new Promise((done) => drawn(bitmap, LONG_SIDE).toBlob(done, "image/jpeg", QUALITY));
  bitmap.close();
  if (!blob) return { file, preview };
  return { file: new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg" }), preview };
}

function drawn(bitmap, longest) {
  const scale = Math.min(1, longest / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas;
}
