// The documents: one, or two to compare. Each has its text, its settings and its own history.

const FRESH = { text: "", name: "spec.yaml", settings: {}, net: null, original: null, editor: null };

/** `changed()` is called when another document is shown, `beside()` when the other one is another, `compare()` when one is wanted. */
export function createDocuments(host, editor, { changed, beside, compare }) {
  const all = [{ ...FRESH }];
  let at = 0;

  function draw() {
    const tabs = all.map((one, index) => button(one.name, () => show(index), index === at));
    if (all.length === 1) tabs.push(button("+ Compare with…", compare, null, "plain"));
    else tabs.push(button("Close the other", closeOther, null, "plain"));
    host.replaceChildren(...tabs);
  }

  function show(index) {
    if (index === at) return;
    all[at].editor = editor.swap(all[index].editor ?? editor.begin(all[index].text));
    at = index;
    draw();
    changed();
  }

  function closeOther() {
    all.splice(1 - at, 1);
    at = 0;
    draw();
    beside();
  }

  return {
    current: () => all[at],
    other: () => (all.length > 1 ? { text: all[1 - at].text, name: all[1 - at].name, settings: all[1 - at].settings } : null),
    /** Open a document in place of the shown one, or, as "other", beside it. */
    open({ text, name, net = null, settings = {}, original }, where = "this") {
      const opened = { ...FRESH, text, name, net, settings, original: original ?? (net ? text : null) };
      if (where === "this") {
        all[at] = opened;
        editor.swap(editor.begin(text));
      } else all[1 - at] = opened;
      draw();
      if (where === "this") changed();
      else beside();
    },
    /** Settings that a person changed; null or undefined takes one away. */
    change(settings) {
      const { set, ...rest } = settings;
      const next = without({ ...all[at].settings, ...rest });
      if (set) next.set = without({ ...next.set, ...set });
      if (next.set && !Object.keys(next.set).length) delete next.set;
      all[at].settings = next;
    },
  };
}

const without = (settings) =>
  Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== null && value !== undefined));

function button(title, onclick, pressed, name = "file") {
  const node = document.createElement("button");
  Object.assign(node, { type: "button", textContent: title, onclick, className: name });
  if (pressed !== null) node.setAttribute("aria-pressed", String(pressed));
  return node;
}
