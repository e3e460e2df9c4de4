// A table with blanks to fill in. The engine asks and marks.

import { button, el, showing, trouble } from "./dom.js";
import { headOf, notesOf, scrolling, whatOf } from "./report.js";

const COUNT = 6;
const FEW = 30;
const AROUND = 2;
const LEFT_OUT = "?";

export const quiz = {
  id: "quiz",
  title: "Quiz",
  mount(element, context) {
    const view = new Sheet(context);
    element.append(view.host);
    context.on("result", () => view.renew());
  },
};

class Sheet {
  constructor(context) {
    this.context = context;
    this.host = el("div", {});
    this.seed = 0;
  }

  renew() {
    return showing(this.host, () => this.ask(), (sheet) => this.drawn(sheet));
  }

  ask(answers = []) {
    return this.context.ask("quiz", { seed: this.seed, count: COUNT, answers });
  }

  drawn(sheet) {
    this.fields = sheet.questions.map((question, at) => this.fieldOf(question, at));
    const places = new Map(sheet.questions.map((one, at) => [`${one.row} ${one.blank}`, at]));
    const [{ columns, rows }] = sheet.tables;
    const near = (line) => rows.length <= FEW || sheet.questions.some((one) => Math.abs(one.row - line) <= AROUND);
    const body = rows.map((row, line) => !near(line) ? gap(near(line - 1), columns.length) :
      el("tr", {}, ...columns.map((column, at) => {
        const place = places.get(`${line} ${column.key}`);
        const text = row.cells[column.key]?.text ?? "";
        if (place !== undefined) return el("td", { class: column.align }, `(${place + 1}) `, this.fields[place].input, this.fields[place].sign);
        return at ? el("td", { class: `${column.align} ${column.kind} ${column.key}` }, text) : el("th", { scope: "row" }, text, whatOf(row));
      })),
    );
    const table = el("table", {}, el("thead", {}, el("tr", {}, ...columns.map(headOf))), el("tbody", {}, ...body.filter(Boolean)));
    this.score = el("p", { role: "status" });
    const buttons = el(
      "p",
      { class: "tools" },
      el("button", { class: "main" }, "Check"),
      button("Show the answers", () => this.solve()),
      button("Another sheet", () => { this.seed += 1; this.renew(); }),
    );
    const sheeted = scrolling("Table with blanks", table);
    sheeted.classList.add("sheet");
    const form = el("form", { autocomplete: "off" }, sheeted, buttons, this.score);
    form.onsubmit = (event) => {
      event.preventDefault();
      this.check();
    };
    const how = [...new Set(sheet.questions.map((one) => one.how).filter(Boolean))].join(" ");
    const leftOut = rows.some((row) => columns.some(({ key }) => row.cells[key]?.text === LEFT_OUT));
    const why = leftOut ? ` A ${LEFT_OUT} stands for a figure that would give an answer away.` : "";
    const hints = el("ol", { class: "hints" }, ...this.fields.map(({ told }) => told));
    return [el("h3", {}, sheet.title), el("p", { class: "soft" }, how + why), form, hints, notesOf(sheet.notes) ?? ""];
  }

  fieldOf(question, at) {
    const input = el("input", { size: 12, "aria-label": `(${at + 1}) ${question.layer}: ${question.text}` });
    const worked = el("span", { class: "good" });
    const hints = question.hints.map((hint, level) => el("details", {}, el("summary", {}, level ? "Hint with the numbers" : "Hint"), el("code", {}, hint)));
    return { input, worked, sign: el("span", { class: "sign" }), told: el("li", {}, `${question.layer}: ${question.text} `, worked, ...hints) };
  }

  async check() {
    const { fields, score } = this;
    try {
      const { questions } = await this.ask(fields.map(({ input }) => input.value));
      questions.forEach(({ right, worked }, at) => mark(fields[at], right, worked));
      const count = questions.filter((one) => one.right).length;
      const open = questions.filter((one) => one.right === null).length;
      score.textContent = `${count} of ${questions.length} right${open ? `, ${open} still open` : ""}`;
    } catch (error) {
      score.replaceChildren(trouble(error));
    }
  }

  async solve() {
    const { fields, score } = this;
    try {
      const { answers } = await this.context.ask("solution", { seed: this.seed, count: COUNT });
      answers.forEach(({ text, worked }, at) => {
        fields[at].input.value = text;
        mark(fields[at], null, worked);
      });
      score.textContent = "These are the answers.";
    } catch (error) {
      score.replaceChildren(trouble(error));
    }
  }
}

/** A line in place of rows that have no blank near them. */
const gap = (first, columns) => (first ? el("tr", {}, el("td", { colSpan: columns }, "…")) : null);

function mark({ input, sign, worked }, right, text) {
  input.setAttribute("aria-invalid", String(right === false));
  sign.textContent = right === null ? "" : right ? " ✓ right" : " ✗ wrong";
  sign.className = `sign ${right ? "good" : "bad"}`;
  worked.textContent = text ?? "";
}
