// @ts-check
/** Native dialogs (`data-opens="id"`), and menus that close as people expect. */

/** Start watching buttons and menus. */
export function watchDialogs() {
  document.addEventListener("click", (event) => {
    const target = event.target;
    if (!(target instanceof Element)) return;
    const opener = target.closest("[data-opens]");
    if (opener instanceof HTMLElement) open(opener.dataset.opens ?? "");
    if (target.closest("[data-closes]")) target.closest("dialog")?.close();
    if (target instanceof HTMLDialogElement) closeOutside(target, event);
    closeMenus(target);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.querySelector("details.menu[open]");
    if (!menu) return;
    menu.removeAttribute("open");
    menu.querySelector("summary")?.focus();
  });
  for (const button of document.querySelectorAll("[data-opens][hidden]")) {
    button.removeAttribute("hidden");
  }
}

/**
 * Open a dialog of this page; the focus returns to the opener by itself when it closes.
 * @param {string} id
 */
export function open(id) {
  const dialog = document.getElementById(id);
  if (dialog instanceof HTMLDialogElement && !dialog.open) dialog.showModal();
}

/**
 * @param {HTMLDialogElement} dialog
 * @param {MouseEvent} event
 */
function closeOutside(dialog, event) {
  const box = dialog.getBoundingClientRect();
  const isInside =
    event.clientX >= box.left &&
    event.clientX <= box.right &&
    event.clientY >= box.top &&
    event.clientY <= box.bottom;
  // A key press on a button reports 0, 0: that is not a click outside.
  if (!isInside && event.detail > 0) dialog.close();
}

/** @param {Element} target */
function closeMenus(target) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(target)) menu.removeAttribute("open");
  }
}
