// @ts-check
/**
 * <paper-grid>: arrows and Enter go from cell to cell, as in a table of numbers. Tab works without it.
 */

const STEPS = /** @type {Record<string, [number, number]>} */ ({
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  Enter: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
});

export class PaperGrid extends HTMLElement {
  connectedCallback() {
    this.addEventListener("keydown", (event) => this.#move(event));
    this.addEventListener("focusin", (event) => {
      if (event.target instanceof HTMLInputElement && event.target.dataset.row) event.target.select();
    });
  }

  /** @param {KeyboardEvent} event */
  #move(event) {
    const cell = event.target;
    if (!(cell instanceof HTMLInputElement) || cell.dataset.row === undefined) return;
    const step = STEPS[event.key];
    if (!step || event.ctrlKey || event.altKey || event.metaKey) return;
    if (step[1] && !this.#isAtEdge(cell, step[1])) return;
    event.preventDefault();
    const row = Number(cell.dataset.row) + (event.key === "Enter" && event.shiftKey ? -1 : step[0]);
    const column = Number(cell.dataset.column) + step[1];
    const next = this.querySelector(`[data-row="${row}"][data-column="${column}"]`);
    if (next instanceof HTMLInputElement) next.focus();
  }

  /**
   * Left and right leave a cell only from its end, or when all of it is selected.
   * @param {HTMLInputElement} cell
   * @param {number} direction
   */
  #isAtEdge(cell, direction) {
    const isAll = cell.selectionStart === 0 && cell.selectionEnd === cell.value.length;
    return isAll || (direction < 0 ? cell.selectionEnd === 0 : cell.selectionStart === cell.value.length);
  }
}

customElements.define("paper-grid", PaperGrid);

document.getElementById("question")?.focus();
