/**
 * The reader's way through the network: places, each of which the next one is made of. From any of
 * them it goes back to what made it, or on to what it helps to make.
 */

import {
  byContribution,
  effect,
  explain,
  indexOf,
  isMostlyBias,
  placeOf,
  reachesVotes,
  valueAt,
  windowPlaces,
  windowsOn,
} from "./trace.mjs";

/** @returns {boolean} whether two places are the same */
export function isSame(first, second) {
  return Object.keys(first).every((name) => first[name] === second[name]);
}

/** @returns {boolean} whether the value at `to` is made of the one at `from`, among others */
function feeds(walk, from, to) {
  const stage = walk.stages.get(to.layer);
  if (!stage.sources.includes(from.layer)) return false;
  if (stage.kind === "dense" || stage.kind === "softmax") return true;
  const isPooling = stage.kind.includes("pooling");
  if (isPooling && from.filter !== to.filter) return false;
  if (isPooling || stage.kind === "convolution") {
    const inside = windowPlaces(walk, stage, to);
    return inside.some((one) => one && one.row === from.row && one.column === from.column);
  }
  return indexOf(walk, from) === indexOf(walk, to);
}

/**
 * Go to a place: along the way, or onto a new one that keeps what still belongs to it.
 *
 * @param {object} walk
 * @param {object[]} way places, from the picture's side to the votes
 * @param {object} place
 * @returns {object[]} the way that has the place on it; the same one if it had
 */
export function wayTo(walk, way, place) {
  if (way.some((one) => isSame(one, place))) return way;
  const before = way.findLastIndex((one) => feeds(walk, one, place));
  const after = way.findIndex((one) => feeds(walk, place, one));
  return [...way.slice(0, before + 1), place, ...(after < 0 ? [] : way.slice(after))];
}

/** @returns {boolean} whether there is more behind a value than a bias */
export function hasReasons(walk, outputs, place) {
  if (place.layer === "input") return true;
  const found = explain(walk, outputs, place);
  if (found.from) return hasReasons(walk, outputs, found.from); // a pooling
  return !isMostlyBias(found);
}

/**
 * Suggest where to walk back to: to what adds most to the value, or, where that is below zero, to
 * what takes most away, or, from a vote, to what puts it most ahead of its rival; past values that
 * biases made, since they lead to nothing in the picture.
 *
 * @param {object} walk
 * @param {Map<string, object>} outputs
 * @param {object} found what `explain` says about the value
 * @returns {?object} a place; null if the picture comes next
 */
export function suggestion(walk, outputs, found) {
  if (found.from) return found.from.layer === "input" ? null : found.from;
  const side = found.logits || found.sum >= 0 ? 1 : -1;
  const ordered = byContribution(found.terms.filter(({ from }) => from.layer !== "input"));
  if (!ordered.length) return null;
  const helping = ordered.filter((term) => effect(term) * side > 0);
  const best = helping.find(({ from }) => hasReasons(walk, outputs, from));
  return (best ?? helping[0] ?? ordered[0]).from;
}

/** Return what the value at a place adds to each value of the next layer that takes it. */
function takers(walk, outputs, place, stage) {
  const value = valueAt(walk, outputs, place);
  const units = (row, column, sumOf) =>
    Array.from({ length: stage.filters }, (_, filter) => ({
      place: { layer: stage.name, filter, row, column },
      sum: value * sumOf(filter),
    }));
  const kernel = walk.network.weights.get(`${stage.name}/kernel`)?.data;
  if (stage.kind === "dense") {
    const first = indexOf(walk, place) * stage.filters;
    return units(0, 0, (filter) => kernel[first + filter]);
  }
  if (stage.kind === "convolution") {
    const channels = walk.stages.get(place.layer).filters;
    return windowsOn(walk, stage, place).flatMap(({ row, column, tap }) => {
      const first = (tap * channels + place.filter) * stage.filters;
      return units(row, column, (filter) => kernel[first + filter]);
    });
  }
  if (stage.kind.includes("pooling")) {
    return windowsOn(walk, stage, place).map(({ row, column }) => {
      const to = { layer: stage.name, filter: place.filter, row, column };
      return { place: to, sum: Number(isSame(explain(walk, outputs, to).from, place)) };
    });
  }
  return [{ place: placeOf(walk, stage.name, indexOf(walk, place)), sum: value }];
}

/**
 * Find where a value goes on to: the value of the next layer that it adds most to, among those that
 * are not silent.
 *
 * @param {object} walk
 * @param {Map<string, object>} outputs
 * @param {object} place
 * @returns {?object} a place; null if it is zero, or if no vote depends on it
 */
export function onward(walk, outputs, place) {
  const next = [...walk.stages.values()].find(({ sources }) => sources.includes(place.layer));
  if (!next || valueAt(walk, outputs, place) === 0) return null;
  const all = takers(walk, outputs, place, next).filter((one) => reachesVotes(walk, one.place));
  const heard = all.filter((one) => valueAt(walk, outputs, one.place) !== 0);
  const ordered = (heard.length ? heard : all).sort((a, b) => b.sum - a.sum);
  return ordered[0]?.place ?? null;
}

/**
 * Find the places that lead from one to a layer, on toward the votes or back toward the picture.
 *
 * @param {object} walk
 * @param {Map<string, object>} outputs
 * @param {object} from a place
 * @param {string} layer
 * @returns {object[]} places, the last one in the layer; empty if none leads there
 */
export function routeTo(walk, outputs, from, layer) {
  const back = (place) => suggestion(walk, outputs, explain(walk, outputs, place));
  for (const next of [(place) => onward(walk, outputs, place), back]) {
    const route = [];
    for (let place = next(from); place; place = next(place)) {
      route.push(place);
      if (place.layer === layer) return route;
    }
  }
  return [];
}
