// @ts-check
/** The note saves itself two seconds after the last key; the button works without this module. */

import { markSaved } from "core/forms.js";
import { request } from "core/http.js";

const QUIET_MS = 2_000;

/** @param {HTMLFormElement} form */
function watch(form) {
  const page = form.closest("[data-words]");
  const words = page instanceof HTMLElement ? JSON.parse(page.dataset.words ?? "{}") : {};
  const state = form.querySelector('[data-part="saved"]');
  const version = /** @type {HTMLInputElement} */ (form.elements.namedItem("version"));
  const text = /** @type {HTMLTextAreaElement} */ (form.elements.namedItem("text"));
  const shared = /** @type {HTMLInputElement} */ (form.elements.namedItem("is_shared"));
  let timer = 0;
  let isSaving = false;
  let isStopped = false;

  const say = (/** @type {string} */ sentence) => {
    if (state) state.textContent = sentence ?? "";
  };

  async function save() {
    if (isSaving || isStopped) return;
    isSaving = true;
    const sent = { text: text.value, is_shared: shared.checked, version: Number(version.value) };
    say(words.saving);
    try {
      const kept = await request(form.dataset.note ?? "", { method: "PUT", json: sent });
      version.value = String(kept.version);
      say(words.saved);
      if (text.value === sent.text && shared.checked === sent.is_shared) markSaved(form);
    } catch (problem) {
      const found = /** @type {import("core/http.js").Problem} */ (problem);
      isStopped = found.status === 409; // written elsewhere: saving again would not help
      say(`${words.not_saved ?? ""} ${found.message}`);
    } finally {
      isSaving = false;
    }
    if (text.value !== sent.text || shared.checked !== sent.is_shared) later();
  }

  function later() {
    clearTimeout(timer);
    timer = window.setTimeout(() => void save(), QUIET_MS);
  }

  form.addEventListener("input", later);
  form.addEventListener("submit", () => clearTimeout(timer));
}

for (const form of document.querySelectorAll("form[data-note]")) {
  if (form instanceof HTMLFormElement) watch(form);
}
