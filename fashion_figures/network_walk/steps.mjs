/** The reader's way, as a line of places, with a step back to what made a value and a step on. */

import { h, roving } from "../shared/kit.mjs";
import { shortName } from "./focus.mjs";
import { bringIntoView } from "./overview.mjs";

const START = "Start at the vote";
const END = "Here the walk back ends";
const GAP = "…"; // layers that the way leaves out

/** Which parts the line has: the places, and gaps where layers lie between. */
function partsOf(walk, way) {
  const takesFrom = (place, layer) => walk.stages.get(place.layer).sources.includes(layer);
  const first = takesFrom(way[0], "input") ? [] : [GAP];
  const last = walk.stages.get(way.at(-1).layer) === walk.last ? [] : [GAP];
  return ["picture", ...first, ...way, ...last];
}

/**
 * Where one is, and how one came there; each part goes back to its place.
 *
 * @param {object} figure
 * @param {object} walk
 * @param {(place: object) => void} go
 */
function trail(figure, walk, go) {
  const line = h("div.cw-nw-way", {
    role: "toolbar",
    "aria-label": "Your way through the network",
  });
  const buttons = () => [...line.querySelectorAll("button")];
  const settle = roving(figure, line, buttons);
  let way = null;
  figure.on(line, "click", (event) => {
    const button = event.target.closest("button");
    if (button) go(way[Number(button.value)]);
  });
  const show = (view) => {
    if (way !== view.way) {
      way = view.way;
      const crumb = (part) =>
        typeof part === "string"
          ? h("span", { text: part })
          : h("button", {
              type: "button",
              value: String(way.indexOf(part)),
              text: shortName(walk, part),
            });
      line.replaceChildren(...partsOf(walk, way).map(crumb));
    }
    const here = way.findIndex((place) => place.layer === view.kept.layer);
    for (const [n, button] of buttons().entries()) {
      if (n === here) button.setAttribute("aria-current", "step");
      else button.removeAttribute("aria-current");
    }
    settle(buttons()[here]);
    bringIntoView(line, buttons()[here]);
  };
  return { element: line, show };
}

/**
 * The line, and the two steps.
 *
 * @param {object} figure
 * @param {object} walk
 * @param {{go: (place: object) => void, start: () => void}} actions
 */
export function steps(figure, walk, { go, start }) {
  const line = trail(figure, walk, go);
  const back = h("button.cw-small.cw-primary.cw-nw-back", { type: "button" });
  const on = h("button.cw-small.cw-nw-on", { type: "button" });
  let targets = {};
  const step = (button, name, otherwise) => {
    figure.on(button, "click", () => {
      if (targets[name]) go(targets[name]);
      else if (button.ariaDisabled !== "true") otherwise();
    });
  };
  step(back, "back", start);
  step(on, "on", () => {});
  const show = (view) => {
    line.show(view);
    targets = { back: view.back, on: view.on };
    const isVote = walk.stages.get(view.kept.layer) === walk.last;
    back.textContent = view.back ? `Back to ${shortName(walk, view.back)}` : isVote ? END : START;
    back.classList.toggle("cw-nw-arrow", Boolean(view.back));
    back.ariaDisabled = String(!view.back && isVote); // keeps the focus, unlike `disabled`
    const end = isVote ? "" : nowhere(view);
    on.textContent = view.on ? `On to ${shortName(walk, view.on)}` : end;
    on.classList.toggle("cw-nw-arrow", Boolean(view.on));
    on.ariaDisabled = String(!view.on);
    if (isVote && on.matches(":focus")) back.focus({ preventScroll: true });
    on.classList.toggle("cw-nw-none", isVote);
  };
  const element = h("div.cw-nw-steps", {}, back, on);
  return { line: line.element, element, back, show };
}

/** Why there is no step on. */
function nowhere({ value }) {
  return value === 0 ? "A zero adds nothing" : "It reaches no vote";
}
