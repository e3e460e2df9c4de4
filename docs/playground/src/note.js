// The line under the header that tells what was opened or done, with a button to take it back.

export function createNote(host) {
  const [text, buttons] = [host.querySelector("p"), host.querySelector("div")];
  const close = () => {
    host.hidden = true;
  };
  host.querySelector(":scope > button").onclick = close;
  return {
    /** Show a text, with a button `[title, act]` if there is one. */
    show(said, offer = null) {
      host.hidden = false;
      text.textContent = said;
      buttons.replaceChildren();
      if (!offer) return;
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = offer[0];
      button.onclick = () => {
        close();
        offer[1]();
      };
      buttons.append(button);
    },
    close,
  };
}
