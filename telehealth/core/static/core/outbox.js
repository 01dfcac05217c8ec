// @ts-check
/**
 * Forms marked `data-offline`: sent as always while the server can be reached; kept here otherwise
 * and sent later, with the same key, so that nothing is lost and nothing comes twice.
 */

import { announce, toast } from "core/announce.js";
import { hasUnsaved, markSaved } from "core/forms.js";
import { csrfToken } from "core/http.js";
import { entriesOf, forget, keep, signedIn, signedOut, whoIsSignedIn } from "core/outbox-store.js";
import { counted, locale, word } from "core/words.js";

/** @typedef {import("core/outbox-store.js").Entry} Entry */

const PING_MS = 4_000;
const AGAIN_MS = [5_000, 30_000, 120_000, 600_000];

/** The account of this page; empty where nobody is signed in. */
const owner = meta("outbox-owner");
/** A page served from the cache because the server could not be reached. */
export const isShell = document.documentElement.hasAttribute("data-offline-shell");

/** @type {WeakSet<HTMLFormElement>} */
const passed = new WeakSet();
let tries = 0;
let timer = 0;

/** @param {string} name */
function meta(name) {
  const found = document.querySelector(`meta[name="${name}"]`);
  return found instanceof HTMLMetaElement ? found.content : "";
}

/** "" for oneself, "/za/7" for another. */
export function prefix() {
  return /^\/za\/\d+/.exec(location.pathname)?.[0] ?? "";
}

/** Start: remember who is here, watch the forms, send what waits. */
export async function watchOutbox() {
  if (!("indexedDB" in window)) return;
  document.addEventListener("submit", (event) => void onSubmit(event), { capture: true });
  if (isShell) return;
  if (!owner) {
    if (meta("outbox-nobody")) await signedOut();
    return;
  }
  await signedIn(owner, prefix(), meta("outbox-person"));
  rememberUnit();
  await restoreTyped();
  sayAgain();
  addEventListener("online", () => void send());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") void send();
  });
  await send();
}

/** Whether the server answers; the browser's own idea of being online is only a first guess. */
export async function isReachable() {
  if (!navigator.onLine) return false;
  try {
    const signal = AbortSignal.timeout(PING_MS);
    return (await fetch("/healthz", { cache: "no-store", signal })).ok;
  } catch {
    return false;
  }
}

/** @param {SubmitEvent} event */
async function onSubmit(event) {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !("offline" in form.dataset) || passed.has(form)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (!isShell && (await isReachable())) {
    passed.add(form);
    form.requestSubmit(event.submitter);
    passed.delete(form);
    return;
  }
  if (form.reportValidity()) await keepForm(form);
}

/** The page without a connection offers the unit of this diary, whatever was typed last. */
function rememberUnit() {
  const form = document.querySelector("form[data-unit]");
  if (form instanceof HTMLFormElement) localStorage.setItem(`unit${prefix()}`, form.dataset.unit ?? "");
}

/**
 * Put a form's content aside and empty the form for the next one.
 * @param {HTMLFormElement} form
 */
async function keepForm(form) {
  const who = owner || (await whoIsSignedIn())?.owner;
  const data = new FormData(form);
  const key = data.get("key");
  if (!who || typeof key !== "string" || !key) {
    toast(word("not_sent"));
    return;
  }
  data.delete("csrf_token");
  const action = new URL(form.action).pathname;
  /** @type {Entry} */
  const entry = {
    key,
    owner: who,
    action,
    fields: [...data.entries()],
    title: title(data),
    at: Date.now(),
    state: "waiting",
  };
  try {
    await keep(entry);
  } catch {
    toast(word("not_kept"));
    return;
  }
  form.reset();
  markSaved(form);
  const hidden = form.elements.namedItem("key");
  if (hidden instanceof HTMLInputElement) hidden.value = crypto.randomUUID().replaceAll("-", "");
  form.dispatchEvent(new CustomEvent("kept", { bubbles: true }));
  const first = form.querySelector("input:not([type=hidden]), textarea");
  if (first instanceof HTMLElement) first.focus();
  changed();
  toast(word("outbox_kept"));
}

