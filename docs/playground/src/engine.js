// The engine as the page sees it: `ask(action, payload)` gives the engine's answer.
//
// Two back ends answer. Under `archcalc playground` it is the archcalc that serves the
// page: its token stands in the fragment of the address. Elsewhere it is Pyodide in a
// worker. Both run one request at a time. A run that takes too long, and one that `stop`
// ends, says so; the next request finds an engine that was started anew.

import { keepForOffline } from './offline.js';

const TOKEN_KEY = 'archcalc-engine';
const MADE_BY_THE_BUILD = new Set(['shelf', 'schema', 'formats', 'lessons']);
const SECONDS = { reconcile: 60, export: 30, read: 30, compare: 10, check: 10 };
const USUAL_SECONDS = 2;
const FIRST_SECONDS = 20;

/**
 * Return the engine: `{ kind, ready, ask, stop }`.
 * `onstate` is told `{ phase: loading | ready | restarting | failed, done, total, text }`.
 */
export function openEngine(base = document.baseURI, onstate = () => {}) {
  const token = takeToken();
  return token ? local(base, token, onstate) : inWorker(base, onstate);
}

/** Take the token out of the address, so that links do not hand it on. */
function takeToken() {
  const given = /^#engine=([\w-]+)$/.exec(location.hash);
  if (given) {
    sessionStorage.setItem(TOKEN_KEY, given[1]);
    history.replaceState(null, '', location.pathname + location.search);
  }
  try {
    return sessionStorage.getItem(TOKEN_KEY);
  } catch {
    return null; // an embedded page may not have a storage
  }
}

/** After how many seconds a run is ended. The first run of an action imports what it needs. */
function patience(action, ran) {
  const seconds = Math.max(SECONDS[action] ?? USUAL_SECONDS, ran.has(action) ? 0 : FIRST_SECONDS);
  ran.add(action);
  return seconds;
}

function stopped(seconds) {
  const message = seconds ? `Stopped after ${seconds} seconds: this takes too long in the page.` : 'The run was stopped.';
  return { ok: false, stopped: true, error: { message, findings: [] } };
}

function local(base, token, onstate) {
  const post = async (path, body) => {
    const answer = await fetch(new URL(path, base), {
      method: 'POST',
      headers: { 'X-Archcalc-Token': token },
      body,
    });
    if (!answer.ok) throw new Error(`archcalc playground answers ${answer.status}: start it again`);
    return answer.json();
  };
  const ran = new Set();
  const stop = () => {
    ran.clear();
    return post('stop', '');
  };
  onstate({ phase: 'ready' });
  return {
    kind: 'local',
    ready: Promise.resolve(),
    stop,
    async ask(action, payload = {}) {
      const seconds = patience(action, ran);
      let late = false;
      const timer = setTimeout(() => {
        late = true;
        stop();
      }, 1000 * (seconds + 1));
      const answer = await post('engine', JSON.stringify({ ...payload, do: action }));
      clearTimeout(timer);
      return answer.stopped ? stopped(late ? seconds : 0) : answer;
    },
  };
}

function inWorker(base, onstate) {
  const made = new Map();
  let run = null;
  let current = begin('loading');

  /** Start a worker; `ready` is settled when it can answer. */
  function begin(phase) {
    const worker = new Worker(new URL('worker.js', base), { type: 'module' });
    const state = { worker, pending: null, ran: new Set(['look']) }; // it looks before it is ready
    state.ready = new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => {
        if (data.phase === 'ready') resolve();
        if (data.phase === 'failed') reject(new Error(data.text));
        if (data.phase) onstate({ ...data, phase: data.phase === 'loading' ? phase : data.phase });
        else state.pending?.(JSON.parse(data.answer));
      };
      worker.onerror = (event) => reject(new Error(`The engine could not be loaded: ${event.message || 'no worker'}`));
    });
    state.ready.catch((error) => onstate({ phase: 'failed', text: error.message }));
    onstate({ phase, done: 0, total: 0 });
    return state;
  }

  /** End the run, if there is one, with the worker that it is in. */
  function end(seconds) {
    if (!run) return;
    current.worker.terminate();
    const settle = run;
    run = null;
    current = begin('restarting');
    settle(stopped(seconds));
  }

  /** Send one message to the worker; the answer comes, or the run is ended. */
  async function send(message, seconds) {
    const own = current;
    let timer = 0;
    const answer = new Promise((resolve) => {
      run = resolve;
      own.pending = resolve;
    });
    own.ready.then(() => {
      if (run === null || own !== current) return;
      timer = setTimeout(() => end(seconds), 1000 * seconds);
      own.worker.postMessage(message);
    }, (error) => own.pending({ ok: false, error: { message: error.message, findings: [] } }));
    const found = await answer;
    clearTimeout(timer);
    own.pending = null;
    if (own === current) run = null;
    return found;
  }

  async function ready() {
    await current.ready;
    keepForOffline(base);
  }

  return {
    kind: 'pyodide',
    ready: ready(),
    stop: async () => end(0),
    async ask(action, payload = {}) {
      if (MADE_BY_THE_BUILD.has(action)) {
        if (!made.has(action)) made.set(action, fileOf(base, action));
        return made.get(action);
      }
      const seconds = patience(action, current.ran);
      return send(JSON.stringify({ ...payload, do: action }), seconds);
    },
  };
}

/** Return the answer to an action that is the same for everyone: a file of the build. */
async function fileOf(base, action) {
  const response = await fetch(new URL(`${action}.json`, base));
  if (!response.ok) return { ok: false, error: { message: `${action}.json is missing`, findings: [] } };
  return { ok: true, result: await response.json() };
}
