// Wires the page: documents, the engine, the editor and the views.

import { openEngine } from "./engine.js";
import { createDocuments } from "./documents.js";
import { createEditor } from "./editor/editor.js";
import { createDivider } from "./divider.js";
import { MOD } from "./editor/findings.js";
import { createFiles } from "./files.js";
import { readAddress } from "./links.js";
import * as lessons from "./lessons.js";
import { createNote } from "./note.js";
import { showProblems } from "./problems.js";
import { Stopped, createQueue, saidOf } from "./queue.js";
import { rowAt } from "./rows.js";
import { addressOf, createShare, isUntouched, save } from "./share.js";
import { createStatus } from "./status.js";
import { createTabs } from "./tabs.js";
import { createTheme } from "./theme.js";
import { views } from "./views/index.js";

const PATIENCE = 120;
const SLOW = 400;
const BETWEEN_ADDRESSES = 400;
const byId = (id) => document.getElementById(id);

class Page {
  constructor(asked) {
    this.asked = asked;
    this.state = { look: null, row: null, findings: [], checked: "looking", stale: null, schema: null };
    this.note = createNote(byId("note"));
    this.status = createStatus(() => this.queue.stop(), () => this.outdate(0));
    this.engine = openEngine(document.baseURI, this.status.loading);
    this.queue = createQueue(this.engine, this.status.busy);
    this.editor = createEditor(byId("editor"), () => this.state.schema, {
      edit: () => this.edited(),
      caret: (line) => this.caretAt(line),
      leave: () => this.announce("Tab leaves the editor now."),
    });
    this.documents = createDocuments(byId("files"), this.editor, {
      changed: () => this.renewed(),
      beside: () => this.renewedBeside(),
      compare: () => this.files.show("other"),
    });
    this.tabs = createTabs(views, (on) => this.contextOf(on), () => this.tellShown());
    const report = (text) => this.note.show(text);
    this.files = createFiles({
      ask: (action, payload) => this.queue.ask(action, payload, { urgency: 0, lasting: true }),
      open: (found, where) => this.opened(found, where),
      report,
    });
    createShare(byId("share"), {
      address: () => this.address(),
      command: () => this.state.look?.command ?? `archcalc table ${this.documents.current().name}`,
      spec: () => this.documents.current(),
      local: this.engine.kind === "local",
      report,
    });
    createTheme(byId("theme-button"));
    createDivider(byId("divider"), document.querySelector("main"));
    for (const key of document.querySelectorAll("[data-mod]")) key.textContent = MOD;
    byId("begin-button").onclick = () => this.files.show();
    onSkip("skip-editor", () => this.editor.view.focus());
    onSkip("skip-figures", () => byId("see").focus());
    this.prepareLessons();
  }

  /** Open what the address asks for; what was not asked for is never restored. */
  async begin() {
    this.tabs.show(this.asked.tab);
    const { net, spec, name, settings, other, lesson } = this.asked;
    try {
      if (spec !== undefined) this.documents.open({ text: spec, name, net, settings });
      else if (net) await this.openNetwork(net, settings);
      else await this.openStarter(settings);
    } catch (error) {
      await this.openStarter();
      this.note.show(saidOf(error));
    }
    if (other) this.documents.open(other, "other");
    if (spec !== undefined) this.sayWhereFrom(net, name);
    if (lesson) this.openLessons(lesson);
    try {
      this.state.schema = await this.queue.ask("schema", {}, { urgency: 3, lasting: true });
    } catch (error) {
      this.note.show(`Completion is not available: ${error.message}`);
    }
  }

  /** The template of `archcalc new`. */
  async openStarter(settings) {
    try {
      this.documents.open({ text: await this.files.starter(), name: "my-net.yaml", settings });
    } catch (error) {
      this.note.show(error.message);
    }
  }

  async openNetwork(net, settings = {}) {
    const found = await this.queue.ask("source", { net }, { urgency: 0, lasting: true });
    this.documents.open({ ...found, net, settings: { ...variantOf(found), ...settings } });
  }

  sayWhereFrom(net, name) {
    const afresh = net ? [`Fresh ${net}`, () => this.openNetwork(net)] : ["Begin afresh", () => this.files.show()];
    this.note.show(`${name} comes from the address of this page${net ? `, where ${net} was edited` : ""}.`, afresh);
  }

  /** A document from the dialog, a dropped file or a view. */
  opened(found, where = "this") {
    const before = this.documents.current();
    this.documents.open({ ...found, settings: variantOf(found) }, where);
    const notes = (found.notes ?? []).map((one) => one.text ?? one).join(" ");
    const back = before.text && where === "this" ? [`Back to ${before.name}`, () => this.documents.open(before)] : null;
    this.note.show(`${found.name} was opened. ${notes}`.trim(), back);
    if (where === "other") this.tabs.show("compare");
  }

  edited() {
    this.documents.current().text = this.editor.text();
    this.outdate(PATIENCE);
  }

