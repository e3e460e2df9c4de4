// Which row of the table belongs to which line of the spec.

/** The row that the caret at `line` means: the step on the line, or the step that the line is in. */
export function rowAt(rows, line, text) {
  const above = rows.filter((row) => row.line <= line);
  if (!above.length) return null;
  const nearest = Math.max(...above.map((row) => row.line));
  if (nearest < line && leavesSection(text, nearest, line)) return null;
  const here = above.filter((row) => row.line === nearest);
  return here.find((row) => row.kind === "row") ?? here[0];
}

/** Whether a key at the left edge stands between two lines: another section of the file. */
function leavesSection(text, first, last) {
  return text.split("\n").slice(first, last).some((one) => /^[^\s#-]/.test(one));
}
