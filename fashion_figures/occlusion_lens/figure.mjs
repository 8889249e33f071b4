/** The lens: nine pixels are hidden from the network, and its maps and answers follow. */

import { CLASS_NAMES } from "../shared/classes.mjs";
import { frame, h } from "../shared/kit.mjs";
import { readNetwork } from "../shared/network.mjs";
import { loadAsset, toBytes } from "../shared/state.mjs";
import { answer, best, featureMaps, hide, percent, readKernels, under } from "./numbers.mjs";
import { answerPanel, mapsPanel, picturePanel } from "./panels.mjs";

const START =
  "Drag the square, or use the arrow keys, to hide nine pixels. Does the network’s answer change?";

/** Say what became of the answer. */
function words(now, whole) {
  const [is, was] = [best(now), best(whole)];
  if (is !== was) return `Without these nine pixels, the network says ${CLASS_NAMES[is]}!`;
  const [share, before] = [now, whole].map((one) => percent(one[is]));
  let change = `, down from ${before}`;
  if (share === before) change = ", as before";
  else if (now[is] > whole[is]) change = `, up from ${before}`;
  return `Without these nine pixels: ${CLASS_NAMES[is]} ${share}${change}.`;
}

/** Say where the answer to the whole picture fell most, of all places where the square has been. */
function summary(trail, whole) {
  const label = best(whole);
  const [row, column, share] = trail.reduce((least, one) => (one[2] < least[2] ? one : least));
  const [left, before] = [percent(share), percent(whole[label])];
  const count = `Places tried: ${trail.length}. `;
  if (share >= whole[label] || left === before) return `${count}The answer fell at none of them.`;
  const place = `row ${row + 1}, column ${column + 1}`;
  return `${count}It fell most at ${place}: ${CLASS_NAMES[label]} ${left}, down from ${before}.`;
}

export default {
  render({ model, el }) {
    const figure = frame(el, model, "cw-lens");
    const panel = h("div.cw-lens-panel.cw-night");
    let network = null;
    let isLoading = false;
    let trouble = "";

    const load = async () => {
      if (network || isLoading) return;
      isLoading = true;
      trouble = "";
      try {
        network = readNetwork(await loadAsset(model, "network-baseline"));
      } catch (error) {
        trouble = `The network could not be loaded: ${error.message} Move the square to try again.`;
      }
      isLoading = false;
      if (!figure.isOver()) again();
    };
    const picture = picturePanel(figure, {
      move(row, column) {
        model.set("row", row);
        model.set("column", column);
        model.set("covered", true);
        load();
      },
      lift: () => model.set("covered", false),
      clear: () => model.set("trail", []),
      done: () => model.save_changes(),
    });
    /** Keep what is left of the answer at a place where the square has not been before. */
    const leave = (row, column, share) => {
      const trail = model.get("trail");
      if (trail.some(([y, x]) => y === row && x === column)) return;
      model.set("trail", [...trail, [row, column, Math.round(share * 1e4) / 1e4]]);
      if (!picture.isDragged()) model.save_changes();
    };
    const maps = mapsPanel();
    const answers = answerPanel();

    const show = () => {
      const image = toBytes(model.get("image"));
      const [row, column, isCovered] = ["row", "column", "covered"].map((name) => model.get(name));
      const kernels = readKernels(toBytes(model.get("kernels")));
      const seen = isCovered ? hide(image, row, column) : image;
      const whole = model.get("whole");
      const isAnswered = isCovered && network !== null;
      const now = isAnswered ? answer(network, seen) : whole;
      if (isAnswered) leave(row, column, now[best(whole)]);
      const trail = model.get("trail");
      const pixels = under(image, row, column);
      const all = Math.max(...whole);
      const tints = trail.map(([y, x, share]) => [y, x, Math.max(0, 1 - share / all)]);
      picture.show({ seen, row, column, isCovered, pixels, tints });
      panel.classList.toggle("cw-lens-traced", trail.length > 0);
      maps.show({
        maps: featureMaps(seen, kernels),
        limits: featureMaps(image, kernels).map((map) => Math.max(...map)),
        hole: isCovered ? [row, column] : null,
      });
      answers.show(now, whole);
      figure.root.dataset.place = isCovered ? `${row},${column}` : "";
      figure.root.dataset.answered = isAnswered ? `${row},${column}` : "";
      if (!isCovered) figure.say(trail.length ? summary(trail, whole) : START);
      else if (isAnswered) figure.say(words(now, whole));
      else figure.say(trouble || "The network is on its way …");
    };
    const again = figure.follow(
      ["image", "row", "column", "covered", "kernels", "whole", "trail"],
      show,
    );
    figure.watch("covered", (isCovered) => isCovered && load());

    // What the frame has above and below its body stands in the panel, or is only heard.
    figure.root.querySelector(".cw-heading").classList.add("cw-visually-hidden");
    const live = figure.root.querySelector(".cw-live");
    panel.append(...picture.elements, ...maps.elements, ...answers.elements, live);
    figure.body.append(panel);
    return figure.cleanup;
  },
};
