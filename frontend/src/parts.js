// Small behaviours that templates name with x-data.

import { prefer } from "./scheme.js";

const SHOWN_MS = 7000;

export const parts = {
  // Light and dark.
  theme: () => ({
    toggle() {
      prefer("theme", document.documentElement.getAttribute("data-bs-theme") === "dark" ? "light" : "dark");
    },
  }),

  // A message that leaves by itself; a refusal stays until it is read.
  toast: () => ({
    shown: true,
    init() {
      if (!this.$el.hasAttribute("data-stays")) setTimeout(() => this.close(), SHOWN_MS);
    },
    close() {
      this.shown = false;
    },
  }),

  // Copies what the button names.
  copy: () => ({
    done: false,
    async copy() {
      await navigator.clipboard.writeText(this.$el.dataset.text);
      this.done = true;
      setTimeout(() => (this.done = false), 1500);
    },
  }),

  // Opens a dialog of the page by its id.
  opener: () => ({
    open() {
      document.getElementById(this.$el.dataset.dialog).showModal();
    },
  }),

  // A dialog's own buttons.
  dialog: () => ({
    close() {
      this.$el.closest("dialog").close();
    },
  }),
};