/** @param {FormData} data */
function title(data) {
  const [value, unit, day, time] = ["value", "unit", "day", "time"].map((name) => data.get(name));
  const date = typeof day === "string" && day ? new Date(`${day}T12:00`).toLocaleDateString(locale) : "";
  return [value && `${value} ${unit ?? ""}`, date, time].filter(Boolean).join(" · ");
}

/** Tell the status line. */
function changed() {
  document.dispatchEvent(new CustomEvent("outbox-changed"));
}

/** What waits here for the account of this page. @returns {Promise<Entry[]>} */
export async function waiting() {
  const who = owner || (isShell && (await whoIsSignedIn())?.owner);
  return who ? entriesOf(who) : [];
}

/** Send what waits, oldest first; one tab at a time. */
export async function send() {
  if (!owner) return;
  clearTimeout(timer);
  await navigator.locks.request("outbox", { ifAvailable: true }, async (lock) => {
    if (!lock) return;
    let sent = 0;
    for (const entry of await entriesOf(owner)) {
      if (entry.state === "refused") continue;
      const outcome = await post(entry);
      if (outcome === "away") {
        timer = setTimeout(() => void send(), AGAIN_MS[Math.min(tries++, AGAIN_MS.length - 1)]);
        break;
      }
      tries = 0;
      if (outcome === "sent") {
        await forget(entry.key);
        sent += 1;
      } else {
        await keep({ ...entry, state: "refused", problem: outcome.problem });
      }
    }
    if (sent) tell(counted("outbox_sent", sent));
    else changed();
  });
}

/**
 * Say what was sent; a page that shows readings is shown anew, with them in it.
 * @param {string} sentence
 */
function tell(sentence) {
  const isBusy = [...document.querySelectorAll("form")].some(hasUnsaved);
  if (isBusy || !document.querySelector("[data-live]")) {
    changed();
    toast(sentence);
    return;
  }
  sessionStorage.setItem("outbox-said", sentence);
  location.reload();
}

/** What was to be said before the page was shown anew. */
function sayAgain() {
  const sentence = sessionStorage.getItem("outbox-said");
  sessionStorage.removeItem("outbox-said");
  if (sentence) toast(sentence);
}

/**
 * Send one entry as its form would have.
 * @param {Entry} entry
 * @returns {Promise<"sent" | "away" | {problem: string}>}
 */
async function post(entry) {
  const body = new FormData();
  for (const [name, value] of entry.fields) body.append(name, value);
  const headers = { "X-CSRF-Token": csrfToken() };
  let answer;
  try {
    answer = await fetch(entry.action, { method: "POST", body, headers, redirect: "manual" });
  } catch {
    return "away";
  }
  // The form's own answer to success is to lead on to another page.
  if (answer.type === "opaqueredirect") return "sent";
  if (answer.status === 401 || answer.status === 429 || answer.status >= 500) return "away";
  return { problem: await problemIn(answer) };
}

/**
 * The first sentence of the error summary, or of the page.
 * @param {Response} answer
 */
async function problemIn(answer) {
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const said = page.querySelector("#question h2, #error-summary li") ?? page.querySelector("main p, main h1");
  return said?.textContent?.trim() || word("failed");
}

/**
 * Open the form of an entry that was refused, with what was typed.
 * @param {Entry} entry
 */
export function correct(entry) {
  sessionStorage.setItem("outbox-correct", entry.key);
  location.assign(entry.action);
}

/** Fill the form of the entry that is to be corrected, and take it out of the waiting ones. */
async function restoreTyped() {
  const key = sessionStorage.getItem("outbox-correct");
  const form = document.querySelector("form[data-offline]");
  if (!key || !(form instanceof HTMLFormElement)) return;
  sessionStorage.removeItem("outbox-correct");
  const entry = (await entriesOf(owner)).find((one) => one.key === key);
  if (!entry) return;
  for (const [name, value] of entry.fields) {
    if (name === "key" || typeof value !== "string") continue;
    const field = form.elements.namedItem(name);
    if (field instanceof RadioNodeList) field.value = value;
    else if (field instanceof HTMLInputElement && field.type === "checkbox") field.checked = true;
    else if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) field.value = value;
    else if (field instanceof HTMLSelectElement) field.value = value;
  }
  form.addEventListener("submit", () => void forget(key), { once: true });
  if (entry.problem) announce(entry.problem);
}

/** @param {string} key */
export async function discard(key) {
  await forget(key);
  changed();
}
