// The list of findings under the editor: each with its line, its help and its fixes.

import { bulb } from "./bulb.js";

const NAMES = { error: "Error", warning: "Warning", hint: "Hint" };
const MOST = 50;
// Figures that a spec expects: an edit of a network of the shelf breaks many of them at once.
const NOT_MET = "AC301";
const FEW = 3;

/** Fills `host`; `goTo(finding)` marks its words, `act(fix)` puts a fix into the text. `checked` is as in `summary`. */
export function showProblems(host, findings, checked, { goTo, act }) {
  const listOf = (some) => {
    const list = document.createElement("ul");
    list.append(...some.slice(0, MOST).map((finding) => problem(finding, goTo, act)));
    return list;
  };
  const figures = findings.filter((one) => one.code === NOT_MET);
  const folded = figures.length > FEW ? figures : [];
  const counted = summary(findings, checked);
  const head = document.createElement("p");
  head.textContent = findings.length > MOST ? `${counted}; the first ${MOST} are shown` : counted;
  host.replaceChildren(head, listOf(findings.filter((one) => !folded.includes(one))));
  if (folded.length) host.append(fold(`${folded.length} figures under “expect” do not hold`, listOf(folded)));
  host.dataset.worst = findings.length ? ["error", "warning", "hint"].find((one) => findings.some((f) => f.severity === one)) : checked === "all" ? "none" : "unknown";
}

const SAID = {
  all: ["No errors or warnings", ""],
  looking: ["Looking for errors and warnings…", "; looking for more…"],
  unknown: ["Not checked", "; not all was checked"],
};

/** "1 error, 2 warnings", or that there is none. `checked`: `all` are found, or it is still `looking`, or that is `unknown`. */
export function summary(findings, checked = "all") {
  const parts = Object.keys(NAMES).map((kind) => {
    const count = findings.filter((one) => one.severity === kind).length;
    return count && `${count} ${kind}${count > 1 ? "s" : ""}`;
  });
  const counted = parts.filter(Boolean).join(", ");
  const [none, more] = SAID[checked];
  return counted ? counted + more : none;
}

function fold(title, list) {
  const details = document.createElement("details");
  const head = document.createElement("summary");
  head.textContent = title;
  details.append(head, list);
  return details;
}

function problem(finding, goTo, act) {
  const line = document.createElement("li");
  line.className = finding.severity;
  const said = document.createElement("p");
  const place = document.createElement("button");
  place.type = "button";
  place.className = "plain";
  place.textContent = `line ${finding.from.line}`;
  place.onclick = () => goTo(finding);
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
