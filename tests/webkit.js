// Finds elements in a page as Playwright's locators do. `tests/webkit.py` runs this as the start
// of a function in the page, before it calls `findElements`: no policy of the page concerns that.

const ROLES = {
  alert: "[role=alert]",
  button: "button, input:is([type=button], [type=submit], [type=reset]), [role=button]",
  cell: "td, [role=cell]",
  checkbox: "input[type=checkbox], [role=checkbox]",
  combobox: "select:not([multiple], [size]), [role=combobox]",
  gridcell: "[role=gridcell]",
  heading: "h1, h2, h3, h4, h5, h6, [role=heading]",
  img: "img, [role=img]",
  link: "a[href], [role=link]",
  radio: "input[type=radio], [role=radio]",
  searchbox: "input[type=search], [role=searchbox]",
  slider: "input[type=range], [role=slider]",
  status: "output, [role=status]",
  textbox: "input:not([type]), input[type=text], textarea, [role=textbox]",
};

const squeezed = (text) => text.replace(/\s+/g, " ").trim();

/** Whether an element can be seen, as Playwright means it. */
function visible(element) {
  const { width, height } = element.getBoundingClientRect();
  return width > 0 && height > 0 && element.checkVisibility({ visibilityProperty: true });
}

/** The text of an element without what is hidden from readers and without fields in it. */
function spoken(element) {
  const copy = element.cloneNode(true);
  for (const part of copy.querySelectorAll("[aria-hidden=true], [hidden], select, script, style")) {
    part.remove();
  }
  for (const image of copy.querySelectorAll("img[alt]")) image.replaceWith(image.alt);
  return squeezed(copy.textContent);
}

/** The accessible name: the sources of a name in the order of the standard. */
function nameOf(element) {
  const ids = element.getAttribute("aria-labelledby");
  const labels = ids
    ? ids.split(/\s+/).map((id) => document.getElementById(id))
    : [...(element.labels ?? [])];
  const referred = squeezed(labels.map((label) => (label ? spoken(label) : "")).join(" "));
  const own = element.getAttribute("aria-label");
  return (ids && referred) || own || referred || element.alt || spoken(element) || element.title;
}

function hasText(text, wanted, exact) {
  const found = squeezed(text ?? "");
  return exact ? found === wanted : found.toLowerCase().includes(wanted.toLowerCase());
}

const isHeard = (element) =>
  element.checkVisibility({ visibilityProperty: true }) && !element.closest("[aria-hidden=true]");

const STEPS = {
  css: (root, selector) => [...root.querySelectorAll(selector)],
  role(root, role, name, exact) {
    if (!ROLES[role]) throw new Error(`tests/webkit.js does not know the role ${role}`);
    return [...root.querySelectorAll(ROLES[role])].filter(
      (one) =>
        (one.getAttribute("role") ?? role) === role &&
        isHeard(one) &&
        (name === null || hasText(nameOf(one), name, exact)),
    );
  },
  label(root, name, exact) {
    const named = "input, select, textarea, button, [aria-label], [aria-labelledby]";
    return [...root.querySelectorAll(named)].filter((one) => {
      const labels = [...(one.labels ?? [])].map(spoken);
      labels.push(one.getAttribute("aria-label"));
      if (one.hasAttribute("aria-labelledby")) labels.push(nameOf(one));
      return labels.some((label) => label && hasText(label, name, exact));
    });
  },
  text(root, text, exact) {
    const matches = [...root.querySelectorAll("*")].filter(
      (one) => !["SCRIPT", "STYLE"].includes(one.tagName) && hasText(one.textContent, text, exact),
    );
    return matches.filter((one) => !matches.some((other) => other !== one && one.contains(other)));
  },
};

/** Follow a locator's steps from the document to the elements that they lead to. */
globalThis.findElements = (steps) => {
  let found = [document];
  for (const [kind, ...values] of steps) {
    if (kind === "nth") found = found.slice(values[0], values[0] + 1 || undefined);
    else if (kind === "visible") found = found.filter(visible);
    else found = [...new Set(found.flatMap((root) => STEPS[kind](root, ...values)))];
  }
  return found;
};
