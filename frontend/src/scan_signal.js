// How an answer sounds and shows. Three signals, told apart by rhythm and pitch, by words and icon, and by colour.

import { kept } from "./scan_kept.js";

// Each tone: hertz, start and length in seconds, wave.
const TONES = {
  good: [[880, 0, 0.07, "sine"], [1319, 0.08, 0.1, "sine"]],
  attention: [[587, 0, 0.12, "triangle"], [587, 0.18, 0.12, "triangle"]],
  stop: [[196, 0, 0.45, "square"]],
};
const LOUD = 0.14;

let audio = null;

export function play(signal) {
  if (kept("sound", "on") !== "on" || !TONES[signal] || !window.AudioContext) return;
  try {
    audio ??= new AudioContext();
    if (audio.state === "suspended") audio.resume();
    for (const [pitch, start, length, wave] of TONES[signal]) {
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      const from = audio.currentTime + start;
      tone.type = wave;
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0, from);
      volume.gain.linearRampToValueAtTime(LOUD, from + 0.01);
      volume.gain.setValueAtTime(LOUD, from + length - 0.02);
      volume.gain.linearRampToValueAtTime(0, from + length);
      tone.connect(volume).connect(audio.destination);
      tone.start(from);
      tone.stop(from + length);
    }
  } catch {
    // No sound on this device; the words and the colour stay.
  }
}

// The band across the page, and the same words for a screen reader.
export function words(signal, text, alone = false) {
  const live = document.querySelector("[data-scan-live]");
  if (live) live.textContent = text;
  const band = document.querySelector("[data-scan-band]");
  if (!band) return;
  band.className = "scan-band";
  void band.offsetWidth;
  band.classList.add(`scan-band-${signal}`, "is-lit");
  if (alone || !document.querySelector("[data-station] [data-signal]")) {
    band.classList.add("is-told");
    band.textContent = text;
  } else band.textContent = "";
}
