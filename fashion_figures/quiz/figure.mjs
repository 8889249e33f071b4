/**
 * Figure 6, the quizzes: choose, check, read why.
 *
 * The texts of a question come as strings (in a notebook) or as `{ id }` (in a page): the id of
 * an element whose content is copied, so that code, formulas and links stay what they are.
 */

import { frame, h, put, recall, remember, uniqueId } from "../shared/kit.mjs";

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

/** One question: its form, its verdict, its explanations. */
class Question {
  constructor(figure, data, number, answered) {
    this.data = data;
    this.number = number;
    this.answered = answered;
    const name = uniqueId("cw-quiz");
    this.radios = data.choices.map((_, i) => h("input", { type: "radio", name, value: String(i) }));
    this.options = data.choices.map((choice, i) => {
      const text = fill(h("span"), choice, `${LETTERS[i]}. `);
      return h("label.cw-quiz-choice", {}, this.radios[i], text);
    });
    this.reasons = data.why.map((why, i) =>
      h("li", { hidden: true }, fill(h("div"), why, `${LETTERS[i]}. `)),
    );
    this.button = h("button", { type: "submit" });
    this.all = h("button", { type: "button", hidden: true, "aria-expanded": "false" });
    this.verdict = h("p.cw-quiz-verdict", { role: "status" });
    this.list = h("ul.cw-quiz-reasons", { id: uniqueId("cw-quiz") }, ...this.reasons);
    this.all.setAttribute("aria-controls", this.list.id);
    const legend = fill(h("legend"), data.prompt, `${number}. `);
    this.element = h(
      "form.cw-quiz-question",
      { novalidate: true },
      h("fieldset", {}, legend, ...this.options),
      h("div.cw-row", {}, this.button, this.all),
      this.verdict,
      this.list,
    );
    this.listen(figure);
  }

  listen(figure) {
    figure.on(this.element, "submit", (event) => {
      event.preventDefault();
      if (this.answer !== null) return this.again();
      const chosen = this.radios.findIndex((radio) => radio.checked);
      if (chosen < 0) {
        this.verdict.textContent = "Choose an answer first.";
        return;
      }
      this.answered(chosen);
      this.button.focus(); // the radio buttons cannot have it any more
    });
    figure.on(this.all, "click", () =>
      this.explain(this.all.getAttribute("aria-expanded") !== "true"),
    );
    figure.on(this.element, "change", () => {
      this.verdict.textContent = "";
    });
  }

  again() {
    this.answered(null);
    this.radios[0].focus();
  }

  /** Show the explanation of the chosen answer, or of all. */
  explain(every) {
    this.all.setAttribute("aria-expanded", String(every));
    const right = this.answer === this.data.answer;
    const more = right ? "Explain the others" : "Show the right answer, and why";
    this.all.textContent = every ? "Explain only mine" : more;
    for (const [i, reason] of this.reasons.entries()) {
      reason.hidden = this.answer === null || !(every || i === this.answer);
      reason.classList.toggle("cw-quiz-right", i === this.data.answer);
    }
    for (const [i, option] of this.options.entries()) {
      const known = this.answer !== null && (every || right);
      option.classList.toggle("cw-quiz-right", known && i === this.data.answer);
      option.classList.toggle("cw-quiz-wrong", !right && i === this.answer);
    }
  }

  /**
   * Show an answer, or the open question.
   *
   * @param {number | null} answer
   */
  show(answer) {
    if (answer === this.answer) return;
    const before = this.answer;
    this.answer = answer;
    const done = answer !== null;
    const right = answer === this.data.answer;
    for (const [i, radio] of this.radios.entries()) {
      if (done || before !== undefined) radio.checked = i === answer;
      radio.disabled = done;
    }
    this.button.textContent = done ? "Try again" : "Check";
    this.button.classList.toggle("cw-primary", !done);
    this.all.hidden = !done;
    this.element.dataset.result = done ? (right ? "right" : "wrong") : "open";
    this.verdict.textContent = done ? (right ? "✓ Right." : "✗ Not quite.") : "";
    this.explain(false);
  }
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
    const list = h("div.cw-quiz-list");
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
      forms = questions.map(
        (data, i) => new Question(figure, data, i + 1, (choice) => answer(i, choice)),
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
      forms[0]?.radios[0].focus();
    });
    return figure.cleanup;
  },
};
