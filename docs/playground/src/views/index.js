// The views, in the order of their tabs.

export const views = [];
