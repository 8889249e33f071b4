/**
 * What the figures share: elements, listeners with an end, live announcements, loading, focus.
 *
 * A figure's module reads
 *
 *     export default {
 *       render({ model, el }) {
 *         const figure = frame(el, model, "cw-my-figure");
 *         … figure.body.append(h("p", {}, "…")); figure.on(button, "click", …);
 *         return figure.cleanup;
 *       },
 *     };
 */

/**
 * Make an element. Attributes that start with "on" are not taken: use `figure.on`.
 *
 * @param {string} tag for example "button" or "button.cw-primary"
 * @param {Record<string, unknown>} [attributes] false, null and undefined are left out;
 *   "text" sets the text content; "value", "checked", "disabled" and "hidden" set properties
 * @param {...(Node|string|null)} children strings become text nodes
 * @returns {HTMLElement}
 */
export function h(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (key === "text") element.textContent = String(value);
    else if (["value", "checked", "disabled", "hidden"].includes(key)) element[key] = value;
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/**
 * Name a row of a square of numbers for who hears the table.
 *
 * @param {number} row from 0
 * @returns {HTMLElement}
 */
export function hiddenRowHeader(row) {
  return h("th.cw-visually-hidden", { scope: "row", text: `row ${row + 1}` });
}

let count = 0;

/**
 * Return an id that no other element of the page has.
 *
 * @param {string} [prefix]
 * @returns {string}
 */
export function uniqueId(prefix = "cw") {
  count += 1;
  return `${prefix}-${count}-${Math.floor(Math.random() * 1e9).toString(36)}`;
}

/**
 * Lay out a figure: a labeled region with its heading, a body, a polite live region, and the
 * figure's text. What is registered with `on`, `watch`, `follow` and `dispose` is undone by
 * `cleanup`.
 *
 * @param {HTMLElement} el
 * @param {object} model Jupyter's widget model, or the page's
 * @param {string} className
 * @returns {{root: HTMLElement, body: HTMLElement, say: (text: string) => void,
 *   on: Function, watch: Function, follow: Function, dispose: Function, part: () => object,
 *   isOver: () => boolean, cleanup: () => void}}
 */
export function frame(el, model, className) {
  const heading = uniqueId("cw-heading");
  const live = h("p.cw-live", { "aria-live": "polite", role: "status" });
  const body = h("div.cw-body");
  const words = h("p");
  const inWords = h("details.cw-words", {}, h("summary", { text: "Describe this figure" }), words);
  const root = h(
    `section.cw.${className}`,
    // The attribute keeps JupyterLab's single-key shortcuts away from a focused figure.
    { "aria-labelledby": heading, "data-lm-suppress-shortcuts": "true" },
    h("p.cw-heading", { id: heading, text: model.get("label") }),
    body,
    live,
    inWords,
  );
  el.append(root);
  const whole = {
    root,
    body,
    /** Announce a result to assistive technology; also shown, as the figure's last line. */
    say(text) {
      if (live.textContent !== text) live.textContent = text;
    },
    ...lifetime(model),
    /** Return the figure with a shorter life: `cleanup` undoes what was registered with it. */
    part() {
      const shorter = { ...whole, ...lifetime(model) };
      whole.dispose(shorter.cleanup);
      return shorter;
    },
  };
  whole.dispose(() => root.remove());
  whole.watch("text", (text) => {
    words.textContent = text;
    inWords.hidden = !text; // a figure that is all words has none
  });
  return whole;
}

/** What is registered until the `cleanup`, which undoes it in reverse order. */
function lifetime(model) {
  const undo = [];
  let over = false;
  const watch = (name, listener) => {
    const call = () => listener(model.get(name));
    model.on(`change:${name}`, call);
    undo.push(() => model.off(`change:${name}`, call));
    call();
  };
  return {
    on(target, type, listener, options) {
      target.addEventListener(type, listener, options);
      undo.push(() => target.removeEventListener(type, listener, options));
    },
    /** Call `listener` now and whenever the state `name` changes, from either side. */
    watch,
    /**
     * Call `show` soon, and soon after the states `names` have changed: once for all that change
     * together. Returns the function that asks for it.
     */
    follow(names, show) {
      let asked = false;
      const ask = () => {
        if (asked) return;
        asked = true;
        queueMicrotask(() => {
          asked = false;
          if (!over) show();
        });
      };
      for (const name of names) watch(name, ask);
      return ask;
    },
    dispose(action) {
      undo.push(action);
    },
    isOver: () => over,
    cleanup() {
      over = true;
      for (const action of undo.splice(0).reverse()) action();
    },
  };
}

/** @returns {boolean} whether the reader asked for less motion */
export function prefersStillness() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/**
 * Do something in the frame after an element has got a size, or another one. Whoever changes the
 * page at once, inside of the observer, gets an error in WebKit ("loop completed …").
 *
 * @param {object} figure what `frame` returned
 * @param {HTMLElement} element
 * @param {() => void} react
 */
export function onResize(figure, element, react) {
  let frame = 0;
  const observer = new ResizeObserver(() => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(react);
  });
  observer.observe(element);
  figure.dispose(() => {
    observer.disconnect();
    cancelAnimationFrame(frame);
  });
}

