// @ts-check
/**
 * Small help for every form. Forms work without it; nothing typed is kept in browser storage, but
 * for forms marked `data-offline` without a connection (core/outbox.js).
 */

import { announce, toast } from "core/announce.js";
import { word } from "core/words.js";

/** @type {WeakSet<HTMLFormElement>} */
const changed = new WeakSet();

/** Start watching the forms of this page. */
export function watchForms() {
  document.addEventListener("submit", onSubmit);
  document.addEventListener("input", (event) => {
    const form = event.target instanceof Element ? event.target.closest("form") : null;
    if (form) changed.add(form);
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("form").forEach(release);
  });
  addEventListener("beforeunload", (event) => {
    const waiting = [...document.querySelectorAll("form")].some(hasUnsaved);
    if (waiting) event.preventDefault();
  });
  focusErrors();
}

/**
 * Whether leaving now would lose something typed into a form marked `data-unsaved`.
 * @param {HTMLFormElement} form
 */
export function hasUnsaved(form) {
  return "unsaved" in form.dataset && changed.has(form) && form.dataset.sent === undefined;
}

/**
 * Say that what was typed is stored (after a fetch of one's own).
 * @param {HTMLFormElement} form
 */
export function markSaved(form) {
  changed.delete(form);
}

/** The error summary takes the focus; its links take it to the field. */
function focusErrors() {
  const summary = document.getElementById("error-summary");
  if (!summary) return;
  document.title = `⚠ ${document.title}`;
  summary.focus();
  summary.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    const target = link && document.getElementById(link.hash.slice(1));
    if (!target) return;
    event.preventDefault();
    const control = target.matches("fieldset, div") ? target.querySelector("input, select") : target;
    target.scrollIntoView({ block: "center" });
    if (control instanceof HTMLElement) control.focus();
  });
}

/** @param {SubmitEvent} event */
function onSubmit(event) {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || event.defaultPrevented || form.method === "dialog") return;
  if (form.dataset.sent !== undefined) {
    event.preventDefault();
    return;
  }
  if (!navigator.onLine) {
    event.preventDefault();
    toast(word("not_sent"));
    return;
  }
  if (form.method === "get") return;
  form.dataset.sent = "";
  const button = event.submitter ?? form.querySelector("button:not([type=button])");
  // aria-disabled, not disabled: a disabled button would lose its name and value on the way.
  button?.setAttribute("aria-disabled", "true");
  button?.classList.add("is-busy");
  announce(word("sending"));
  // A download answers without leaving the page: give the form back after a while.
  setTimeout(() => release(form), 15_000);
}

/** @param {HTMLFormElement} form */
function release(form) {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll(".is-busy")) {
    button.classList.remove("is-busy");
    button.removeAttribute("aria-disabled");
  }
}
