// The editor of specs: CodeMirror in a shadow root, where its styles are constructed style sheets,
// which a strict content security policy allows.

import { defaultKeymap, history, historyKeymap, indentLess, indentMore } from "@codemirror/commands";
import { bracketMatching, codeFolding, foldGutter, foldKeymap, indentOnInput, indentUnit } from "@codemirror/language";
import { search, searchKeymap } from "@codemirror/search";
import { Annotation, EditorState } from "@codemirror/state";
import { EditorView, drawSelection, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers, tooltips } from "@codemirror/view";
import { beside, markLine, showShapes } from "./beside.js";
import { completion } from "./complete.js";
import { applyFix, findings, offsetOf, showFindings } from "./findings.js";
import { hover } from "./hover.js";
import { looks } from "./looks.js";
import { yaml } from "./yaml.js";

const silent = Annotation.define();
// What stands on the buttons of the search.
const PHRASES = {
  next: "Next",
  previous: "Previous",
  all: "Select all",
  replace: "Replace",
  "replace all": "Replace all",
  "match case": "Match case",
  "by word": "Whole words",
  regexp: "Regular expression",
  close: "Close the search",
};

/**
 * An editor in `host`. `on.edit(text)` is called after each change by a person, `on.caret(line)` when
 * the caret goes to another line, `on.leave()` when Escape has made Tab leave the editor.
 */
export function createEditor(host, schema, on) {
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  let view = null;
  const act = (fix) => applyFix(view, fix);
  const extensions = [
    lineNumbers(),
    findings(act),
    foldGutter({ openText: "▾", closedText: "▸" }),
    codeFolding(),
    history(),
    drawSelection(),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    indentOnInput(),
    indentUnit.of("  "),
    bracketMatching(),
    yaml(),
    search({ top: true, scrollToMatch: (range) => EditorView.scrollIntoView(range, { y: "center" }) }),
    EditorState.phrases.of(PHRASES),
    completion(schema),
    hover(schema, act),
    beside,
    looks,
    tooltips({ position: "fixed" }),
    keymap.of([...ownKeys(on), ...searchKeymap, ...historyKeymap, ...foldKeymap, ...defaultKeymap]),
    EditorView.lineWrapping,
    EditorView.contentAttributes.of({ "aria-label": "Spec, in YAML. Escape, then Tab, leaves the editor.", tabindex: "0", spellcheck: "false", autocapitalize: "off" }),
    EditorView.updateListener.of((update) => tell(update, on)),
    EditorView.domEventHandlers({
      focus: (_, current) => void current.setTabFocusMode(false),
      beforeinput: (event, current) => typedOver(event, current),
    }),
  ];
  const begin = (text) => EditorState.create({ doc: text, extensions });
  view = new EditorView({ state: begin(""), root, parent: root });
  keepCaret(view, host);
  return surface(view, begin, act);
}

/** A finding that appears below makes the editor lower: the line that one types in stays in sight. */
function keepCaret(view, host) {
  let height = 0;
  const lower = () => {
    const before = height;
    height = host.clientHeight;
    if (height >= before || !view.hasFocus) return;
    const { head } = view.state.selection.main;
    const below = (view.coordsAtPos(head)?.bottom ?? 0) - host.getBoundingClientRect().top;
    if (below > height && below <= before) view.dispatch({ effects: EditorView.scrollIntoView(head) });
  };
  new ResizeObserver(lower).observe(host);
}

/** What the page may do with the editor. */
function surface(view, begin, act) {
  return {
    view,
    act,
    text: () => view.state.sliceDoc(),
    begin,
    /** Another document, with its own history; what was there before is given back. */
    swap(state) {
      const before = view.state;
      view.setState(state);
      return before;
    },
    /** Other text in the same document, as one step that can be undone. */
    replace(text) {
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text }, selection: { anchor: 0 }, annotations: silent.of(true) });
    },
    shapes: (hints) => showShapes(view, hints),
    findings: (list) => showFindings(view, list),
    mark: (line, scroll) => markLine(view, line, scroll),
    /** Marks what a finding is about, so that typing replaces it, and puts the focus into the editor. */
    goTo({ from, to }) {
      const [head, anchor] = [from, to ?? from].map((place) => offsetOf(view.state.doc, place));
      view.dispatch({ selection: { anchor, head }, effects: EditorView.scrollIntoView(head, { y: "center" }) });
      view.focus();
    },
    line: () => view.state.doc.lineAt(view.state.selection.main.head).number,
  };
}

/**
 * Text typed over several lines is put in here. The browser would do it with an inline style, which
 * the page's content security policy reports.
 */
function typedOver(event, view) {
  const { main } = view.state.selection;
  const { doc } = view.state;
  if (event.inputType !== "insertText" || !event.data || view.composing) return false;
  if (main.empty || doc.lineAt(main.from).number === doc.lineAt(main.to).number) return false;
  view.dispatch(view.state.replaceSelection(event.data), { userEvent: "input.type", scrollIntoView: true });
  event.preventDefault();
  return true;
}

function ownKeys(on) {
  const leave = (view) => {
    view.setTabFocusMode(true);
    on.leave();
    return false;
  };
  return [
    { key: "Tab", run: indentMore, shift: indentLess },
    { key: "Escape", run: leave },
  ];
}

function tell(update, on) {
  if (update.docChanged && !update.transactions.some((one) => one.annotation(silent))) on.edit(update.state.sliceDoc());
  const line = (state) => state.doc.lineAt(state.selection.main.head).number;
  if (update.selectionSet && line(update.startState) !== line(update.state)) on.caret(line(update.state));
}
