// What the page is doing: loading the engine, computing, or showing figures of an older text.

const SLOW = 400;
const byId = (id) => document.getElementById(id);

/** `stop()` ends the run, `again()` computes once more what was stopped. */
export function createStatus(stop, again) {
  const host = byId("status");
  const [text, bar] = [host.querySelector("span"), host.querySelector("progress")];
  const state = { load: "", bar: null, work: "", stale: "" };
  let timer = null;

  function show() {
    const said = state.load || state.work || state.stale;
    if (text.textContent !== said) text.textContent = said;
    bar.hidden = !state.load;
    byId("stop").hidden = !state.work || Boolean(state.load);
    if (state.bar === null) bar.removeAttribute("value");
    else bar.value = state.bar;
  }

  byId("stop").onclick = stop;
  byId("again").onclick = again;
  return {
    /** The engine's own state: `{phase, done, total}`. */
    loading({ phase, done, total, text: said }) {
      const names = { loading: "Loading the engine…", restarting: "Starting the engine again…", failed: "The engine could not be loaded." };
      state.load = said ?? names[phase] ?? "";
      state.bar = total ? Math.round((100 * done) / total) : null;
      show();
      if (phase === "failed") bar.hidden = true;
    },
    /** A question is with the engine, or none; one that takes long can be stopped. */
    busy(action) {
      clearTimeout(timer);
      if (action) {
        timer = setTimeout(() => {
          state.work = "Computing…";
          show();
        }, SLOW);
        return;
      }
      state.work = "";
      show();
    },
    /** Why the figures are not those of the text; null when they are. `shown`: there are figures. */
    stale(why, message, shown) {
      byId("again").hidden = why !== "stopped";
      const old = shown ? "The figures are those of the text before." : "The figures come when the spec has no errors.";
      state.stale = { blank: `${message} The figures come when no blank is left.`, broken: `${message} ${old}`, stopped: shown ? `${message} ${old}` : message }[why] ?? "";
      show();
    },
  };
}
