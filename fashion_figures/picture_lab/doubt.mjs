/** Reasons to doubt the answer, and how good the one that comes from the evidence is. */

import { h } from "../shared/kit.mjs";

const MUST = "It must name one of ten.";

/** Write a number of evidence, with a real minus sign. */
function number(value) {
  return value.toFixed(2).replace("-", "−");
}

function share(value) {
  const percent = 100 * value;
  return `${percent.toFixed(percent < 10 ? 1 : 0)}%`;
}

/** Join "a", "b" and "c" into "a, b and c". */
function listed(parts) {
  return `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}

/**
 * How much like a garment the picture is, in one line and one track; in view with every answer.
 *
 * @returns {{element: HTMLElement, show: (state: object) => void}}
 */
export function meterView() {
  const words = h("p", { text: MUST });
  const dot = h("span.cw-pic-dot");
  const limit = h("span.cw-pic-little");
  const track = h("div.cw-pic-scale", { role: "meter", "aria-label": "Evidence" }, limit, dot);
  return {
    element: h("div.cw-pic-meter", {}, words, track),
    show({ evidence, reference, outputs }) {
      const isKnown = outputs !== null && reference !== null;
      track.classList.toggle("cw-pic-unknown", !isKnown);
      if (!isKnown) {
        track.setAttribute("aria-valuenow", "0");
        track.setAttribute("aria-valuetext", "not known");
        words.textContent = MUST;
        return;
      }
      const { threshold, histogram } = reference;
      const { start, width, garments } = histogram;
      const isLow = evidence < threshold;
      dot.style.left = `${100 * shareOf(evidence, histogram)}%`;
      limit.style.width = `${100 * shareOf(threshold, histogram)}%`;
      track.classList.toggle("cw-pic-low", isLow);
      const end = start + width * garments.length;
      for (const [name, value] of Object.entries({ min: start, max: end, now: evidence })) {
        track.setAttribute(`aria-value${name}`, String(Math.min(end, Math.max(start, value))));
      }
      const side = isLow ? "below" : "above";
      track.setAttribute(
        "aria-valuetext",
        `${number(evidence)}, ${side} the threshold of ${number(threshold)}`.replaceAll(
          "−",
          "minus ",
        ),
      );
      words.textContent = `${MUST} ${isLow ? lowWords(reference) : highWords(reference)}`;
    },
  };
}

function lowWords({ threshold }) {
  return `Evidence: below ${number(threshold)}, too little for a garment.`;
}

/** Of the other things that were measured, name those that pass most easily. */
function highWords({ threshold, detected }) {
  const easiest = detected.reduce((a, b) => (b.share < a.share ? b : a));
  return (
    `Evidence: above ${number(threshold)}, as is that of ${share(1 - easiest.share)} of ` +
    `${easiest.name}.`
  );
}

/** Return where a number of evidence lies on the axis, 0 to 1. */
function shareOf(value, { start, width, garments }) {
  return Math.min(1, Math.max(0, (value - start) / (width * garments.length)));
}

/** The warnings below the answer: what was seen, and what to do. */
export function warningsView() {
  const list = h("ul");
  const element = h(
    "div.cw-warning.cw-pic-warning",
    { hidden: true },
    h("p", { text: "Read this before you believe the answer:" }),
    list,
  );
  let shown = [];
  return {
    element,
    show({ warnings }) {
      element.hidden = warnings.length === 0;
      if (warnings === shown) return;
      shown = warnings;
      list.replaceChildren(...warnings.map(({ text }) => h("li", { text })));
    },
  };
}

/**
 * Where the picture's evidence lies among that of garments and of other things.
 *
 * @returns {{element: HTMLElement, show: (state: object) => void}}
 */
export function doubtView() {
  const plot = h("div.cw-pic-plot", { role: "img" });
  const result = h("p");
  const measured = h("p.cw-note");
  const element = h("div.cw-pic-doubt", {}, result, plot, measured);
  let shown = null;
  let marker = null;
  return {
    element,
    show({ evidence, reference, doubt, outputs }) {
      if (!outputs) return;
      plot.hidden = measured.hidden = !reference;
      if (!reference) {
        const said = doubt || "Comparing…";
        result.textContent = `Evidence of this picture: ${number(evidence)}. ${said}`;
        return;
      }
      if (shown !== reference) {
        marker = histograms(plot, reference);
        shown = reference;
      }
      const { threshold } = reference;
      const isLow = evidence < threshold;
      place(marker, evidence, reference.histogram);
      result.textContent =
        `Evidence of this picture: ${number(evidence)}, ` +
        `${isLow ? "below" : "above"} the warning's threshold of ${number(threshold)}.`;
      plot.setAttribute("aria-label", described(evidence, reference));
      measured.textContent = report(reference);
    },
  };
}

function described(evidence, { threshold }) {
  const text =
    "Two hills over the evidence: pictures of other things on the left, garments to their " +
    `right, overlapping. The warning's threshold is at ${number(threshold)}, this picture at ` +
    `${number(evidence)}.`;
  return text.replaceAll("−", "minus ");
}

function report({ allowed, false_alarms: alarms, garments, detected }) {
  const caught = detected.map(({ name, share: part }) => `${share(part)} of ${name}`);
  return (
    "Evidence is the logarithm of the summed exponentials of the ten logits, the numbers before " +
    "softmax: it is high if at least one class speaks up. The threshold lets " +
    `${share(1 - allowed)} of the validation garments pass. Measured on other pictures, the ` +
    `warning comes wrongly for ${share(alarms)} of ${garments.toLocaleString("en-US")} test ` +
    `garments, and rightly for ${listed(caught)}. So silence is no proof: some things that are ` +
    "no garments pass for one."
  );
}

/** Draw the two histograms; return the marker of the picture. */
function histograms(plot, { threshold, histogram }) {
  const { garments, others } = histogram;
  const highest = Math.max(...garments, ...others);
  const column = (kind, values, n) => {
    const bar = h(`span.cw-pic-${kind}`);
    bar.style.height = `${(100 * values[n]) / highest}%`;
    return bar;
  };
  const bins = garments.map((_, n) =>
    h("span.cw-pic-bin", {}, column("others", others, n), column("garments", garments, n)),
  );
  const limit = h("span.cw-pic-limit", {}, h("span", { text: "← warns" }));
  const marker = h("span.cw-pic-marker", {}, h("span", { text: "this picture" }));
  plot.replaceChildren(
    h(
      "span.cw-pic-key",
      {},
      h("span", {}, h("span.cw-pic-patch.cw-pic-others"), "other things"),
      h("span", {}, h("span.cw-pic-patch.cw-pic-garments"), "garments"),
    ),
    h("span.cw-pic-field", {}, ...bins, limit, marker),
    h("span.cw-pic-axis", { text: "evidence →" }),
  );
  place(limit, threshold, histogram);
  return marker;
}

/** Move a line to its place on the axis; its words stand on the side with more room. */
function place(line, value, histogram) {
  const at = shareOf(value, histogram);
  line.style.left = `${100 * at}%`;
  line.classList.toggle("cw-pic-late", at > 0.5);
}
