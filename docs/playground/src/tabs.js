// The views in tabs. A view is mounted when its tab is first opened, and hears only while it is shown.

const byId = (id) => document.getElementById(id);

/** `context` is what all views get; `tell(view)` says what a view has missed. */
export function createTabs(views, contextOf, changed) {
  const tabs = views.map((view) => tabOf(view));
  const bar = byId("tabs");
  let shown = null;
  bar.append(...tabs.map(({ button }) => button));
  byId("panels").append(...tabs.map(({ panel }) => panel));

  function show(id, focus = false) {
    const next = tabs.find(({ view }) => view.id === id) ?? tabs[0];
    if (!next || next === shown) return;
    shown = next;
    for (const tab of tabs) {
      const on = tab === next;
      tab.button.setAttribute("aria-selected", String(on));
      tab.button.tabIndex = on ? 0 : -1;
      tab.panel.hidden = !on;
    }
    if (focus) next.button.focus();
    next.button.scrollIntoView?.({ block: "nearest", inline: "nearest" });
    if (!next.handlers) mount(next);
    changed(next);
  }

  function mount(tab) {
    tab.handlers = new Map();
    const on = (event, act) => tab.handlers.set(event, [...(tab.handlers.get(event) ?? []), act]);
    tab.view.mount(tab.panel, contextOf(on));
  }

  bar.addEventListener("keydown", (event) => {
    const at = tabs.indexOf(shown);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    show(tabs[(next + tabs.length) % tabs.length].view.id, true);
  });
  for (const { button, view } of tabs) button.onclick = () => show(view.id);

  return {
    show,
    id: () => shown?.view.id,
    panels: () => tabs.map(({ panel }) => panel),
    emit: (event, value) => shown?.handlers.get(event)?.forEach((act) => act(value)),
  };
}

function tabOf(view) {
  const button = document.createElement("button");
  const panel = document.createElement("div");
  Object.assign(button, { type: "button", id: `tab-${view.id}`, textContent: view.title, tabIndex: -1 });
  button.setAttribute("role", "tab");
  button.setAttribute("aria-controls", `panel-${view.id}`);
  button.setAttribute("aria-selected", "false");
  Object.assign(panel, { id: `panel-${view.id}`, className: "view", tabIndex: 0, hidden: true });
  panel.setAttribute("role", "tabpanel");
  panel.setAttribute("aria-labelledby", button.id);
  return { view, button, panel, handlers: null };
}
