/**
 * The quizzes: choose, check, read why.
 *
 * The texts of a question come as strings (in a notebook) or as `{ id }` (in a page): the id of
 * an element whose content is copied, so that code, formulas and links stay what they are.
 */

import { frame, h, uniqueId } from "../shared/kit.mjs";
import { put, recall, remember } from "../shared/state.mjs";

const LETTERS = "ABCDEFGH";

/**
 * Copy what a text consists of into an element.
 *
 * @param {HTMLElement} element
 * @param {string | {id: string}} source
 * @param {string} prefix what a plain text begins with; copied ones bring their own
 * @returns {HTMLElement} the element
 */
function fill(element, source, prefix) {
  if (typeof source === "string") {
    element.textContent = prefix + source;
    return element;
  }
  let original = document.getElementById(source.id);
  if (!original) throw new Error(`the text ${source.id} is missing from the page`);
  const only = original.children.length === 1 ? original.firstElementChild : null;
  if (only?.tagName === "P") original = only; // a list item with one paragraph
  for (const node of original.childNodes) element.append(node.cloneNode(true));
  for (const copy of element.querySelectorAll("[id]")) copy.removeAttribute("id");
  return element;
}

/**
 * One question: its form, its verdict, its explanations.
 *
 * @param {object} figure what `frame` returned
 * @param {{prompt: object, choices: object[], why: object[], answer: number}} data
 * @param {number} number
 * @param {(answer: number | null) => void} answered called with the choice, or null: try again
 * @returns {{element: HTMLElement, show: (answer: number | null) => void, focus: () => void}}
 */
function questionForm(figure, data, number, answered) {
  const name = uniqueId("cw-quiz");
  const radios = data.choices.map((_, i) => h("input", { type: "radio", name, value: String(i) }));
  const options = data.choices.map((choice, i) => {
    const text = fill(h("span"), choice, `${LETTERS[i]}. `);
    return h("label.cw-quiz-choice", {}, radios[i], text);
  });
  const reasons = data.why.map((why, i) =>
    h("li", { hidden: true }, fill(h("div"), why, `${LETTERS[i]}. `)),
  );
  const button = h("button", { type: "submit" });
  const list = h("ul.cw-quiz-reasons", { id: uniqueId("cw-quiz") }, ...reasons);
  const all = h("button", {
    type: "button",
    hidden: true,
    "aria-expanded": "false",
    "aria-controls": list.id,
  });
  const verdict = h("p.cw-quiz-verdict", { role: "status" });
  const legend = fill(h("legend"), data.prompt, `${number}. `);
  const element = h(
    "form.cw-quiz-question",
    { novalidate: true },
    h("fieldset", {}, legend, ...options),
    h("div.cw-row", {}, button, all),
    verdict,
    list,
  );
  let answer; // undefined until an answer, or null, is shown

  /** Show the explanation of the chosen answer, or of all. */
  const explain = (every) => {
    all.setAttribute("aria-expanded", String(every));
    const right = answer === data.answer;
    const more = right ? "Explain the others" : "Show the right answer, and why";
    all.textContent = every ? "Explain only mine" : more;
    for (const [i, reason] of reasons.entries()) {
      reason.hidden = answer === null || !(every || i === answer);
      reason.classList.toggle("cw-quiz-right", i === data.answer);
    }
    for (const [i, option] of options.entries()) {
      const known = answer !== null && (every || right);
      option.classList.toggle("cw-quiz-right", known && i === data.answer);
      option.classList.toggle("cw-quiz-wrong", !right && i === answer);
    }
  };

  /** Show an answer, or the open question. */
  const show = (next) => {
    if (next === answer) return;
    const before = answer;
    answer = next;
    const done = answer !== null;
    const right = answer === data.answer;
    for (const [i, radio] of radios.entries()) {
      if (done || before !== undefined) radio.checked = i === answer;
      radio.disabled = done;
    }
    button.textContent = done ? "Try again" : "Check";
    button.classList.toggle("cw-primary", !done);
    all.hidden = !done;
    element.dataset.result = done ? (right ? "right" : "wrong") : "open";
    verdict.textContent = done ? (right ? "✓ Right." : "✗ Not quite.") : "";
    explain(false);
  };

  const focus = () => radios[0].focus();
  figure.on(element, "submit", (event) => {
    event.preventDefault();
    const chosen = radios.findIndex((radio) => radio.checked);
    if (answer !== null) {
      answered(null);
      focus();
    } else if (chosen < 0) {
      verdict.textContent = "Choose an answer first.";
    } else {
      answered(chosen);
      button.focus(); // the radio buttons cannot have it any more
    }
  });
  figure.on(all, "click", () => explain(all.getAttribute("aria-expanded") !== "true"));
  figure.on(element, "change", () => {
    verdict.textContent = "";
  });
  return { element, show, focus };
}

