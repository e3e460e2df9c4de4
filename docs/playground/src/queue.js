// Questions to the engine, one at a time. The most urgent goes first, and a question about a text
// that has changed meanwhile is dropped, so that the newest text wins.

const STOPPED = "The run was stopped.";

export class Stopped extends Error {}

export class Refused extends Error {
  constructor(error) {
    super(error.message);
    this.error = error;
  }
}

/** What went wrong and what helps, in one line. */
export const saidOf = (error) => [error.message, error.error?.help].filter(Boolean).join(" — ");

/** `busy(action | null)` is called when a question goes to the engine, and when none is there. */
export function createQueue(engine, busy = () => {}) {
  const waiting = [];
  let running = null;
  let generation = 0;

  const isOld = (one) => one.about !== null && one.about !== generation;

  async function next() {
    if (running) return;
    running = take(waiting, isOld);
    if (!running) return busy(null);
    busy(running.action);
    const one = running;
    const answer = await answerOf(engine, one);
    running = null;
    if (!isOld(one)) settle(one, answer);
    next();
  }

  return {
    /** Ask about the text as it stands, or, with `lasting`, about something else. */
    ask(action, payload, { urgency = 1, lasting = false } = {}) {
      return new Promise((resolve, reject) => {
        waiting.push({ action, payload, urgency, about: lasting ? null : generation, resolve, reject });
        next();
      });
    },
    /** What was asked about the text before is not of interest any more. */
    renew() {
      generation += 1;
      return generation;
    },
    stop() {
      for (const one of waiting.splice(0)) if (!isOld(one)) one.reject(new Stopped(STOPPED));
      if (running) engine.stop();
    },
  };
}

function take(waiting, isOld) {
  for (let at = waiting.length - 1; at >= 0; at -= 1) if (isOld(waiting[at])) waiting.splice(at, 1);
  if (!waiting.length) return null;
  const first = waiting.reduce((best, one) => (one.urgency < best.urgency ? one : best));
  waiting.splice(waiting.indexOf(first), 1);
  return first;
}

async function answerOf(engine, { action, payload }) {
  try {
    return await engine.ask(action, payload);
  } catch (error) {
    return { ok: false, error: { message: `The engine does not answer: ${error.message}`, findings: [] } };
  }
}

function settle(one, answer) {
  if (answer.ok) one.resolve(answer.result);
  else if (answer.stopped) one.reject(new Stopped(answer.error?.message ?? STOPPED));
  else one.reject(new Refused(answer.error));
}
