// @ts-check
/** The movable things of a call: the own picture in one of four corners, the width of the panel. */

const CORNERS = ["", "is-start", "is-start is-top", "is-top"];
const WIDEST = 65;
const NARROWEST = 25;

/**
 * Dragging moves the own picture to the nearest corner; Enter and Space to the next one.
 * @param {HTMLElement | null} self
 */
export function watchSelf(self) {
  if (!self) return;
  let corner = 0;
  const put = () => {
    self.classList.remove("is-start", "is-top");
    self.classList.add(...CORNERS[corner].split(" ").filter(Boolean));
  };
  self.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    corner = (corner + 1) % CORNERS.length;
    put();
  });
  self.addEventListener("pointerdown", (event) => self.setPointerCapture(event.pointerId));
  self.addEventListener("pointerup", (event) => {
    const box = self.parentElement?.getBoundingClientRect();
    if (!box) return;
    const isStart = event.clientX < box.left + box.width / 2;
    const isTop = event.clientY < box.top + box.height / 2;
    corner = CORNERS.indexOf(`${isStart ? "is-start" : ""} ${isTop ? "is-top" : ""}`.trim());
    put();
  });
}

/**
 * The panel beside the picture: shown or not, wider by the grip or by arrow keys.
 * @param {HTMLElement} page
 */
export function watchPanel(page) {
  const panel = page.querySelector('[data-part="panel"]');
  const grip = page.querySelector('[data-part="grip"]');
  const stage = page.querySelector('[data-part="stage"]');
  const button = page.querySelector('[data-does="panel"]');
  if (!(panel instanceof HTMLElement) || !(stage instanceof HTMLElement)) return;
  const show = (/** @type {boolean} */ isShown) => {
    panel.hidden = !isShown;
    button?.setAttribute("aria-expanded", String(isShown));
  };
  // On a phone the panel is a sheet over the picture: it opens when asked for.
  if (matchMedia("(max-width: 899px)").matches && !panel.querySelector("#error-summary")) show(false);
  button?.addEventListener("click", () => show(panel.hidden));
  if (!(grip instanceof HTMLElement)) return;
  const widen = (/** @type {number} */ percent) => {
    const width = Math.round(Math.min(WIDEST, Math.max(NARROWEST, percent)));
    stage.style.setProperty("--panel", `${width}%`);
    grip.setAttribute("aria-valuenow", String(width));
  };
  grip.addEventListener("pointerdown", (event) => grip.setPointerCapture(event.pointerId));
  grip.addEventListener("pointermove", (event) => {
    if (!grip.hasPointerCapture(event.pointerId)) return;
    const box = stage.getBoundingClientRect();
    widen((100 * (box.right - event.clientX)) / box.width);
  });
  grip.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: 5, ArrowRight: -5 }[event.key];
    if (!step) return;
    event.preventDefault();
    widen(Number(grip.getAttribute("aria-valuenow")) + step);
  });
}
