// @ts-check
/** What changed on the page, said to screen readers and shown as a toast. */

import { word } from "core/words.js";

const TOAST_MS = 10_000;

/**
 * Say a sentence to screen readers without moving the focus.
 * @param {string} sentence
 */
export function announce(sentence) {
  const place = document.getElementById("announcer");
  if (!place) return;
  place.textContent = "";
  // A new text node in a later task is read even when the sentence is the same as before.
  setTimeout(() => {
    place.textContent = sentence;
  }, 50);
}

/**
 * Show a sentence for ten seconds, with one deed beside it (usually undo).
 * @param {string} sentence
 * @param {{label?: string, act?: () => void}} [deed]
 * @returns {() => void} takes the toast away
 */
export function toast(sentence, deed = {}) {
  const box = document.createElement("div");
  const remove = () => box.remove();
  let timer = setTimeout(remove, TOAST_MS);
  box.className = "toast";
  box.append(Object.assign(document.createElement("span"), { textContent: sentence }));
  if (deed.act) {
    const act = deed.act;
    box.append(
      button(deed.label ?? word("undo"), () => {
        remove();
        act();
      }),
    );
  } else {
    box.append(button(word("close"), remove));
  }
  // Whoever is reading or reaching for the button gets the time to do so.
  for (const [hold, release] of [
    ["focusin", "focusout"],
    ["pointerenter", "pointerleave"],
  ]) {
    box.addEventListener(hold, () => clearTimeout(timer));
    box.addEventListener(release, () => {
      clearTimeout(timer);
      timer = setTimeout(remove, TOAST_MS);
    });
  }
  document.getElementById("toasts")?.append(box);
  announce(sentence);
  return remove;
}

/**
 * @param {string} label
 * @param {() => void} act
 */
function button(label, act) {
  const made = Object.assign(document.createElement("button"), {
    type: "button",
    className: "button",
    textContent: label,
  });
  made.addEventListener("click", act);
  return made;
}
