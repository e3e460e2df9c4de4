// The looks of the editor. All colours are custom properties of the page, so that dark and light are one.

import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const colours = HighlightStyle.define([
  { tag: tags.atom, color: "var(--code-key)" },
  { tag: [tags.keyword, tags.number, tags.string], color: "var(--code-text)" },
  { tag: tags.comment, color: "var(--code-note)", fontStyle: "italic" },
  { tag: tags.meta, color: "var(--soft)" },
]);

const wave = (colour) => ({ textDecoration: `underline wavy ${colour}`, textDecorationThickness: "1.5px", textUnderlineOffset: "3px" });
const panel = { background: "var(--panel)", color: "var(--ink)", border: "1px solid var(--line)", borderRadius: "6px" };

const theme = EditorView.theme({
  "&": { height: "100%", color: "var(--ink)", backgroundColor: "var(--panel)", fontSize: "var(--code-size)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55", overflow: "auto" },
  ".cm-content": { caretColor: "var(--ink)", padding: "8px 0" },
  ".cm-cursor": { borderLeftColor: "var(--ink)", borderLeftWidth: "2px" },
  ".cm-gutters": { backgroundColor: "var(--panel)", color: "var(--soft)", border: "none" },
  ".cm-activeLine": { backgroundColor: "var(--mark-soft)" },
  ".cm-activeLineGutter": { backgroundColor: "var(--mark-soft)", color: "var(--ink)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { background: "var(--mark) !important" },
  ".chosen-line": { boxShadow: "inset 3px 0 0 var(--accent)", backgroundColor: "var(--mark-soft)" },
  ".signs": { width: "1.6em" },
  ".signs .cm-gutterElement": { textAlign: "center", cursor: "default" },
  ".sign.bulb": { cursor: "pointer" },
  ".bulb svg": { verticalAlign: "-2px" },
  ".sign.error, .said.error": { color: "var(--error)" },
  ".sign.warning, .said.warning": { color: "var(--warning)" },
  ".sign.hint, .said.hint": { color: "var(--hint)" },
  ".found.error": wave("var(--error)"),
  ".found.warning": wave("var(--warning)"),
  ".found.hint": wave("var(--hint)"),
  ".found-line.error": { boxShadow: "inset 3px 0 0 var(--error)" },
  ".shape": { marginLeft: "1.5ch", padding: "0 .5ch", borderRadius: "4px", color: "var(--soft)", background: "var(--ground)", fontSize: ".85em", whiteSpace: "pre", userSelect: "none" },
  ".cm-tooltip": { ...panel, boxShadow: "0 4px 14px rgb(0 0 0 / .18)", maxWidth: "min(34rem, 90vw)", zIndex: "20" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", maxHeight: "15em" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "3px 10px", display: "flex", gap: "1.5ch", justifyContent: "space-between" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { background: "var(--accent)", color: "var(--accent-ink)" },
  ".cm-completionDetail": { color: "var(--soft)", fontStyle: "normal", fontFamily: "var(--sans)", fontSize: ".85em", margin: "0" },
  "li[aria-selected] .cm-completionDetail": { color: "inherit" },
  ".cm-completionInfo": { ...panel, fontFamily: "var(--sans)", fontSize: ".9em", lineHeight: "1.4", padding: "6px 10px", maxWidth: "24rem" },
  ".hover": { padding: "6px 10px", fontFamily: "var(--sans)", fontSize: "14px", lineHeight: "1.4" },
  ".hover p": { margin: "2px 0" },
  ".hover .help, .hover .kinds": { color: "var(--soft)" },
  ".hover button, .fixes button": { font: "inherit", color: "var(--accent)", background: "none", border: "1px solid var(--line)", borderRadius: "4px", padding: "3px 8px", margin: "3px 0", cursor: "pointer", textAlign: "left" },
  ".cm-panels": { background: "var(--ground)", color: "var(--ink)", fontFamily: "var(--sans)", fontSize: "14px" },
  ".cm-panels-top": { borderBottom: "1px solid var(--line)" },
  ".cm-panel.cm-search": { padding: "6px 30px 4px 10px" },
  ".cm-panel.cm-search label": { fontSize: ".93em" },
  ".cm-panel.cm-search [name=close]": { width: "24px", height: "24px", top: "4px", color: "var(--ink)", cursor: "pointer" },
  ".cm-textfield": { ...panel, font: "inherit", padding: "3px 8px" },
  ".cm-button": { ...panel, font: "inherit", backgroundImage: "none", padding: "3px 10px", cursor: "pointer" },
  ".cm-panels :focus-visible": { outline: "2px solid var(--focus)" },
  ".cm-searchMatch": { backgroundColor: "var(--found) !important" },
  ".cm-searchMatch-selected": { outline: "2px solid var(--accent)" },
  ".fixes": { padding: "6px", display: "grid", gap: "2px", fontFamily: "var(--sans)", fontSize: "14px" },
  ".fixes button:focus": { outline: "2px solid var(--focus)" },
});

export const looks = [theme, syntaxHighlighting(colours)];