  /** Another document is shown. */
  renewed() {
    Object.assign(this.state, { look: null, row: null });
    byId("title").textContent = "";
    byId("totals").textContent = "";
    byId("panels").hidden = true;
    this.showFindings([], "looking");
    this.editor.shapes([]);
    this.outdate(0);
  }

  /** The other document was opened or closed; what is shown stays. */
  renewedBeside() {
    if (!this.state.look || this.state.stale) return;
    if (this.tabs.id() === "compare") this.emit("result", this.state.look);
    this.writeAddress();
  }

  outdate(patience) {
    this.queue.renew();
    this.setStale("changed");
    clearTimeout(this.looking);
    this.looking = setTimeout(() => this.showFindings(this.state.findings, "looking"), PATIENCE + SLOW);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.look(), patience);
  }

  asksOf(extra = {}) {
    const { text, name, settings } = this.documents.current();
    return { text, name, settings, ...extra };
  }

  async look() {
    try {
      const look = await this.queue.ask("look", this.asksOf(), { urgency: 0 });
      if (!look.rows.length) return this.broken(look.findings);
      this.fresh(look);
      await this.check(look);
    } catch (error) {
      this.failed(error);
    }
  }

  /**
   * Lint and expectations come after the table. A failure there leaves the table as it is. What was found
   * before stays until then, so that it doesn't flicker, but for an error, which the text has no more.
   */
  async check(look) {
    const { findings: shown, checked } = this.state;
    if (checked === "looking" || shown.some((one) => one.severity === "error")) this.showFindings(look.findings, "looking");
    try {
      const { findings } = await this.queue.ask("check", this.asksOf(), { urgency: 2 });
      this.showFindings(merged(look.findings, findings));
    } catch (error) {
      this.showFindings(look.findings, "unknown");
      if (!(error instanceof Stopped)) this.note.show(error.message);
      else this.note.show(`The check of the spec: ${error.message} Its hints and expected figures are not known.`, ["Check again", () => this.outdate(0)]);
    }
  }

  broken(findings) {
    this.showFindings(findings);
    const first = findings.find((one) => one.severity === "error") ?? findings[0];
    const message = first ? sentence(`Line ${first.from.line}: ${first.message.split("\n")[0]}`) : "The spec has no layers.";
    if (!this.state.look && first?.severity === "hint") this.setStale("blank", message);
    else this.setStale("broken", message);
  }

  failed(error) {
    const stopped = error instanceof Stopped;
    this.showFindings(error.error?.findings ?? [], "unknown");
    this.setStale(stopped ? "stopped" : "broken", error.message);
  }

  fresh(look) {
    const repaired = ["broken", "blank"].includes(this.state.stale);
    look.command = commandOf(look.command, this.documents.current());
    this.state.look = look;
    this.setStale(null);
    this.editor.shapes(look.hints);
    byId("panels").hidden = false;
    byId("title").textContent = look.title;
    byId("totals").textContent = totalsOf(look);
    if (repaired) this.announce(`No errors. ${totalsOf(look)}`);
    const kept = this.state.byRow && look.rows.some((row) => row.path === this.state.row);
    this.emit("result", look);
    if (kept) this.mark(this.state.row, false);
    else this.caretAt(this.editor.line());
  }

  /** Tell the view that is shown, and the lesson if one is open. */
  emit(event, value) {
    this.tabs.emit(event, value);
    this.lesson?.filter(([name]) => name === event).forEach(([, act]) => act(value));
  }

  setStale(why, message) {
    this.state.stale = why;
    this.status.stale(why, message, Boolean(this.state.look));
    for (const panel of this.tabs.panels()) panel.toggleAttribute("data-stale", why !== null);
    byId("state").toggleAttribute("data-stale", why !== null);
    if (why) this.emit("stale", { why });
    if (why !== "changed") this.writeAddress();
  }

  /** `checked`: whether these are all, or it still looks for more, or a run has failed. */
  showFindings(findings, checked = "all") {
    if (checked !== "looking") clearTimeout(this.looking);
    if (findings !== this.state.findings) this.editor.findings(findings);
    Object.assign(this.state, { findings, checked });
    showProblems(byId("findings"), findings, checked, { goTo: this.editor.goTo, act: this.editor.act });
  }

  rowAtCaret() {
    const { look } = this.state;
    return look ? (rowAt(look.rows, this.editor.line(), this.documents.current().text)?.path ?? null) : null;
  }

  caretAt(line) {
    if (this.state.stale) return;
    const now = this.state.look?.rows.find((row) => row.path === this.state.row);
    const path = now?.line === line ? now.path : this.rowAtCaret();
    this.state.byRow = false;
    this.mark(path, false);
  }

  /** A row or box was chosen: the caret's line means no other until the caret moves. */
  choose(path) {
    this.state.byRow = true;
    this.mark(path, true);
  }

  /** Mark a row: its line, the row and its box. */
  mark(path, scroll) {
    this.state.row = path;
    const row = this.state.look?.rows.find((one) => one.path === path);
    this.editor.mark(row?.line ?? null, scroll);
    this.emit("row", path);
  }

  /** What a view has missed while its tab was hidden. */
  tellShown() {
    if (!this.state.look) return;
    this.tabs.emit("result", this.state.look);
    this.tabs.emit("row", this.state.row);
    if (this.state.stale) this.tabs.emit("stale", { why: this.state.stale });
    else this.writeAddress();
  }

  change(settings) {
    this.documents.change(settings);
    this.outdate(PATIENCE);
    this.emit("settings", this.documents.current().settings);
  }

  announce(text) {
    byId("live").textContent = text;
  }

  contextOf(on) {
    const page = this;
    return {
      on,
      ask: (action, extra) => this.queue.ask(action, this.asksOf(extra)),
      choose: (path) => this.choose(path),
      change: (settings) => this.change(settings),
      replaceText: (text, name) => this.opened({ text, name: name ?? this.documents.current().name }),
      announce: (text) => this.announce(text),
      show: (id) => this.tabs.show(id, true),
      compare: () => this.files.show("other"),
      save,
      embedded: this.asked.embed,
      state: {
        get text() { return page.documents.current().text; },
        get name() { return page.documents.current().name; },
        get settings() { return page.documents.current().settings; },
        get other() { return page.documents.other(); },
        get look() { return page.state.look; },
        get row() { return page.state.row; },
        get findings() { return page.state.findings; },
      },
    };
  }

  address() {
    const current = this.documents.current();
    const tab = this.tabs.id() === views[0]?.id ? null : this.tabs.id();
    return addressOf(current, current.settings, this.documents.other(), tab);
  }

  /**
   * The address follows the text, whether it has errors or not, so that a reload gives the same. In an
   * embedded page its link does. Browsers allow few changes of an address in a second.
   */
  writeAddress() {
    clearTimeout(this.writing);
    const wait = Math.max(0, BETWEEN_ADDRESSES - (performance.now() - (this.writtenAt ?? 0)));
    this.writing = setTimeout(async () => {
      this.writtenAt = performance.now();
      const address = await this.address();
      this.written = address;
      if (this.asked.embed) byId("own-page").href = address;
      else history.replaceState(null, "", address);
    }, wait);
  }

  prepareLessons() {
    if (!lessons.openLessons) return;
    const button = byId("lessons-button");
    button.hidden = false;
    button.onclick = () => (byId("lessons").hidden ? this.openLessons() : this.closeLessons());
  }

  openLessons(id) {
    byId("lessons").hidden = false;
    byId("lessons-button").setAttribute("aria-expanded", "true");
    this.lesson = [];
    const on = (event, act) => this.lesson.push([event, act]);
    const context = Object.assign(this.contextOf(on), { close: () => this.closeLessons() });
    lessons.openLessons(byId("lessons"), context, id);
  }

  closeLessons() {
    this.lesson = null;
    byId("lessons").hidden = true;
    byId("lessons").replaceChildren();
    byId("lessons-button").setAttribute("aria-expanded", "false");
    byId("lessons-button").focus();
  }
}

