// @ts-check
/** Appearance without a page load: the form still stores the choice on the server. */

import { request } from "core/http.js";

/** Let the forms marked `data-theme-choice` act at once. */
export function watchThemeChoice() {
  for (const form of document.querySelectorAll("form[data-theme-choice]")) {
    form.addEventListener("submit", (event) => {
      if (!(form instanceof HTMLFormElement) || !navigator.onLine) return;
      event.preventDefault();
      choose(form.dataset.themeChoice ?? "auto");
      request(form.action, { form: new FormData(form) }).catch(() => {
        // Seen on this page all the same; the next page asks again.
      });
    });
  }
}

/** @param {string} code light, dark or auto */
function choose(code) {
  const root = document.documentElement;
  if (code === "auto") delete root.dataset.theme;
  else root.dataset.theme = code;
  for (const form of document.querySelectorAll("form[data-theme-choice]")) {
    const isChosen = form instanceof HTMLFormElement && form.dataset.themeChoice === code;
    form.querySelector("button")?.setAttribute("aria-pressed", String(isChosen));
  }
  root.dispatchEvent(new CustomEvent("themechange"));
}
