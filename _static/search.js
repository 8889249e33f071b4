/* The search page: sections of all pages by their words, forgiving one typing error in each.
 * The index, `courseSections`, is written by book/site/sections.py. */
// biome-ignore lint/suspicious/noRedundantUseStrict: a classic script, not a module
"use strict";

(() => {
  const MOST = 40; // sections shown
  const results = document.getElementById("search-results");
  const form = document.querySelector(".bd-search-container form");
  const field = form?.querySelector("input[name=q]");
  if (!field) return;

  const wordsOf = (text) => text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? [];
  const sections = courseSections.flatMap(([page, place, title, parts]) =>
    parts.map(([anchor, heading, text], number) => {
      const counts = new Map();
      for (const word of wordsOf(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
      const where = [place, number > 0 && title].filter(Boolean).join(" · ");
      const head = new Set(wordsOf(heading));
      return { page, anchor, heading, text, where, counts, head, whole: number === 0 };
    }),
  );
  const vocabulary = new Set(sections.flatMap(({ counts, head }) => [...counts.keys(), ...head]));

  /** Tell whether one letter was added, left out, changed, or swapped with the next. */
  function isNear(a, b) {
    if (Math.abs(a.length - b.length) > 1) return false;
    let i = 0;
    while (i < a.length && a[i] === b[i]) i += 1;
    const [restA, restB] = [a.slice(i), b.slice(i)];
    return (
      restA.slice(1) === restB ||
      restA === restB.slice(1) ||
      restA.slice(1) === restB.slice(1) ||
      (restA[0] === restB[1] && restA[1] === restB[0] && restA.slice(2) === restB.slice(2))
    );
  }

  /** Return what to look for instead of a word: its beginning, or words that are near it. */
  function meant(word) {
    const stem = /[^s]s$/.test(word) && word.length > 3 ? word.slice(0, -1) : word;
    const words = [...vocabulary];
    if (word.length < 2) return vocabulary.has(word) ? [word] : [];
    if (words.some((other) => other.startsWith(stem))) return [stem];
    if (word.length < 4) return [];
    const near = words.filter((other) => isNear(word, other));
    return near.filter((one) => !near.some((other) => other !== one && one.startsWith(other)));
  }

  const begins = (word, starts) => starts.some((start) => word.startsWith(start));

  /** Return how much a section says about one word, 0 for nothing. */
  function weigh({ counts, head, whole }, starts) {
    let count = 0;
    for (const [word, times] of counts) if (begins(word, starts)) count += times;
    const named = [...head].some((word) => begins(word, starts)) ? (whole ? 12 : 8) : 0;
    return named + (count && 1 + Math.log(count));
  }

  /** Return the sections that have most of the words, those that say most about them first. */
  function search(query) {
    const looked = [...new Set(wordsOf(query))].map(meant);
    const phrase = query.trim().toLowerCase();
    const found = [];
    for (const section of sections) {
      const weights = looked.map((starts) => weigh(section, starts));
      const hits = weights.filter((weight) => weight > 0).length;
      if (hits === 0) continue;
      let weight = weights.reduce((sum, one) => sum + one, 0);
      const named = [...section.head].filter((word) => begins(word, looked.flat()));
      // The heading is what was asked for, no more and no less, as in the glossary.
      if (named.length === section.head.size && named.length === looked.length) weight += 20;
      if (section.text.toLowerCase().includes(phrase)) weight += 4;
      found.push({ section, hits, weight });
    }
    const most = Math.max(0, ...found.map(({ hits }) => hits));
    const best = found.filter(({ hits }) => hits === most);
    best.sort((a, b) => b.weight - a.weight);
    return { words: looked.flat(), found: best.map(({ section }) => section) };
  }

  const make = (tag, text, properties = {}) =>
    Object.assign(document.createElement(tag), { textContent: text, ...properties });

  /** Return a part of a text around the first match, with all matches marked. */
  function excerpt(text, words) {
    const box = make("p", "");
    const pattern = courseMatch(words);
    const at = Math.max(0, text.search(pattern));
    const from = at < 80 ? 0 : text.indexOf(" ", at - 80) + 1;
    const end = text.indexOf(" ", at + 140);
    const part = text.slice(from, end < 0 ? undefined : end);
    let last = 0;
    if (from > 0) box.append("… ");
    for (const match of part.matchAll(pattern)) {
      box.append(part.slice(last, match.index), make("mark", match[0]));
      last = match.index + match[0].length;
    }
    box.append(part.slice(last), end < 0 ? "" : " …");
    return box;
  }

  function item({ page, anchor, heading, text, where }, words) {
    const query = new URLSearchParams({ q: words.join(" ") });
    const link = make("a", heading, { href: `${page}.html?${query}#${anchor}` });
    const row = make("li", "");
    row.append(link, make("p", where, { className: "course-where" }), excerpt(text, words));
    return row;
  }

  const status = make("p", "", { className: "course-found-count" });
  status.setAttribute("role", "status");
  const list = make("ol", "", { className: "course-results" });
  results.append(status, list);

  function show() {
    const query = field.value.trim();
    const { words, found } = search(query);
    list.replaceChildren(...found.slice(0, MOST).map((section) => item(section, words)));
    const asked = wordsOf(query);
    const corrected = words.some(
      (word) => !asked.some((one) => one === word || one === `${word}s`),
    );
    const shown = found.length > MOST ? `The first ${MOST} of ${found.length}` : `${found.length}`;
    const noun = found.length === 1 ? "section" : "sections";
    if (!query) status.textContent = "Type a word, such as kernel, softmax or overfitting.";
    else if (!found.length) {
      status.textContent =
        `Nothing was found for “${query}”. Try a shorter or another word; ` +
        "the glossary, in the list of pages, has the words that the course uses.";
    } else if (corrected) {
      status.textContent = `No page says “${query}”. ${shown} ${noun} with ${words.slice(0, 3).join(", ")}:`;
    } else status.textContent = `${shown} ${noun} with “${query}”:`;
    history.replaceState(null, "", query ? `?${new URLSearchParams({ q: query })}` : "?");
  }

  field.addEventListener("input", show);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    list.querySelector("a")?.focus();
  });
  // The arrows go from the field to the results, and from one to the next.
  form.parentElement.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const stops = [field, ...list.querySelectorAll("a")];
    const next = stops[stops.indexOf(document.activeElement) + step];
    if (!step || !next || !stops.includes(document.activeElement)) return;
    event.preventDefault();
    next.focus();
  });
  field.value = new URLSearchParams(location.search).get("q") ?? "";
  show();
})();
