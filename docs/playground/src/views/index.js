// The views, in the order of their tabs.

import { compare, conventions, reconcile } from "./beside.js";
import { drawing } from "./drawing.js";
import { exports } from "./exports.js";
import { formulas } from "./formulas.js";
import { memory } from "./memory.js";
import { quiz } from "./quiz.js";
import { receptive } from "./receptive.js";
import { settings } from "./settings.js";
import { table } from "./table.js";

export const views = [table, drawing, settings, formulas, memory, receptive, conventions, compare, reconcile, quiz, exports];