const sentence = (text) => (/[.?!]$/.test(text) ? text : `${text}.`);

/** The command line; a network of the shelf as it is has no file, but a name. */
const commandOf = (command, document) =>
  isUntouched(document) ? command.replace(document.name, document.name.replace(/\.yaml$/, "")) : command;

const variantOf = ({ variant }) => (variant ? { variant } : {});

function merged(first, more) {
  const key = (one) => `${one.code} ${one.from.line}:${one.from.column}`;
  const known = new Set(first.map(key));
  return [...first, ...more.filter((one) => !known.has(key(one)))];
}

function totalsOf({ totals, columns }) {
  const cells = totals[0]?.cells ?? {};
  const told = ["params", "macs"].map((key) => {
    const column = columns.find((one) => one.key === key);
    return column && cells[key] && `${cells[key].text} ${column.title}`;
  });
  return told.filter(Boolean).join(" · ");
}

/** A skip link moves the focus; the fragment of the address is the spec's. */
function onSkip(id, act) {
  byId(id).onclick = (event) => {
    event.preventDefault();
    act();
  };
}

async function start() {
  let asked;
  try {
    asked = await readAddress(location.href);
  } catch (error) {
    asked = { settings: {}, embed: false, trouble: error.message };
  }
  if (asked.embed) await clicked(asked);
  const page = new Page(asked);
  await page.begin();
  if (asked.trouble) page.note.show(asked.trouble);
  addEventListener("hashchange", () => location.hash.includes("spec=") && location.href !== page.written && location.reload());
}

/** An embedded page waits for a click before it loads the engine. */
function clicked(asked) {
  document.documentElement.classList.add("embedded");
  const own = byId("own-page");
  const address = new URL(location.href);
  address.searchParams.delete("embed");
  own.href = address.href;
  own.hidden = false;
  const cover = byId("cover");
  cover.hidden = false;
  cover.querySelector("h2").textContent = asked.name ?? asked.net ?? "archcalc playground";
  document.documentElement.classList.add("waiting");
  return new Promise((resolve) => {
    cover.querySelector("button").onclick = () => {
      cover.hidden = true;
      document.documentElement.classList.remove("waiting");
      resolve();
    };
  });
}

start();
