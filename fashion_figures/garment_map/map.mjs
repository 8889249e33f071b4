/** The map itself: five thousand marks on a canvas, by pointer, by touch and by keys. */

import { h, onResize, prefersStillness, uniqueId } from "../shared/kit.mjs";
import { paint } from "../shared/paint.mjs";
import { CLASS_NAMES } from "../shared/classes.mjs";
import { PROJECTIONS, inside, toward, under } from "./cloud.mjs";
import { markPicture } from "./marks.mjs";

const MARGIN = 16; // pixels around the marks
const REACH = { mouse: 14, touch: 24, pen: 18 }; // pixels from a pointer to what it means
const [STEP, LEAP] = [4, 70]; // pixels that an arrow key moves at least, alone and with Shift
const MOVE = 900; // milliseconds from one projection to the other
const PICTURE = 84; // pixels of the picture at the pointer
const ARROWS = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** Return both planes in pixels of a canvas, each as large as it fits, y downward. */
function layOut(planes, width, height) {
  const laid = {};
  for (const name of PROJECTIONS) {
    const { x, y } = planes[name];
    const [right, top] = [Math.max(...x), Math.max(...y)];
    const scale = Math.min((width / 2 - MARGIN) / right, (height / 2 - MARGIN) / top);
    laid[name] = {
      x: x.map((value) => width / 2 + scale * value),
      y: y.map((value) => height / 2 - scale * value),
    };
  }
  return laid;
}

function median(values) {
  const sorted = Float32Array.from(values).sort();
  return sorted[Math.floor(sorted.length / 2)];
}

/** Return a place for the name of each class: at its median, and away from other names. */
function placeNames(label, { x, y }, widths, [width, height]) {
  const tags = CLASS_NAMES.map((_, k) => {
    const of = (values) => median(values.filter((__, n) => label[n] === k));
    return { x: of(x), y: of(y), half: widths[k] / 2 + 4 };
  });
  const tall = 19;
  for (let round = 0; round < 60; round += 1) {
    for (const [i, a] of tags.entries()) {
      for (const b of tags.slice(i + 1)) {
        const over = tall - Math.abs(a.y - b.y);
        if (over <= 0 || Math.abs(a.x - b.x) >= a.half + b.half) continue;
        const push = a.y <= b.y ? over / 2 : -over / 2;
        [a.y, b.y] = [a.y - push, b.y + push];
      }
    }
    for (const tag of tags) {
      tag.x = Math.min(Math.max(tag.x, tag.half + 1), width - tag.half - 1);
      tag.y = Math.min(Math.max(tag.y, tall / 2 + 1), height - tall / 2 - 1);
    }
  }
  return tags;
}

const between = (from, to, part) => from + (to - from) * part;

/**
 * @param {object} figure what `frame` returned
 * @param {object} cloud what `readMap` returned
 * @param {object} sheet what `readSheet` returned
 * @param {{choose: (n: number) => void, select: (all: number[]) => void,
 *   grow: (steps: number) => void, clear: () => void}} actions
 * @returns {{element: HTMLElement, show: (state: object) => void, setLasso: Function}}
 */