/**
 * Read what the device has kept of a quiz.
 *
 * @param {string} key
 * @param {object[]} questions
 * @returns {(number | null)[] | null} null if there is nothing; answers to questions that have
 *   changed since are dropped
 */
function keptAnswers(key, questions) {
  const kept = recall(`quiz:${key}`)?.answers;
  if (kept === null || typeof kept !== "object") return null;
  return questions.map(({ id, choices }, i) => {
    const answer = kept[id ?? i];
    return Number.isInteger(answer) && answer >= 0 && answer < choices.length ? answer : null;
  });
}

function keepAnswers(key, questions, answers) {
  const given = answers.flatMap((answer, i) =>
    answer === null ? [] : [[questions[i].id ?? i, answer]],
  );
  const right = answers.filter((answer, i) => answer === questions[i].answer).length;
  const record = { total: questions.length, right, answers: Object.fromEntries(given) };
  remember(`quiz:${key}`, given.length ? record : undefined);
}

export default {
  render({ model, el }) {
    const figure = frame(el, model, "cw-quiz");
    const progress = h("p.cw-quiz-progress");
    const list = h("div");
    const clear = h("button", { type: "button", text: "Clear my answers to this quiz" });
    figure.body.append(progress, list, clear);
    const stays = model.get("key") ? " Your answers stay on this device." : "";
    let questions = [];
    let forms = [];

    const answers = () => questions.map((_, i) => model.get("answers")?.[i] ?? null);
    const answer = (place, choice) => {
      const next = answers();
      next[place] = choice;
      put(model, { answers: next });
      const right = next.filter((one, i) => one === questions[i].answer).length;
      if (next.every((one) => one !== null)) {
        figure.say(`All answered: ${right} of ${questions.length} right.`);
      }
    };
    const show = () => {
      const given = answers();
      const count = given.filter((one) => one !== null).length;
      const right = given.filter((one, i) => one === questions[i].answer).length;
      for (const [i, form] of forms.entries()) form.show(given[i]);
      progress.textContent = count
        ? `${count} of ${questions.length} answered, ${right} right.`
        : `${questions.length} questions. Choose, check, and read why.${stays}`;
      clear.hidden = count === 0;
      figure.root.dataset.answered = count;
      figure.root.dataset.right = right;
      if (model.get("key")) keepAnswers(model.get("key"), questions, given);
    };
    figure.watch("questions", (value) => {
      questions = value;
      forms = questions.map((data, i) =>
        questionForm(figure, data, i + 1, (choice) => answer(i, choice)),
      );
      list.replaceChildren(...forms.map((form) => form.element));
      if (forms.length === 0) list.append(h("p", { text: "There are no questions here." }));
      const kept = model.get("key") && keptAnswers(model.get("key"), questions);
      if (kept) put(model, { answers: kept });
      else show();
    });
    figure.watch("answers", show);
    figure.on(clear, "click", () => {
      put(model, { answers: questions.map(() => null) });
      figure.say("Your answers are cleared.");
      forms[0]?.focus();
    });
    return figure.cleanup;
  },
};
