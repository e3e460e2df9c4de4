// The engine as the page sees it: `ask(action, payload)` gives the engine's answer.
//
// Two back ends answer. Under `archcalc playground` it is the archcalc that serves the
// page: its token stands in the fragment of the address. Elsewhere it is Pyodide in a
// worker. Both run one request at a time; `stop` ends the run, which then says so.

const TOKEN_KEY = 'archcalc-engine';

/** Return the engine: `{ kind, ask, stop, ready }`. `base` is the page's own address. */
export function openEngine(base = document.baseURI) {
  const token = takeToken();
  return token ? local(base, token) : inWorker(base);
}

/** Take the token out of the address, so that links do not hand it on. */
function takeToken() {
  const given = /^#engine=([\w-]+)$/.exec(location.hash);
  if (given) {
    sessionStorage.setItem(TOKEN_KEY, given[1]);
    history.replaceState(null, '', location.pathname + location.search);
  }
  return sessionStorage.getItem(TOKEN_KEY);
}

function local(base, token) {
  const post = async (path, body) => {
    const answer = await fetch(new URL(path, base), {
      method: 'POST',
      headers: { 'X-Archcalc-Token': token },
      body,
    });
    return answer.json();
  };
  return {
    kind: 'local',
    ready: Promise.resolve(),
    ask: (action, payload = {}) => post('engine', JSON.stringify({ ...payload, do: action })),
    stop: () => post('stop', ''),
  };
}

function inWorker() {
  throw new Error('not built yet');
}
