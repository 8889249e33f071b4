/** Beside the map: the garment that was chosen, the mean of the selection, the classes. */

import { h } from "../shared/kit.mjs";
import { paint } from "../shared/paint.mjs";
import { CLASS_NAMES } from "../shared/classes.mjs";
import { nearest } from "./cloud.mjs";
import { markPicture } from "./marks.mjs";

const NEIGHBORS = 10;
export const whole = (number) => number.toLocaleString("en-US");

function card(heading, canvas, ...lines) {
  return h(
    "div.cw-gm-card",
    {},
    h("p.cw-gm-title", { text: heading }),
    h("div.cw-gm-pair", {}, canvas, h("div", {}, ...lines)),
  );
}

/** Say what a garment is, and how many of the nearest that are shown are of its class. */
export function garmentWords(cloud, { chosen, projection, shown }) {
  const { x, y } = cloud.planes[projection];
  const label = cloud.label[chosen];
  const admits = (n) => n !== chosen && shown[cloud.label[n]];
  const others = nearest({ x, y }, x[chosen], y[chosen], admits, NEIGHBORS);
  const same = others.filter((n) => cloud.label[n] === label).length;
  return {
    name: CLASS_NAMES[label],
    number: `test image ${cloud.index[chosen]}`,
    neighbors: others.length
      ? `${same} of the ${others.length} nearest are of its class`
      : "No other is shown",
  };
}

/** The garment that was chosen, large. */
export function chosenCard(cloud, sheet) {
  const canvas = h("canvas", { role: "img", width: 28, height: 28 });
  const [name, number, neighbors] = [h("strong"), h("span"), h("span.cw-gm-neighbors")];
  return {
    element: card("This garment", canvas, name, number, neighbors),
    show(state) {
      if (state.chosen === null) {
        canvas.getContext("2d").clearRect(0, 0, 28, 28);
        canvas.setAttribute("aria-label", "No garment is chosen");
        [name.textContent, number.textContent] = ["", "Point at a mark, and choose it."];
        neighbors.textContent = "";
        return;
      }
      const words = garmentWords(cloud, state);
      paint(canvas, sheet.of(state.chosen), 28, 28);
      canvas.setAttribute("aria-label", `${words.name}, ${words.number}, small and reduced`);
      name.textContent = words.name;
      number.textContent = words.number;
      neighbors.textContent = words.neighbors;
    },
  };
}

/** The mean image of what is selected, or of all that is shown. */
export function meanCard(sheet) {
  const canvas = h("canvas", { role: "img", width: 28, height: 28 });
  const [count, most] = [h("strong"), h("span")];
  let painted = "";
  return {
    element: card("Mean image of", canvas, count, most),
    show({ members, counts, selected, shown }) {
      const key = [selected.size, members.length, members[0], members.at(-1), ...counts, shown];
      if (painted !== key.join()) paint(canvas, sheet.mean(members), 28, 28);
      painted = key.join();
      const what = selected.size ? "selected" : "shown";
      count.textContent = `${whole(members.length)} ${what}`;
      canvas.setAttribute("aria-label", `Mean image of the ${count.textContent}`);
      most.textContent = members.length ? commonest(counts, members.length) : "";
    },
  };
}

/** Name the class that most are of, or all that share the first place. */
export function commonest(counts, total) {
  const most = Math.max(...counts);
  const names = CLASS_NAMES.filter((_, label) => counts[label] === most);
  const share = `${Math.round((100 * most) / total)}%`;
  if (names.length === CLASS_NAMES.length) return `${share} of each class`;
  return names.length === 1 ? `${share} ${names[0]}` : `${share} each: ${names.join(", ")}`;
}

/** The classes: what each mark means, how many are selected, and a switch. */
export function legend(figure, cloud, toggle) {
  const parts = CLASS_NAMES.map((name, label) => {
    const mark = h("span.cw-gm-mark", { "aria-hidden": "true" });
    const bar = h("span.cw-gm-bar", { "aria-hidden": "true" });
    const count = h("span.cw-gm-count");
    bar.style.background = cloud.colors[label];
    const title = h("span.cw-gm-name", { text: `${name} ` });
    const button = h("button", { type: "button" }, bar, mark, title, count);
    figure.on(button, "click", () => toggle(label));
    return { button, mark, bar, count };
  });
  let ink = "";
  return {
    element: h(
      "ul.cw-gm-legend",
      { "aria-label": "Classes shown" },
      ...parts.map(({ button }) => h("li", {}, button)),
    ),
    show({ shown, counts }) {
      const color = getComputedStyle(figure.root).getPropertyValue("--course-ink").trim();
      const most = Math.max(...counts, 1);
      for (const [label, { button, mark, bar, count }] of parts.entries()) {
        if (color !== ink) {
          const how = { size: 5, fill: cloud.colors[label], edge: color, line: 0.8 };
          const picture = markPicture(label, how, 2);
          picture.style.width = `${picture.width / 2}px`;
          mark.replaceChildren(picture);
        }
        count.textContent = shown[label] ? whole(counts[label]) : "off"; // no wider
        bar.style.width = `${shown[label] ? (100 * counts[label]) / most : 0}%`;
        button.setAttribute("aria-pressed", String(shown[label]));
      }
      ink = color;
    },
  };
}

/** @returns {number[]} the garments whose mean is shown: the selected ones, or all of them */
export function membersOf(cloud, { selected, shown }) {
  const members = [];
  for (let n = 0; n < cloud.count; n += 1) {
    if (shown[cloud.label[n]] && (!selected.size || selected.has(n))) members.push(n);
  }
  return members;
}
