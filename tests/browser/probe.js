// What a page is asked by tests/browser/looking.py.

window.probe = (() => {
  const INTERACTIVE = "a[href], button, input, select, textarea, summary, [tabindex]";

  const name = (element) => {
    const words = (element.getAttribute("aria-label") || element.textContent || element.name || "").trim();
    return `<${element.localName}${element.id ? "#" + element.id : ""}> ${words.replace(/\s+/g, " ").slice(0, 50)}`;
  };

  // Of a group of radio buttons the Tab key reaches one.
  const reachable = (element) => {
    if (element.disabled || element.tabIndex < 0 || element.type === "hidden") return false;
    if (!element.checkVisibility({ visibilityProperty: true })) return false;
    if (element.type !== "radio") return true;
    const group = [...document.querySelectorAll(`input[type=radio][name="${CSS.escape(element.name)}"]`)];
    const mine = group.filter((radio) => radio.form === element.form && !radio.disabled);
    return element === (mine.find((radio) => radio.checked) ?? mine[0]);
  };

  // How an element and what surrounds it look; focus has to change something of it.
  const look = (element) => {
    const around = [element, element.nextElementSibling, element.parentElement, element.parentElement?.parentElement];
    return around.map((one) => {
      if (!one) return "";
      const style = getComputedStyle(one);
      const outline = style.outlineStyle === "none" ? "" : `${style.outlineWidth} ${style.outlineColor}`;
      return [outline, style.boxShadow, style.borderColor, style.backgroundColor, style.textDecorationLine].join("|");
    });
  };

  const still = () => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("*, *::before, *::after { transition: none !important; animation: none !important; }");
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  };

  let expected, looks, reached, unseen;

  return {
    still,
    begin() {
      document.activeElement?.blur();
      getSelection().removeAllRanges();
      expected = [...document.querySelectorAll(INTERACTIVE)].filter(reachable);
      looks = new Map(expected.map((element) => [element, look(element)]));
      reached = new Set();
      unseen = new Set();
      document.addEventListener("focusin", ({ target }) => {
        reached.add(target);
        const before = looks.get(target);
        if (before && before.join() === look(target).join()) unseen.add(target);
      });
      // A date has a stop for each of its parts.
      const parts = expected.filter((element) => /date|time|month|week/.test(element.type)).length;
      return expected.length + 8 * parts;
    },
    end() {
      const missed = expected.filter((element) => !reached.has(element) && element.isConnected && reachable(element));
      return { missed: missed.map(name), unseen: [...unseen].map(name) };
    },
    shape() {
      const root = document.documentElement;
      return {
        headings: [...document.querySelectorAll("h1")].map((h) => h.textContent.trim()),
        title: document.title,
        lang: root.lang,
        wide: root.scrollWidth - root.clientWidth,
      };
    },
    dark() {
      document.documentElement.setAttribute("data-bs-theme", "dark");
    },
  };
})();
