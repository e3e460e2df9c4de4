// What stands beside the text: the shape that each line gives, and the line of the chosen row.

import { MapMode, StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, WidgetType } from "@codemirror/view";

const setShapes = StateEffect.define();
const setLine = StateEffect.define();

class Shape extends WidgetType {
  constructor(text) {
    super();
    this.text = text;
  }

  eq(other) {
    return other.text === this.text;
  }

  /** The table says the same to a screen reader, so that the shape is hidden from it. */
  toDOM() {
    const node = document.createElement("span");
    node.className = "shape";
    node.textContent = this.text;
    node.setAttribute("aria-hidden", "true");
    return node;
  }

  ignoreEvent() {
    return true;
  }
}

const placed = (doc, hints) =>
  hints.filter(({ line }) => line >= 1 && line <= doc.lines).map(({ line, shape }) => ({ at: doc.line(line).to, shape }));

const drawn = (list) =>
  Decoration.set(list.map(({ at, shape }) => Decoration.widget({ widget: new Shape(shape), side: 1 }).range(at)), true);

/** Shapes stay at the ends of their lines while the text changes, and go with a line that goes. */
const shapes = StateField.define({
  create: () => [],
  update(list, transaction) {
    const { doc } = transaction.state;
    for (const effect of transaction.effects) if (effect.is(setShapes)) return placed(doc, effect.value);
    if (!transaction.docChanged) return list;
    const moved = list.map(({ at, shape }) => ({ at: transaction.changes.mapPos(at, -1, MapMode.TrackBefore), shape }));
    const kept = moved.filter(({ at }) => at !== null).map(({ at, shape }) => ({ at: doc.lineAt(at).to, shape }));
    return kept.filter(({ at }, order) => at !== kept[order - 1]?.at);
  },
  provide: (self) => EditorView.decorations.from(self, drawn),
});

const chosen = StateField.define({
  create: () => Decoration.none,
  update(set, transaction) {
    for (const effect of transaction.effects) if (effect.is(setLine)) return lineOf(transaction.state.doc, effect.value);
    return set.map(transaction.changes);
  },
  provide: (self) => EditorView.decorations.from(self),
});

function lineOf(doc, line) {
  if (!line || line > doc.lines) return Decoration.none;
  return Decoration.set([Decoration.line({ class: "chosen-line" }).range(doc.line(line).from)]);
}

export const beside = [shapes, chosen];
export const showShapes = (view, hints) => view.dispatch({ effects: setShapes.of(hints) });

/** Marks a line, and scrolls to it if `scroll` is true; the focus stays where it is. */
export function markLine(view, line, scroll) {
  const effects = [setLine.of(line)];
  const known = line && line <= view.state.doc.lines;
  if (known && scroll) effects.push(EditorView.scrollIntoView(view.state.doc.line(line).from, { y: "nearest", yMargin: 40 }));
  view.dispatch({ effects });
}
