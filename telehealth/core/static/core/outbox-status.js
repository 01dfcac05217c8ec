// @ts-check
/** <outbox-status>: how much waits to be sent, each entry with its state, and what can be done. */

import { correct, discard, isReachable, isShell, send, waiting } from "core/outbox.js";
import { counted, locale, word } from "core/words.js";

/** @typedef {import("core/outbox-store.js").Entry} Entry */

export class OutboxStatus extends HTMLElement {
  #watch = new AbortController();

  connectedCallback() {
    const { signal } = this.#watch;
    document.addEventListener("outbox-changed", () => void this.#show(), { signal });
    void this.#show();
  }

  disconnectedCallback() {
    this.#watch.abort();
    this.#watch = new AbortController();
  }

  async #show() {
    const entries = await waiting();
    this.hidden = !entries.length;
    if (!entries.length) {
      this.replaceChildren();
      return;
    }
    const refused = entries.filter((entry) => entry.state === "refused").length;
    const said = counted("outbox_waiting", entries.length - refused);
    const parts = [entries.length > refused ? said : "", refused ? counted("outbox_refused", refused) : ""];
    const sentence = parts.filter(Boolean).join(". ");
    // Without a connection nobody has shown who they are: how many, and no values.
    if (isShell) {
      this.replaceChildren(element("p", sentence));
      return;
    }
    const details = document.createElement("details");
    details.open = refused > 0 || Boolean(this.querySelector("details")?.open);
    details.append(element("summary", sentence), this.#list(entries));
    if (entries.length > refused) details.append(this.#again());
    this.replaceChildren(details);
  }

  /** @param {Entry[]} entries */
  #list(entries) {
    const list = document.createElement("ul");
    for (const entry of entries) {
      const line = document.createElement("li");
      const kept = new Date(entry.at).toLocaleString(locale, { dateStyle: "short", timeStyle: "short" });
      line.append(element("span", entry.title || kept));
      if (entry.problem) line.append(element("span", entry.problem, "error"));
      if (entry.state === "refused") {
        line.append(button(word("outbox_correct"), () => correct(entry)));
        line.append(button(word("outbox_discard"), () => void discard(entry.key)));
      }
      list.append(line);
    }
    return list;
  }

  #again() {
    return button(word("outbox_send"), async () => {
      if (await isReachable()) await send();
      else document.dispatchEvent(new CustomEvent("outbox-changed"));
    });
  }
}

/**
 * @param {string} name
 * @param {string} text
 * @param {string} [className]
 */
function element(name, text, className = "") {
  return Object.assign(document.createElement(name), { textContent: text, className });
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

customElements.define("outbox-status", OutboxStatus);
