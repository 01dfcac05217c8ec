// @ts-check
/** Looks again until the document is sealed, and shows the new receipt in place of the old one. */

import { announce } from "core/announce.js";

const PAUSE_MS = 3000;

async function lookAgain() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  const text = answer?.ok ? await answer.text() : "";
  const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("main");
  const shown = document.getElementById("main");
  if (!fresh || !shown || fresh.querySelector("[data-waits]")) {
    setTimeout(lookAgain, PAUSE_MS);
    return;
  }
  shown.replaceChildren(...fresh.childNodes);
  announce(shown.querySelector("h1")?.textContent ?? "");
}

setTimeout(lookAgain, PAUSE_MS);
