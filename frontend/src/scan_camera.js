// The camera of a phone as a scanner. What decodes is loaded when somebody first asks for it.

const EVERY_MS = 120;
// A code counts again when it has been out of sight for this long; held still, it counts once.
const AWAY_MS = 900;

let decoder = null;

function load(address) {
  decoder ??= new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = address;
    script.addEventListener("load", () => done(window.CounterflowDecoder));
    script.addEventListener("error", () => failed(new Error("the decoder could not be loaded")));
    document.head.append(script);
  });
  return decoder;
}

export async function openCamera(form, button, take) {
  const view = form.parentElement.querySelector("[data-camera-view]");
  const video = view.querySelector("video");
  const told = view.querySelector("[data-camera-told]");
  if (!view.hidden) return close(view, video, button);
  view.hidden = false;
  button.setAttribute("aria-pressed", "true");
  told.textContent = "Starting the camera…";
  try {
    const [detector, stream] = await Promise.all([
      load(button.dataset.decoder).then((made) => made()),
      navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } } }),
    ]);
    video.srcObject = stream;
    await video.play();
    told.textContent = "Hold the barcode in front of the camera.";
    look(view, video, detector, take);
  } catch (error) {
    told.textContent = error.name === "NotAllowedError" ? "The camera is blocked for this site. Allow it in the browser, or type the code." : "There is no camera that can be used. Type the code.";
  }
}

function close(view, video, button) {
  for (const track of video.srcObject?.getTracks() ?? []) track.stop();
  video.srcObject = null;
  view.hidden = true;
  button.setAttribute("aria-pressed", "false");
}

function look(view, video, detector, take) {
  let seen = "";
  let at = 0;
  const step = async () => {
    if (view.hidden || !video.srcObject) return;
    const found = await detector.detect(video).catch(() => []);
    const text = found[0]?.rawValue ?? "";
    const now = performance.now();
    if (text && (text !== seen || now - at > AWAY_MS)) take(text);
    if (text) {
      seen = text;
      at = now;
    }
    setTimeout(step, EVERY_MS);
  };
  step();
}
