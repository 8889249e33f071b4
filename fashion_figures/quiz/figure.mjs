/**
 * The quizzes: choose, check, read why; after a wrong choice, choose again.
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
 * @param {(choice: number) => void} answered called with what was chosen and checked
 * @returns {{element: HTMLElement, show: (tried: number[]) => void, focus: () => void}}
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
  const button = h("button.cw-primary", { type: "submit", text: "Check" });
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
  let tried; // the choices so far; undefined until they are shown

  /** Show the explanations of the choices that were tried, or of all. */
  const explain = (every) => {
    const right = tried.includes(data.answer);
    all.setAttribute("aria-expanded", String(every));
    const more = right ? "Explain the others" : "Show the right answer, and why";
    all.textContent = every ? "Explain only mine" : more;
    for (const [i, reason] of reasons.entries()) {
      reason.hidden = tried.length === 0 || !(every || tried.includes(i));
      reason.classList.toggle("cw-quiz-right", i === data.answer);
    }
    for (const [i, option] of options.entries()) {
      const isRight = i === data.answer;
      option.classList.toggle("cw-quiz-right", isRight && (right || (every && tried.length > 0)));
      option.classList.toggle("cw-quiz-wrong", !isRight && tried.includes(i));
    }
  };

  /** Show what was tried, or the open question. */
  const show = (next) => {
    if (String(next) === String(tried) && tried) return;
    const cleared = tried !== undefined && next.length === 0;
    tried = next;
    const right = tried.includes(data.answer);
    for (const [i, radio] of radios.entries()) {
      if (tried.length > 0 || cleared) radio.checked = right && i === data.answer;
      radio.disabled = right || tried.includes(i);
    }
    button.hidden = right;
    all.hidden = tried.length === 0;
    element.dataset.result = tried.length ? (right ? "right" : "wrong") : "open";
    const tries = tried.length > 1 ? ` At try ${tried.length}.` : "";
    const words = { right: `✓ Right.${tries}`, wrong: "✗ Not quite. Choose again.", open: "" };
    verdict.textContent = words[element.dataset.result];
    explain(false);
  };

  const focus = () => radios[0].focus();
  figure.on(element, "submit", (event) => {
    event.preventDefault();
    const chosen = radios.findIndex((radio) => radio.checked && !radio.disabled);
    if (tried.includes(data.answer)) return;
    if (chosen < 0) {
      verdict.textContent = tried.length
        ? "Choose another answer first."
        : "Choose an answer first.";
      return;
    }
    answered(chosen);
    (button.hidden ? all : button).focus(); // the radio button cannot have it any more
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
 * @returns {number[][] | null} null if there is nothing; answers to questions that have changed
 *   since are dropped
 */
function keptAnswers(key, questions) {
  const kept = recall(`quiz:${key}`)?.answers;
  if (kept === null || typeof kept !== "object") return null;
  return questions.map(({ id, choices }, i) => {
    const valid = (choice) => Number.isInteger(choice) && choice >= 0 && choice < choices.length;
    return [...new Set([kept[id ?? i]].flat())].filter(valid);
  });
}

/** Count what the first tries say: later ones know what is wrong. */
function countFirst(questions, answers) {
  const given = answers.filter((tried) => tried.length > 0).length;
  const right = answers.filter((tried, i) => tried[0] === questions[i].answer).length;
  return { given, right };
}

function keepAnswers(key, questions, answers) {
  const given = answers.flatMap((tried, i) =>
    tried.length ? [[questions[i].id ?? i, tried]] : [],
  );
  const { right } = countFirst(questions, answers);
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

    const answers = () => questions.map((_, i) => model.get("answers")?.[i] ?? []);
    const answer = (place, choice) => {
      const before = countFirst(questions, answers()).given;
      const next = answers().map((tried, i) => (i === place ? [...tried, choice] : tried));
      put(model, { answers: next });
      const { given, right } = countFirst(questions, next);
      if (given === questions.length && before < given) {
        figure.say(`All answered: ${right} of ${given} right at the first try.`);
      }
    };
    const show = () => {
      const { given, right } = countFirst(questions, answers());
      for (const [i, form] of forms.entries()) form.show(answers()[i]);
      progress.textContent = given
        ? `${given} of ${questions.length} answered, ${right} right at the first try.`
        : `${questions.length} questions. Choose, check, and read why.${stays}`;
      clear.hidden = given === 0;
      figure.root.dataset.answered = given;
      figure.root.dataset.right = right;
      if (model.get("key")) keepAnswers(model.get("key"), questions, answers());
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
      put(model, { answers: questions.map(() => []) });
      figure.say("Your answers are cleared.");
      forms[0]?.focus();
    });
    return figure.cleanup;
  },
};
