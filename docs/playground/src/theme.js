// Dark or light: as the system prefers, until a person chooses.

const KEY = "archcalc-theme";
const system = matchMedia("(prefers-color-scheme: dark)");

export function createTheme(button) {
  const chosen = () => document.documentElement.dataset.theme;
  const isDark = () => (chosen() ? chosen() === "dark" : system.matches);
  const show = () => {
    button.textContent = isDark() ? "Light" : "Dark";
    button.title = `${button.textContent} colours`;
  };
  const kept = keep();
  if (kept === "dark" || kept === "light") document.documentElement.dataset.theme = kept;
  button.onclick = () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    keep(chosen());
    show();
  };
  system.addEventListener("change", show);
  show();
}

/** The choice is kept where the browser allows it; an embedded page may not. */
function keep(value) {
  try {
    if (value) localStorage.setItem(KEY, value);
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
