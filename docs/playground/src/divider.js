// The line between the spec and its figures. It is moved by dragging it, or by its arrow keys.

const [LEAST, USUAL, MOST] = [20, 40, 80];
const STEP = 2;

/** `host` is the separator; `frame` gets the width of the spec, in hundredths of its own, as `--write`. */
export function createDivider(host, frame) {
  let now = USUAL;
  const set = (wanted) => {
    now = Math.min(MOST, Math.max(LEAST, wanted));
    frame.style.setProperty("--write", `${now}%`);
    host.setAttribute("aria-valuenow", String(Math.round(now)));
  };
  host.setAttribute("aria-valuemin", String(LEAST));
  host.setAttribute("aria-valuemax", String(MOST));
  set(USUAL);
  host.addEventListener("keydown", (event) => {
    const next = { ArrowLeft: now - STEP, ArrowRight: now + STEP, Home: LEAST, End: MOST, Enter: USUAL }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    set(next);
  });
  host.addEventListener("pointerdown", (event) => {
    host.setPointerCapture(event.pointerId);
    event.preventDefault(); // no text is marked while the line moves
    host.focus({ focusVisible: false });
  });
  host.addEventListener("pointermove", (event) => {
    if (!host.hasPointerCapture(event.pointerId)) return;
    const { left, width } = frame.getBoundingClientRect();
    set((100 * (event.clientX - left)) / width);
  });
  host.addEventListener("dblclick", () => set(USUAL));
}
