// The light bulb of a fix, as a picture of its own: not every system has the character.

const SVG = "http://www.w3.org/2000/svg";
const SHAPE = "M8 1a5 5 0 0 0-3 9c.6.5 1 1.200 1 2h4c0-.8.4-1.500 1-2a5 5 0 0 0-3-9zM6 13h4v1H6zM7 15h2v1H7z";

export function bulb() {
  const picture = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  picture.setAttribute("viewBox", "0 0 16 16");
  picture.setAttribute("class", "bulb");
  picture.setAttribute("width", "14");
  picture.setAttribute("height", "14");
  picture.setAttribute("aria-hidden", "true");
  path.setAttribute("d", SHAPE);
  path.setAttribute("fill", "#e0a000");
  picture.append(path);
  return picture;
}
