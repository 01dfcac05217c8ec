// @ts-check
/** <today-list>: shown anew when somebody comes to one of the clinician's consultations. */

import { announce } from "core/announce.js";
import { join } from "core/live.js";

class TodayList extends HTMLElement {
  #stop = () => {};

  connectedCallback() {
    const renew = () => void this.#renew();
    this.#stop = join("consults:watch", {}, { on: { "consults:changed": renew } });
  }

  disconnectedCallback() {
    this.#stop();
  }

  async #renew() {
    const before = this.querySelectorAll(".is-unread").length;
    const answer = await fetch(location.href).catch(() => null);
    if (!answer?.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("today-list");
    // Whoever is about to press a button keeps the list under the finger.
    if (!fresh || this.contains(document.activeElement)) return;
    this.replaceChildren(...fresh.childNodes);
    if (this.querySelectorAll(".is-unread").length > before) announce(this.dataset.came ?? "");
  }
}

customElements.define("today-list", TodayList);