/**
 * Make a group of buttons one tab stop. Arrow keys move the focus within it, Home and End to
 * the ends of the row, with Ctrl to the first and the last. Focus by pointer is followed.
 *
 * @param {{on: Function}} figure what `frame` returned
 * @param {HTMLElement} container
 * @param {() => HTMLElement[]} items the buttons, row by row; asked for at each key
 * @param {() => number} [columns] how many stand in a row; by default all
 * @param {(item: HTMLElement) => void} [moved] called after an arrow key has moved the focus
 * @returns {(item?: HTMLElement) => void} makes an item, or the first, the tab stop; call it
 *   after the buttons have changed
 */
export function roving(figure, container, items, columns = () => items().length, moved = () => {}) {
  const settle = (item) => {
    const all = items();
    const stop = all.includes(item) ? item : all[0];
    for (const one of all) one.tabIndex = one === stop ? 0 : -1;
  };
  const target = (key, place, count, width, control) => {
    const row = place - (place % width);
    const moves = {
      ArrowRight: place + 1,
      ArrowLeft: place - 1,
      ArrowDown: place + (width < count ? width : 1),
      ArrowUp: place - (width < count ? width : 1),
      Home: control ? 0 : row,
      End: control ? count - 1 : Math.min(row + width, count) - 1,
    };
    return moves[key];
  };
  figure.on(container, "keydown", (event) => {
    const all = items();
    const place = all.indexOf(event.target.closest("button, [tabindex]"));
    if (place < 0 || event.altKey || event.metaKey) return;
    const next = target(event.key, place, all.length, columns(), event.ctrlKey);
    if (next === undefined) return;
    event.preventDefault();
    if (!all[next]) return;
    settle(all[next]);
    all[next].focus();
    moved(all[next]);
  });
  figure.on(container, "focusin", (event) => {
    if (items().includes(event.target)) settle(event.target);
  });
  settle();
  return settle;
}

/**
 * Make a box that says what failed, with a button to try again; it goes away with the click.
 *
 * @param {{on: Function}} figure what `frame` returned
 * @param {string} message
 * @param {() => void} retry
 * @returns {HTMLElement}
 */
export function failure(figure, message, retry) {
  const button = h("button", { type: "button", text: "Try again" });
  const box = h("div.cw-warning", { role: "alert" }, h("p", { text: message }), button);
  figure.on(button, "click", () => {
    box.remove();
    retry();
  });
  return box;
}

/**
 * Fill the figure once its data has come; until then it says so, and if it does not come, why.
 *
 * @param {object} figure what `frame` returned
 * @param {string} name of the data, as in "The predictions"
 * @param {() => Promise<Uint8Array>} ask called again when the reader tries again
 * @param {(data: Uint8Array) => void} start
 */
export function whenLoaded(figure, name, ask, start) {
  const load = async () => {
    const words = `Loading ${name.charAt(0).toLowerCase()}${name.slice(1)} …`;
    figure.body.replaceChildren(h("p.cw-quiet", { text: words }));
    try {
      const data = await ask();
      if (!figure.isOver()) start(data);
    } catch (error) {
      const trouble = `${name} could not be loaded: ${error.message}`;
      if (!figure.isOver()) figure.body.replaceChildren(failure(figure, trouble, load));
    }
  };
  load();
}
