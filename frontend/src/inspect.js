// The inspect station by keyboard: one key an answer, the question in turn marked, a scan where it is wanted.
// A scanner types faster than any hand, so a key counts only when no other follows at once.

const FAST_MS = 45;
const CODE_MIN = 4;

export function inspecting() {
  const form = document.querySelector("form[data-inspect]");
  if (!form) return;
  const questions = [...form.querySelectorAll("[data-question]")];
  const suggestion = document.querySelector("#suggestion");
  const finish = document.querySelector("[data-finish]");
  const field = document.querySelector("#scan-field");
  let turn = null;
  let byHand = false;
  let buffer = "";
  let timer = 0;

  const shown = () => questions.filter((question) => !question.hidden);
  const box = (question) => question?.querySelector("input[type=text]");
  const answered = (question) => Boolean(question.querySelector("input:checked") || box(question)?.value.trim());
  const due = (question) => !answered(question) && !("optional" in question.dataset);

  function go(question, scrolls = true) {
    turn?.classList.remove("is-turn");
    turn = question ?? null;
    turn?.classList.add("is-turn");
    const target = turn ?? finish;
    target?.focus({ preventScroll: true });
    if (scrolls) (turn ?? document.querySelector("#verdict"))?.scrollIntoView({ block: "center" });
  }

  const next = () => {
    const list = shown();
    const at = list.indexOf(turn);
    go(list.slice(at + 1).find(due) ?? list.find(due));
  };

  const step = (by) => {
    const list = shown();
    const at = turn ? list.indexOf(turn) : list.length;
    go(list[Math.max(0, Math.min(list.length - 1, at + by))]);
  };

  function tell() {
    form.dispatchEvent(new CustomEvent("inspect:answered"));
  }

  function press(key) {
    const choice = turn?.querySelector(`input[data-press="${CSS.escape(key)}"]`);
    if (!choice) return false;
    choice.checked = true;
    choice.dispatchEvent(new Event("change", { bubbles: true }));
    return true;
  }

  // What a scanner typed: the serial number or code where one is asked for now, else another unit.
  function scanned(text) {
    if (box(turn)) {
      box(turn).value = text;
      box(turn).dispatchEvent(new Event("change", { bubbles: true }));
    } else if (field) {
      field.value = text;
      field.form.requestSubmit();
    }
  }

  function ended(entered) {
    clearTimeout(timer);
    const text = buffer;
    buffer = "";
    if (text.length >= CODE_MIN) return scanned(text);
    for (const key of text) single(key.toLowerCase());
    if (entered && !text) finish?.click();
  }

  function single(key) {
    if (press(key)) return;
    const grade = document.querySelector(`input[data-grade="${CSS.escape(key)}"]`);
    if (grade) {
      grade.checked = true;
      grade.dispatchEvent(new Event("change", { bubbles: true }));
    } else if (key === "0") {
      document.querySelector("input[name=grade][value='']")?.click();
    } else if (key === "f") {
      form.querySelector("[data-photos] input[type=file]")?.click();
    } else if (turn && box(turn)) {
      box(turn).focus();
      box(turn).value += key;
    }
  }

  const writes = (target) => target.matches?.("input[type=text], select, textarea, input:not([type])") && target !== field;

  window.addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
      if (document.querySelector("dialog[open]") || writes(event.target)) return;
      if (event.target === field && (byHand || field.value)) return;
      const stop = () => {
        event.preventDefault();
        event.stopImmediatePropagation();
      };
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        stop();
        step(event.key === "ArrowDown" ? 1 : -1);
      } else if (event.key === "Enter") {
        if (buffer) {
          stop();
          ended(true);
        } else if (event.target === field || event.target.matches("fieldset, body, input[type=radio]")) {
          stop();
          if (!shown().some(due)) finish?.click();
          else next();
        }
      } else if (event.key.length === 1 && event.key !== " ") {
        stop();
        buffer += event.key;
        clearTimeout(timer);
        timer = setTimeout(() => ended(false), FAST_MS);
      }
    },
    true,
  );

  field?.addEventListener("pointerdown", () => (byHand = true));
  field?.addEventListener("blur", () => (byHand = false));

  document.addEventListener("change", (event) => {
    if (event.target.form !== form) return;
    const question = event.target.closest("[data-question]");
    if (event.target.name === "grade" || event.target.id === "grade_reason") {
      const differs = document.querySelector("[data-differs]");
      const other = Boolean(document.querySelector("input[name=grade]:checked")?.value);
      if (differs) differs.hidden = !other || !suggestion;
      if (event.target.name === "grade" && other && suggestion) document.querySelector("#grade_reason")?.focus();
    }
    if (!question) return;
    tell();
    if (answered(question)) {
      turn = question;
      next();
    }
  });

  for (const question of questions) {
    question.addEventListener("focusin", (event) => {
      if (event.target === question || turn === question) return;
      turn?.classList.remove("is-turn");
      turn = question;
      turn.classList.add("is-turn");
    });
    // Enter in a text answer goes on; a scanner sends it after the code.
    box(question)?.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      event.stopPropagation();
      tell();
      turn = question;
      next();
    });
  }

  // The server says which questions the answers so far lead to.
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target !== suggestion) return;
    const told = suggestion.querySelector("[data-due]");
    if (!told) return;
    const wanted = new Set(told.dataset.due.split(" "));
    for (const question of questions) question.hidden = !wanted.has(question.dataset.question);
    // A question that an answer brought up comes before those that wait after it.
    const first = shown().find(due);
    if (!turn || turn.hidden || answered(turn) || (first && shown().indexOf(first) < shown().indexOf(turn))) go(first);
  });

  form.addEventListener("photos:changed", (event) => {
    const ready = form.querySelector("[name=photos_ready]");
    ready.value = String(Number(ready.dataset.kept) + event.detail.count);
    tell();
  });

  setTimeout(() => go(shown().find(due), false));
}
