/* What the pages do beyond the theme: a named color mode, whole prints, quiet search. */
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

  // From disk, pages may not be read by a script: the search then lists titles alone.
  if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
})();
