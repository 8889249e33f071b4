/* What the pages do beyond the theme: a named color mode, whole prints, plots that open large, what was
 * searched for in view. */
// biome-ignore lint/suspicious/noRedundantUseStrict: a classic script, not a module
"use strict";

(() => {
  const root = document.documentElement;

  // The button that changes the colors says which ones are on.
  const modes = { auto: "as the system", light: "light", dark: "dark" };
  const nameMode = () => {
    const name = `Color mode: ${modes[root.dataset.mode] ?? root.dataset.mode}`;
    for (const button of document.querySelectorAll(".theme-switch-button")) {
      button.setAttribute("aria-label", name);
    }
  };
  nameMode();
  new MutationObserver(nameMode).observe(root, { attributeFilter: ["data-mode"] });

  // What scrolls can be scrolled with the keyboard, also inside of what was folded.
  const scrolling = "pre, .cell_output, .output, .math, .pst-scrollable-table-container";
  const reach = (part) => {
    const wide = [...part.querySelectorAll(scrolling)].filter(
      (box) => box.scrollWidth > box.clientWidth,
    );
    for (const box of wide) box.tabIndex = 0;
  };
  document.addEventListener("toggle", (event) => reach(event.target), true);
  addEventListener("load", () => reach(document));

  // "Back to top" lies over the lower edge of a narrow screen: not where a figure shows something.
  const below = new Set();
  const edge = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) below.add(target);
        else below.delete(target);
      }
      root.classList.toggle("course-figure-below", below.size > 0);
    },
    { rootMargin: "-85% 0px 0px" },
  );
  for (const figure of document.querySelectorAll(".cw-host")) edge.observe(figure);

  // A print shows what is folded on the screen: solutions and answers, not code that only draws.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("main details:not([open], .hide)")];
    for (const details of opened) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of opened) details.open = false;
    opened = [];
  });

  // A plot opens as large as it was drawn, or larger where the window has room for it.
  const enlarge = (link) => {
    const shown = [...link.querySelectorAll("img")].find((image) => image.checkVisibility());
    const image = new Image();
    image.alt = shown.alt;
    image.src = shown.src;
    // As the page states them: the picture itself may not have come yet.
    const [width, height] = ["width", "height"].map((edge) => Number(shown.getAttribute(edge)));
    image.width = width * Math.max(1, Math.min(innerWidth / width, innerHeight / height));
    const close = document.createElement("button");
    close.type = "button";
    close.textContent = "Close";
    const dialog = document.createElement("dialog");
    dialog.className = "course-large";
    dialog.setAttribute("aria-label", "The picture, enlarged");
    dialog.append(close, image);
    dialog.addEventListener("click", (event) => event.target !== image && dialog.close());
    dialog.addEventListener("close", () => {
      dialog.remove();
      link.focus();
    });
    document.body.append(dialog);
    dialog.showModal();
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.course-enlarge");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    enlarge(link);
  });

  // What stands at the beginning of a word, as the search finds it.
  const match = (starts) => new RegExp(`(?<![\\p{L}\\p{N}_])(?:${starts.join("|")})`, "giu");
  globalThis.courseMatch = match;

  /** Return the texts of some elements that a reader can see, or unfold. */
  const textsIn = (scope) => {
    const unread = "script, style, math, .cw-host, .headerlink, .course-place, .course-open";
    return scope.flatMap((element) => {
      const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
      const texts = [];
      while (walker.nextNode()) {
        if (!walker.currentNode.parentElement.closest(unread)) texts.push(walker.currentNode);
      }
      return texts;
    });
  };

  /** Mark what was searched for in the section of the address, and show the first of it. */
  const showFound = (words) => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const scope =
      target?.tagName === "DT"
        ? [target, target.nextElementSibling]
        : [target?.closest("section") ?? document.querySelector("article")];
    const pattern = match(words);
    const marks = [];
    for (const text of textsIn(scope.filter(Boolean))) {
      for (const { index, 0: found } of [...text.data.matchAll(pattern)].reverse()) {
        const range = document.createRange();
        range.setStart(text, index);
        range.setEnd(text, index + found.length);
        const mark = document.createElement("mark");
        range.surroundContents(mark);
        marks.push(mark);
      }
    }
    marks.sort((a, b) => (a.compareDocumentPosition(b) & 4 ? -1 : 1));
    // The heading was what was found, if the text below it has no such word.
    const first = marks.find((mark) => !mark.closest("h1, h2, h3, h4, h5, h6")) ?? marks[0];
    if (!first) return;
    let box = first;
    // biome-ignore lint/suspicious/noAssignInExpressions: from box to box
    while ((box = box.parentElement.closest("details"))) box.open = true;
    first.tabIndex = -1;
    const reveal = () => {
      first.focus({ preventScroll: true }); // so that the keyboard goes on from there
      first.scrollIntoView({ block: "center", behavior: "instant" });
    };
    reveal();
    addEventListener("load", reveal); // after the browser has gone to the section's heading
  };
  const query = new URLSearchParams(location.search).get("q") ?? "";
  const words = query.match(/[\p{L}\p{N}_]+/gu);
  if (words && document.querySelector("article")) showFound(words);
})();
