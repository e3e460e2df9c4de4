// The lessons: a spec with blanks, a question, a check by the engine, a hint.
// What is done is known until the page is left, and no longer.

import { button, el, trouble, withCode } from "./views/dom.js";

const done = new Set();
let known = null;

/** Show the lessons in an element, at the one that is named or at the first that is not done. */
export async function openLessons(element, context, id) {
  const open = () => new Lessons(element, context).open(known.find((one) => one.id === id) ?? known.find((one) => !done.has(one.id)) ?? known[0]);
  if (known) return open();
  const load = async () => {
    try {
      known = await context.ask("lessons");
      open();
    } catch (error) {
      element.replaceChildren(trouble(error));
    }
  };
  element.replaceChildren(el("p", { class: "soft" }, "Loading the lessons…"));
  context.on("result", () => known ?? load()); // an edit drops what was asked before it
  return load();
}

class Lessons {
  constructor(element, context) {
    Object.assign(this, { element, context });
    this.list = el("ol", { class: "lesson-list" });
    this.body = el("div", { class: "lesson" });
    const close = button("×", () => context.close(), { class: "plain", "aria-label": "Close the lessons" });
    element.replaceChildren(el("section", { class: "lessons", "aria-label": "Lessons" }, el("div", { class: "lesson-head" }, this.list, close), this.body));
    context.on("result", () => this.check());
    context.on("stale", ({ why }) => ["blank", "broken"].includes(why) && this.check());
  }

  open(lesson) {
    this.lesson = lesson;
    this.told = el("div", { role: "status", class: "verdict" });
    this.hint = el("details", {}, el("summary", {}, "Hint: the formula"));
    this.next = button("Next lesson", () => this.open(this.after()), { class: "main", hidden: true });
    const text = lesson.text.map((one) => el("p", {}, ...withCode(one)));
    const tools = el("p", { class: "tools" }, this.next, button("Begin this lesson again", () => this.begin()));
    this.heading = el("h3", { tabIndex: -1 }, `${this.number(lesson)}. ${lesson.title}`);
    this.body.replaceChildren(this.heading, ...text, el("p", { class: "question" }, lesson.question), this.told, this.hint, tools);
    this.draw();
    this.begin();
    this.heading.focus();
  }

  number = (lesson) => known.indexOf(lesson) + 1;

  after = () => known[this.number(this.lesson)] ?? known[0];

  begin() {
    this.solved = false;
    this.context.replaceText(this.lesson.spec, `${this.lesson.id}.yaml`);
  }

  draw() {
    this.list.replaceChildren(
      ...known.map((one) => {
        const now = one === this.lesson;
        const name = `${this.number(one)}. ${one.title}`;
        const props = { class: "link", title: one.title, "aria-label": done.has(one.id) ? `${name}, done` : name, "aria-current": now ? "step" : null };
        return el("li", {}, button(done.has(one.id) ? `${this.number(one)} ✓` : `${this.number(one)}`, () => this.open(one), props));
      }),
    );
  }

  /** Let the engine judge the text; another spec than the lesson's is left alone. */
  async check() {
    const { lesson } = this;
    if (this.context.state.name !== `${lesson.id}.yaml`) {
      this.told.replaceChildren(el("p", { class: "soft" }, "Another spec is open. Begin the lesson again to go on with it."));
      return;
    }
    try {
      const found = await this.context.ask("lesson", { id: lesson.id });
      if (lesson === this.lesson) this.judged(found);
    } catch (error) {
      this.told.replaceChildren(trouble(error));
    }
  }

  judged({ done: right, message, details, hint }) {
    this.told.className = `verdict ${right ? "right" : "open"}`;
    this.told.replaceChildren(el("p", {}, el("b", {}, message)), ...details.map((one) => el("p", {}, ...withCode(one))));
    this.hint.replaceChildren(this.hint.firstChild, ...hint.map((line) => el("p", {}, el("code", {}, line))));
    this.next.hidden = !right || this.number(this.lesson) === known.length;
    if (!right) return;
    done.add(this.lesson.id);
    this.draw();
  }
}
