// The list of findings under the editor: each with its line, its help and its fixes.

import { bulb } from "./bulb.js";

const NAMES = { error: "Error", warning: "Warning", hint: "Hint" };
const MOST = 50;

/** Fills `host`; `goTo(place)` moves the caret, `act(fix)` puts a fix into the text. */
export function showProblems(host, findings, { goTo, act }) {
  const list = document.createElement("ul");
  list.append(...findings.slice(0, MOST).map((finding) => problem(finding, goTo, act)));
  const counted = summary(findings);
  const head = document.createElement("p");
  head.textContent = findings.length > MOST ? `${counted}; the first ${MOST} are shown` : counted;
  host.replaceChildren(head, list);
  host.dataset.worst = findings.length ? ["error", "warning", "hint"].find((one) => findings.some((f) => f.severity === one)) : "none";
}

/** "1 error, 2 warnings", or that there is none. */
export function summary(findings) {
  const parts = Object.keys(NAMES).map((kind) => {
    const count = findings.filter((one) => one.severity === kind).length;
    return count && `${count} ${kind}${count > 1 ? "s" : ""}`;
  });
  return parts.filter(Boolean).join(", ") || "No errors or warnings";
}

function problem(finding, goTo, act) {
  const line = document.createElement("li");
  line.className = finding.severity;
  const said = document.createElement("p");
  const place = document.createElement("button");
  place.type = "button";
  place.className = "plain";
  place.textContent = `line ${finding.from.line}`;
  place.onclick = () => goTo(finding.from);
  const kind = document.createElement("b");
  kind.textContent = NAMES[finding.severity];
  const [first, ...facts] = finding.message.split("\n");
  said.append(kind, " in ", place, `: ${first}`);
  line.append(said, ...facts.map((fact) => text("soft", fact)));
  if (finding.help) line.append(text("help", finding.help));
  for (const fix of finding.fixes) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "fix";
    button.append(bulb(), ` ${fix.title[0].toUpperCase()}${fix.title.slice(1)}`);
    button.onclick = () => act(fix);
    line.append(button);
  }
  return line;
}

function text(name, said) {
  const node = document.createElement("p");
  node.className = name;
  node.textContent = said;
  return node;
}
