"use strict";
const key = JSON.parse(document.getElementById("key").textContent);
const form = document.getElementById("quiz");
const score = document.getElementById("score");
const part = (letter, i) => document.getElementById(letter + (i + 1));

/* The whole numbers in a text: `34,944`, `34 944` and `34.944` are one, `96x55x55` three. */
function numbers(text, shape) {
  const plain = shape ? text : text.replace(/(\d)[\s,.'’_\u202f\u00a0]+(?=\d)/g, "$1");
  if (!/^[\d\s,;×x*()[\]]+$/i.test(plain)) return null;
  return (plain.match(/\d+/g) || []).map(Number);
}

const bare = (text) => text.replace(/[\s·]/g, "");

function isRight(answer, text) {
  if (!answer.sizes.length) return answer.ways.some((way) => bare(way) === bare(text));
  const given = numbers(text, answer.shape && answer.sizes.length > 1);
  return given !== null && given.join() === answer.sizes.join();
}

function mark(i, state) {
  const field = part("a", i);
  field.className = state;
  field.setAttribute("aria-invalid", String(state === "wrong"));
  part("m", i).textContent = { right: "✓", wrong: "✗" }[state] || "";
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  let right = 0;
  let open = 0;
  key.forEach((answer, i) => {
    const text = part("a", i).value.trim();
    const good = text !== "" && isRight(answer, text);
    right += good;
    open += text === "";
    mark(i, text === "" ? "" : good ? "right" : "wrong");
    if (good) part("w", i).textContent = answer.worked;
  });
  score.textContent =
    `${right} of ${key.length} right` + (open ? `, ${open} still open` : "");
});

document.getElementById("show").addEventListener("click", () => {
  key.forEach((answer, i) => {
    part("a", i).value = answer.text;
    part("w", i).textContent = answer.worked;
    mark(i, "");
  });
  score.textContent = "These are the answers.";
});

form.addEventListener("reset", () => {
  key.forEach((_, i) => {
    mark(i, "");
    part("w", i).textContent = "";
  });
  score.textContent = "";
});
