// @ts-check
/**
 * <import-file max-bytes="..." too-large="..." sending="..." failed="...">: refuses a file that is
 * too large before it is sent, and shows how much of it has gone. Without it the form works as is.
 */

import { toast } from "core/announce.js";

export class ImportFile extends HTMLElement {
  connectedCallback() {
    const form = this.closest("form");
    const input = this.querySelector("input[type=file]");
    if (!form || !(input instanceof HTMLInputElement)) return;
    input.addEventListener("change", () => this.#check(input));
    form.addEventListener("submit", (event) => {
      if (!form.reportValidity()) return;
      event.preventDefault();
      this.#send(form);
    });
  }

  /** @param {HTMLInputElement} input */
  #check(input) {
    const size = input.files?.[0]?.size ?? 0;
    const isTooLarge = size > Number(this.getAttribute("max-bytes"));
    input.setCustomValidity(isTooLarge ? (this.getAttribute("too-large") ?? "") : "");
    input.reportValidity();
  }

  /** @param {HTMLFormElement} form */
  #send(form) {
    const place = this.querySelector("[data-sending]");
    const bar = this.querySelector("progress");
    const words = this.querySelector("output");
    const button = this.querySelector("button");
    const sending = new XMLHttpRequest();
    sending.open("POST", form.action);
    sending.upload.addEventListener("progress", (event) => {
      if (!event.lengthComputable || !bar || !words) return;
      const percent = Math.floor((100 * event.loaded) / event.total);
      bar.value = percent;
      words.textContent = `${this.getAttribute("sending")}: ${percent} %`;
    });
    sending.addEventListener("load", () => this.#arrived(sending));
    sending.addEventListener("error", () => this.#failed(place, button));
    place?.removeAttribute("hidden");
    button?.setAttribute("disabled", "");
    sending.send(new FormData(form));
  }

  /** @param {XMLHttpRequest} sending */
  #arrived(sending) {
    if (sending.status < 400) {
      location.assign(sending.responseURL);
      return;
    }
    // Refused: show the server's own page, which says why beside the field.
    const page = new DOMParser().parseFromString(sending.responseText, "text/html");
    document.querySelector("main")?.replaceWith(page.querySelector("main") ?? "");
    document.getElementById("error-summary")?.focus();
  }

  /**
   * @param {Element | null} place
   * @param {Element | null} button
   */
  #failed(place, button) {
    place?.setAttribute("hidden", "");
    button?.removeAttribute("disabled");
    toast(this.getAttribute("failed") ?? "");
  }
}

customElements.define("import-file", ImportFile);
