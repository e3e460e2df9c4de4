// The lessons: `openLessons(element, context, id)` shows them in an element.

export const openLessons = null;