export function mapView(figure, cloud, sheet, { choose, select, grow, clear }) {
  const keys = h("p.cw-visually-hidden", {
    id: uniqueId("cw-gm"),
    text:
      "Arrow keys go to the next garment in their direction, with Shift farther away. Plus and " +
      "minus select more or fewer of the nearest garments. Escape ends the selection.",
  });
  const canvas = h("canvas.cw-gm-canvas", {
    role: "application",
    "aria-roledescription": "map",
    "aria-describedby": keys.id,
    tabindex: "0",
  });
  const element = h("div.cw-gm-map", {}, canvas, keys);
  const context = canvas.getContext("2d");
  const picture = document.createElement("canvas");
  let state = null;
  let size = [0, 0];
  let laid = null; // both planes in pixels
  let names = null; // where the names of the classes stand, in both
  let now = null; // where the marks are at this moment
  let motion = null; // from where they move, and since when
  let marks = { key: "" };
  let hovered = null;
  let press = null; // a pointer that is down, with its line
  let lasso = false; // a finger draws instead of scrolling
  let asked = 0;

  const admits = (n) => state.shown[cloud.label[n]];
  const ask = () => {
    if (!asked && laid && state) asked = requestAnimationFrame(draw);
  };
  figure.dispose(() => cancelAnimationFrame(asked));

  /** Make the ten marks again when the screen or the colors are others. */
  const makeMarks = (ink, ratio) => {
    const key = `${ink} ${ratio}`;
    if (marks.key === key) return;
    const make = (half, line) =>
      cloud.colors.map((fill, label) =>
        markPicture(label, { size: half, fill, edge: ink, line }, ratio),
      );
    const half = size[0] < 420 ? 2.9 : 3.6;
    marks = { key, small: make(half, 0.5), large: make(half + 0.8, 1.1) };
  };

  /** Return where everything is: at rest, or on its way. */
  const advance = (time) => {
    if (!motion) return names[state.projection];
    motion.since ??= time;
    const share = Math.min(1, (time - motion.since) / MOVE);
    const part = share < 0.5 ? 4 * share ** 3 : 1 - (2 - 2 * share) ** 3 / 2;
    const to = laid[state.projection];
    for (const axis of ["x", "y"]) {
      now[axis] = to[axis].map((value, n) => between(motion.from[axis][n], value, part));
    }
    const tags = names[state.projection].map((tag, k) => ({
      ...tag,
      x: between(motion.names[k].x, tag.x, part),
      y: between(motion.names[k].y, tag.y, part),
    }));
    if (share === 1) {
      motion = null;
      now = to;
    } else {
      motion.last = tags;
      ask();
    }
    return tags;
  };

  const drawMarks = (ratio) => {
    const { selected } = state;
    const put = (pictures, n) => {
      const mark = pictures[cloud.label[n]];
      const edge = mark.width / ratio;
      context.drawImage(mark, now.x[n] - edge / 2, now.y[n] - edge / 2, edge, edge);
    };
    context.globalAlpha = selected.size ? 0.15 : 0.85;
    for (let n = 0; n < cloud.count; n += 1) {
      if (admits(n) && !selected.has(n)) put(marks.small, n);
    }
    context.globalAlpha = 1;
    for (const n of selected) if (admits(n)) put(marks.large, n);
  };

  const drawNames = (tags, { paper, ink, font }) => {
    context.font = font;
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (const [k, { x, y, half }] of tags.entries()) {
      if (!state.shown[k]) continue;
      context.globalAlpha = 0.86;
      context.fillStyle = paper;
      context.beginPath();
      context.roundRect(x - half, y - 9, 2 * half, 18, 4);
      context.fill();
      context.globalAlpha = 1;
      context.strokeStyle = cloud.colors[k];
      context.lineWidth = 1.5;
      context.stroke();
      context.fillStyle = ink;
      context.fillText(CLASS_NAMES[k], x, y + 0.5);
    }
  };

  const ring = (n, radius, color, paper) => {
    for (const [line, style] of [
      [5, paper],
      [2.5, color],
    ]) {
      context.beginPath();
      context.arc(now.x[n], now.y[n], radius, 0, 2 * Math.PI);
      context.lineWidth = line;
      context.strokeStyle = style;
      context.stroke();
    }
  };

  /** The line that is being drawn, or the circle around the nearest. */
  const drawSelection = ({ mark }) => {
    context.strokeStyle = mark;
    context.lineWidth = 2;
    context.setLineDash([6, 4]);
    context.beginPath();
    if (press?.draws) for (const [x, y] of press.line) context.lineTo(x, y);
    else if (state.circle && !motion) {
      const [center, far] = state.circle;
      const radius = Math.hypot(now.x[far] - now.x[center], now.y[far] - now.y[center]) + 5;
      context.arc(now.x[center], now.y[center], radius, 0, 2 * Math.PI);
    }
    context.stroke();
    context.setLineDash([]);
  };

  /** The picture of the garment at the pointer, beside it. */
  const drawPicture = ({ paper, ink, font }) => {
    paint(picture, sheet.of(hovered), 28, 28);
    const [x, y] = [now.x[hovered], now.y[hovered]];
    const words = `${CLASS_NAMES[cloud.label[hovered]]}, ${cloud.index[hovered]}`;
    context.font = font;
    const wide = Math.max(PICTURE, context.measureText(words).width) + 12;
    const tall = PICTURE + 28;
    const left = x + 14 + wide < size[0] ? x + 14 : x - 14 - wide;
    const top = Math.min(Math.max(y - tall / 2, 2), size[1] - tall - 2);
    context.fillStyle = paper;
    context.strokeStyle = ink;
    context.lineWidth = 1;
    context.beginPath();
    context.roundRect(left, top, wide, tall, 6);
    context.fill();
    context.stroke();
    context.imageSmoothingEnabled = false;
    context.drawImage(picture, left + (wide - PICTURE) / 2, top + 6, PICTURE, PICTURE);
    context.fillStyle = ink;
    context.fillText(words, left + wide / 2, top + PICTURE + 17);
  };

  function draw(time) {
    asked = 0;
    const ratio = Math.min(devicePixelRatio || 1, 2); // more is slow, and not seen
    const [width, height] = size.map((edge) => Math.round(edge * ratio));
    if (canvas.width !== width || canvas.height !== height) {
      [canvas.width, canvas.height] = [width, height];
    }
    const style = getComputedStyle(canvas);
    const color = (name) => style.getPropertyValue(`--course-${name}`).trim();
    const look = {
      ink: color("ink"),
      paper: color("paper"),
      mark: color("mark"),
      font: `600 12px ${style.fontFamily}`,
    };
    makeMarks(look.ink, ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, ...size);
    const tags = advance(time);
    drawMarks(ratio);
    drawSelection(look);
    if (state.chosen !== null && admits(state.chosen)) {
      ring(state.chosen, 8, look.mark, look.paper);
    }
    if (!press?.draws) drawNames(tags, look);
    if (hovered !== null && !press?.draws && !motion) {
      ring(hovered, 7, look.ink, look.paper);
      drawPicture(look);
    }
    figure.root.dataset.moving = String(motion !== null);
  }

  onResize(figure, element, () => {
    const { clientWidth: width, clientHeight: height } = element;
    if (!width || (width === size[0] && height === size[1])) return;
    size = [width, height];
    marks.key = "";
    motion = null;
    laid = layOut(cloud.planes, width, height);
    context.font = `600 12px ${getComputedStyle(canvas).fontFamily}`;
    const widths = CLASS_NAMES.map((name) => context.measureText(name).width);
    names = {};
    for (const name of PROJECTIONS) {
      names[name] = placeNames(cloud.label, laid[name], widths, size);
    }
    if (state) now = laid[state.projection];
    ask();
  });
  // A page or a notebook turns dark by an attribute: the colors are read again.
  const theme = new MutationObserver(ask);
  for (const watched of [document.documentElement, document.body]) {
    theme.observe(watched, { attributes: true });
  }
  figure.dispose(() => theme.disconnect());

  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  figure.on(canvas, "pointerdown", (event) => {
    if (event.button !== 0 || motion) return;
    const draws = event.pointerType !== "touch" || lasso;
    press = { line: [place(event)], draws: false, may: draws };
    hovered = null;
    if (draws) canvas.setPointerCapture(event.pointerId);
  });
  figure.on(canvas, "pointermove", (event) => {
    const [x, y] = place(event);
    if (press) {
      const [lastX, lastY] = press.line.at(-1);
      if (!press.may || Math.hypot(x - lastX, y - lastY) < 4) return;
      press.line.push([x, y]);
      press.draws ||= press.line.length > 2;
      ask();
    } else if (event.pointerType !== "touch" && now && !motion) {
      const before = hovered;
      hovered = under(now, x, y, admits, REACH.mouse);
      if (hovered !== before) ask();
    }
  });
  figure.on(canvas, "pointerup", (event) => {
    if (!press) return;
    const { draws, line } = press;
    press = null;
    ask();
    if (draws) return void select(inside(now, line, admits));
    const found = under(now, ...place(event), admits, REACH[event.pointerType] ?? REACH.mouse);
    if (found !== null) choose(found);
  });
  figure.on(canvas, "pointercancel", () => {
    press = null;
    ask();
  });
  figure.on(canvas, "pointerleave", () => {
    hovered = null;
    ask();
  });
  figure.on(canvas, "keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || !laid) return;
    const steps = { "+": 1, "=": 1, "-": -1 }[event.key];
    const direction = ARROWS[event.key];
    if (!direction && !steps && event.key !== "Escape") return;
    event.preventDefault();
    if (steps) return void grow(steps);
    if (!direction) return void clear();
    const places = laid[state.projection];
    const { chosen } = state;
    if (chosen === null || !admits(chosen)) {
      const found = under(places, size[0] / 2, size[1] / 2, admits, Number.POSITIVE_INFINITY);
      if (found !== null) choose(found);
      return;
    }
    const found = toward(places, chosen, direction, admits, event.shiftKey ? LEAP : STEP);
    if (found !== null) choose(found);
  });

  return {
    element,
    /** Let a finger draw a line instead of scrolling the page. */
    setLasso(on) {
      lasso = on;
      canvas.classList.toggle("cw-gm-drawing", on);
    },
    show(next) {
      const turned = state && laid && state.projection !== next.projection;
      const from = now;
      const fromNames = motion?.last ?? (state && names?.[state.projection]);
      state = next;
      canvas.setAttribute(
        "aria-label",
        `Map of ${cloud.count.toLocaleString("en-US")} garments by their ${next.projection}`,
      );
      if (hovered !== null && !admits(hovered)) hovered = null;
      if (laid && (turned || !now)) {
        const still = !turned || prefersStillness();
        motion = still ? null : { from, names: fromNames };
        now = still ? laid[next.projection] : { ...from };
      }
      figure.root.dataset.moving = String(motion !== null);
      ask();
    },
  };
}
