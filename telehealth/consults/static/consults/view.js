// @ts-check
/** What the call page shows: its parts by name, sentences, who waits. Knows nothing of media. */

export class CallView {
  #page;
  #words;

  /** @param {HTMLElement} page @param {Record<string, string>} words */
  constructor(page, words) {
    this.#page = page;
    this.#words = words;
  }

  /** @param {string} name @returns {HTMLElement | null} */
  part(name) {
    return this.#page.querySelector(`[data-part="${name}"]`);
  }

  /** @param {string} name */
  video(name) {
    const found = this.part(name);
    return found instanceof HTMLVideoElement ? found : null;
  }

  /** @param {string} does @returns {HTMLButtonElement | null} */
  button(does) {
    return this.#page.querySelector(`[data-does="${does}"]`);
  }

  /**
   * Change from the waiting room to the call and back. The clinician's page is always the call.
   * @param {boolean} isCall
   */
  stage(isCall) {
    const lobby = this.part("lobby");
    const stage = this.part("stage");
    if (!stage || !lobby || stage.hidden === !isCall) return;
    lobby.hidden = isCall;
    stage.hidden = !isCall;
    stage.classList.toggle("call", isCall);
    if (isCall) this.button("microphone")?.focus({ preventScroll: true });
  }

  /**
   * Who waits, for the clinician: over the empty picture, or in the panel while somebody is here.
   * @param {{peers: unknown[], waiting: {id: string}[], names: Record<string, {name: string, for: string}>}} room
   */
  waiting(room) {
    const people = this.part("people");
    const template = this.#page.querySelector("template[data-part=waiting-row]");
    if (!people || !(template instanceof HTMLTemplateElement)) return;
    const isAlone = room.peers.length === 0;
    const place = isAlone ? this.part("waiting") : people;
    for (const row of this.#page.querySelectorAll(".waiting-row")) row.remove();
    for (const one of room.waiting) {
      const row = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
      const input = row.querySelector("[name=participant]");
      if (input instanceof HTMLInputElement) input.value = one.id;
      const who = room.names[one.id];
      const text = row.querySelector("span");
      if (text) text.textContent = fill(who.for ? this.#words.waits_for : this.#words.waits, who);
      place?.append(row);
    }
    if (isAlone && room.waiting.length) this.wait("", true);
  }

  /** @param {string} sentence @param {boolean} [isList] the list of those who wait is shown */
  wait(sentence, isList = false) {
    this.show("wait-text", sentence);
    const wait = this.part("wait");
    if (wait) wait.hidden = !sentence && !isList;
  }

  /** @param {string} sentence */
  note(sentence) {
    const note = this.part("note");
    if (!note) return;
    note.textContent = sentence;
    note.hidden = !sentence;
  }

  /** @param {string} part @param {string} sentence */
  show(part, sentence) {
    const place = this.part(part);
    if (place && place.textContent !== sentence) place.textContent = sentence ?? "";
  }

  /**
   * What came of opening a device; null: it works.
   * @param {"camera" | "microphone"} kind @param {string | null} reason
   */
  device(kind, reason) {
    this.show(`${kind}-state`, this.#words[reason ? `${kind}_${reason}` : `${kind}_on`]);
    const button = this.button(kind);
    if (reason) this.press(button, false);
    if (button) button.disabled = Boolean(reason);
    if (reason && !this.part("lobby")) this.note(this.#words[`${kind}_${reason}`]);
  }

  /**
   * For whom the other person is here, beside the title.
   * @param {{name: string, for: string} | undefined} who
   */
  standsFor(who) {
    const place = this.part("with");
    if (!place) return;
    place.hidden = !who?.for;
    place.textContent = who ? fill(this.#words.stands_for, who) : "";
  }

  /** @param {HTMLButtonElement | null} button @param {boolean} isOn */
  press(button, isOn) {
    button?.setAttribute("aria-pressed", String(isOn));
    for (const one of button?.querySelectorAll("[data-when]") ?? []) {
      if (one instanceof HTMLElement) one.hidden = (one.dataset.when === "on") !== isOn;
    }
  }
}

/** @param {string} sentence @param {{name: string, for: string}} who */
export function fill(sentence, who) {
  return sentence.replace("{name}", who.name).replace("{patient}", who.for);
}
