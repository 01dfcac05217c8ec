// @ts-check
/**
 * <glucose-chart src="..." label="...">: fetches a Plotly figure as JSON and draws it in its place.
 *
 * Figures carry no theme. Colours written as `var(--band-low)` become the page's, and are replaced
 * again when the appearance changes. Plotly (1.2 MB) is loaded when the chart comes near the view.
 *
 * Instants of a date axis come as milliseconds of the wall clock. Plotly would show such a number in
 * the browser's own zone, so they are written out as text without a zone before they are drawn.
 *
 * A figure whose `layout.meta` says `whole: false` is thinned; looking closer than `whole_ms` asks
 * the same address for that part (`zacetek`, `konec`: wall clock) and draws every reading of it.
 */

import { request } from "core/http.js";
import { slovenian } from "core/plotly-locale.js";
import { locale, word } from "core/words.js";

/** @type {Promise<any> | null} */
let plotly = null;

/** @returns {Promise<any>} */
function loadPlotly() {
  plotly ??= import("vendor/plotly-basic.min.js").then(() => {
    const library = /** @type {any} */ (globalThis).Plotly;
    library.register(slovenian);
    return library;
  });
  return plotly;
}

/**
 * The figure with `var(--name)` replaced by what the page's style sheet says now.
 * @param {any} node
 * @param {CSSStyleDeclaration} style
 * @returns {any}
 */
export function withColours(node, style) {
  if (typeof node === "string") {
    return node.replace(/var\((--[a-z0-9-]+)\)/g, (_, name) => style.getPropertyValue(name).trim());
  }
  if (Array.isArray(node)) return node.map((inner) => withColours(inner, style));
  if (node && typeof node === "object" && !ArrayBuffer.isView(node)) {
    return Object.fromEntries(
      Object.entries(node).map(([key, inner]) => [key, withColours(inner, style)]),
    );
  }
  return node;
}

/**
 * The quiet axes every chart has; a figure overrides what it must.
 * @param {CSSStyleDeclaration} style
 * @param {number} width in CSS pixels
 */
function quietLayout(style, width) {
  const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  const axis = {
    gridcolor: colour("--line"),
    linecolor: colour("--line-strong"),
    tickcolor: colour("--line-strong"),
    zeroline: false,
    fixedrange: false,
    automargin: true,
  };
  return {
    autosize: true,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    margin: { l: 44, r: 16, t: 16, b: 40 },
    font: { family: style.fontFamily, size: 14, color: colour("--muted") },
    hoverlabel: {
      bgcolor: colour("--ink"),
      bordercolor: colour("--ink"),
      font: { family: style.fontFamily, size: 15, color: colour("--ground") },
    },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: colour("--muted"), activecolor: colour("--accent") },
    hovermode: "closest",
    dragmode: "pan",
    separators: locale === "sl" ? ",." : ".,",
    showlegend: false,
    xaxis: { ...axis, tickangle: 0, nticks: ticksIn(width) },
    yaxis: { ...axis, showgrid: true },
  };
}

/** @param {number} width in CSS pixels */
function ticksIn(width) {
  return Math.max(3, Math.floor(width / 90));
}

/** Hours within a day, days beyond: the year says nothing on a chart of at most 90 days. */
function dayTicks() {
  const [clock, day] = locale === "sl" ? ["%-H.%M", "%-d. %b"] : ["%H:%M", "%-d %b"];
  const aDay = 24 * 60 * 60 * 1000;
  return [
    { dtickrange: [null, aDay - 1], value: `${clock}\n${day}` },
    { dtickrange: [aDay, null], value: day },
  ];
}

/**
 * @param {any} base
 * @param {any} own
 * @returns {any} `own` over `base`, plain objects merged
 */
function merged(base, own) {
  const result = { ...base };
  for (const [key, value] of Object.entries(own ?? {})) {
    const isPlain = value && typeof value === "object" && !Array.isArray(value);
    result[key] = isPlain ? merged(base?.[key], value) : value;
  }
  return result;
}

/** @param {unknown} ms milliseconds of the wall clock; anything else stays as it is */
function wallText(ms) {
  return typeof ms === "number" ? new Date(ms).toISOString().slice(0, 23).replace("T", " ") : ms;
}

/**
 * A figure with a date axis whose numbers are written out as moments without a zone.
 * @param {any} data
 * @param {any} layout
 * @returns {{ data: any, layout: any }}
 */
export function onWallClock(data, layout) {
  if (layout?.xaxis?.type !== "date") return { data, layout };
  const { range } = layout.xaxis;
  return {
    data: data?.map((/** @type {any} */ trace) => ({ ...trace, x: trace.x?.map(wallText) })),
    layout: {
      ...layout,
      xaxis: { ...layout.xaxis, ...(range ? { range: range.map(wallText) } : {}) },
      shapes: layout.shapes?.map((/** @type {any} */ shape) =>
        shape.xref === "paper"
          ? shape
          : { ...shape, x0: wallText(shape.x0), x1: wallText(shape.x1) },
      ),
    },
  };
}

/** @param {number | string} x a moment of the wall clock, as it is on the axis */
function momentWords(x) {
  const at = new Date(axisMs(x));
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const [hour, minute] = [at.getUTCHours(), two(at.getUTCMinutes())];
  const day = new Intl.DateTimeFormat(locale, {
    timeZone: "UTC",
    weekday: "long",
    day: "numeric",
    month: "long",
  }).format(at);
  return locale === "sl" ? `${day} ob ${hour}.${minute}` : `${day}, ${two(hour)}:${minute}`;
}

/**
 * Plotly gives the ends of a date axis as numbers or as text without a zone.
 * @param {number | string} end
 */
function axisMs(end) {
  if (typeof end === "number") return end;
  const [day, clock = "00:00"] = end.split(" ");
  return Date.parse(`${day}T${clock.slice(0, 12)}Z`);
}

/** @param {number} ms of the axis, which shows the wall clock as if it were UTC */
function wallClock(ms) {
  return new Date(ms).toISOString().slice(0, 16);
}

export class GlucoseChart extends HTMLElement {
  static observedAttributes = ["src"];

  #plot = document.createElement("div");
  #note = document.createElement("div");
  #readout = document.createElement("p");
  /** @type {any} */
  #figure = null;
  /** @type {AbortController | null} */
  #loading = null;
  #watch = new AbortController();
  /** @type {IntersectionObserver | null} */
  #sight = null;
  #isNear = false;
  /** The whole period while a part of it is drawn. @type {any} */
  #overview = null;
  /** Which part is drawn, in milliseconds of the axis. @type {[number, number] | null} */
  #part = null;
  #zooming = 0;
  #ticks = 0;
  #isHeard = false;
  #resized = new ResizeObserver(() => {
    if (this.#ticks && ticksIn(this.clientWidth) !== this.#ticks) void this.#draw();
  });

  connectedCallback() {
    this.#watch = new AbortController();
    const { signal } = this.#watch;
    this.setAttribute("role", "figure");
    this.setAttribute("aria-label", this.getAttribute("label") ?? "");
    this.#plot.className = "plot";
    this.#note.className = "chart-note";
    this.#note.hidden = true;
    this.#readout.className = "chart-readout";
    this.#readout.setAttribute("aria-live", "polite");
    this.#readout.textContent = word("chart_tap");
    this.replaceChildren(this.#plot, this.#readout, this.#note);
    const redraw = () => void this.#draw();
    document.documentElement.addEventListener("themechange", redraw, { signal });
    for (const query of ["(prefers-color-scheme: dark)", "print"]) {
      matchMedia(query).addEventListener("change", redraw, { signal });
    }
    this.#sight = new IntersectionObserver((entries) => this.#seen(entries), { rootMargin: "300px" });
    this.#sight.observe(this);
    this.#resized.observe(this);
  }

  disconnectedCallback() {
    this.#watch.abort();
    this.#loading?.abort();
    this.#sight?.disconnect();
    this.#resized.disconnect();
    /** @type {any} */ (globalThis).Plotly?.purge(this.#plot);
  }

  attributeChangedCallback() {
    if (this.#isNear) void this.load();
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #seen(entries) {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    this.#sight?.disconnect();
    this.#isNear = true;
    void this.load();
  }

  /** Fetch the figure (again) and draw it; the old one stays until the new one is here. */
  async load() {
    this.#loading?.abort();
    this.#loading = new AbortController();
    const { signal } = this.#loading;
    this.setAttribute("state", this.#figure ? "updating" : "loading");
    try {
      const [figure] = await Promise.all([
        request(this.getAttribute("src") ?? "", { signal }),
        loadPlotly(),
      ]);
      this.#figure = figure;
      this.#overview = null;
      this.#part = null;
      await this.#draw();
      this.#look();
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return;
      this.#fail();
    }
  }

  async #draw() {
    if (!this.#figure || !this.isConnected) return;
    const library = await loadPlotly();
    const style = getComputedStyle(this);
    const coloured = withColours(this.#figure, style);
    const { data, layout } = onWallClock(coloured.data, coloured.layout);
    const isEmpty = !data?.length;
    // The same word keeps what a hand has zoomed to when new readings or a closer look are drawn.
    const uirevision = this.getAttribute("src");
    this.#ticks = ticksIn(this.clientWidth);
    const quiet = quietLayout(style, this.clientWidth);
    if (layout?.xaxis?.type === "date") Object.assign(quiet.xaxis, { tickformatstops: dayTicks() });
    await library.react(this.#plot, data ?? [], merged(quiet, { ...layout, uirevision }), {
      responsive: true,
      displaylogo: false,
      locale,
      scrollZoom: false,
      modeBarButtons: [["resetScale2d", "toImage"]],
      toImageButtonOptions: { scale: 2, filename: "graf" },
    });
    if (!this.#isHeard) {
      this.#isHeard = true;
      /** @type {any} */ (this.#plot).on("plotly_relayout", (/** @type {any} */ change) => {
        if (Object.keys(change).some((key) => key.startsWith("xaxis."))) this.#look();
      });
      for (const event of ["plotly_click", "plotly_hover"]) {
        /** @type {any} */ (this.#plot).on(event, (/** @type {any} */ found) => {
          const says = found.points?.[0]?.data?.meta?.says;
          if (says) this.#readout.textContent = this.#readoutWords(found.points[0], says);
        });
      }
    }
    // The words beside the chart say the same; its hundreds of SVG texts would only be noise.
    for (const svg of this.#plot.querySelectorAll("svg.main-svg")) svg.setAttribute("aria-hidden", "true");
    this.#readout.hidden = !data?.some((/** @type {any} */ trace) => trace.meta?.says);
    this.#note.hidden = !isEmpty;
    if (isEmpty) this.#note.textContent = word("chart_empty");
    this.setAttribute("state", "ready");
    this.dispatchEvent(new CustomEvent("chart-ready", { bubbles: true }));
  }

  /** Wait until the hand rests, then show what the part in view needs. */
  #look() {
    clearTimeout(this.#zooming);
    this.#zooming = setTimeout(() => void this.#lookCloser(), 250);
  }

  async #lookCloser() {
    const overview = this.#overview ?? this.#figure;
    const meta = overview?.layout?.meta;
    if (!meta || meta.whole) return;
    const [from, to] = /** @type {any} */ (this.#plot).layout.xaxis.range.map(axisMs);
    if (to - from > meta.whole_ms) {
      if (this.#part) await this.#show(overview, null);
      return;
    }
    if (this.#part && this.#part[0] <= from && to <= this.#part[1]) return;
    const room = (meta.whole_ms - (to - from)) / 2;
    /** @type {[number, number]} */
    const part = [from - room, to + room];
    this.#loading?.abort();
    this.#loading = new AbortController();
    this.setAttribute("state", "updating");
    try {
      const url = new URL(this.getAttribute("src") ?? "", location.href);
      url.searchParams.set("zacetek", wallClock(part[0]));
      url.searchParams.set("konec", wallClock(part[1]));
      const closer = await request(url.href, { signal: this.#loading.signal });
      const layout = { ...overview.layout, shapes: closer.layout.shapes };
      await this.#show({ ...closer, layout }, part);
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return;
      this.setAttribute("state", "ready"); // the thinned line is still true
    }
  }

  /**
   * @param {any} figure
   * @param {[number, number] | null} part
   */
  async #show(figure, part) {
    this.#overview = part ? (this.#overview ?? this.#figure) : null;
    this.#part = part;
    this.#figure = figure;
    await this.#draw();
    this.toggleAttribute("closer", part !== null);
  }

  /**
   * What a point says, below the chart: on a phone a label beside the point does not fit.
   * @param {any} point
   * @param {{ value: string | null, unit: string, band: string, source: string }} says
   */
  #readoutWords(point, says) {
    const digits = says.unit === "mmol/L" ? 1 : 0;
    const shown = Array.isArray(point.customdata) ? point.customdata[0] : (point.customdata ?? point.y);
    const number = new Intl.NumberFormat(locale, {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
    const value = says.value ?? `${number.format(Number(shown))} ${says.unit}`;
    // On a clock axis the time stands beside the value.
    const when = Array.isArray(point.customdata) ? point.customdata[1] : momentWords(point.x);
    return [value, says.band, when, says.source].filter(Boolean).join(" · ");
  }

  #fail() {
    this.setAttribute("state", "failed");
    const again = Object.assign(document.createElement("button"), {
      type: "button",
      className: "button",
      textContent: word("try_again"),
    });
    again.addEventListener("click", () => {
      this.#note.hidden = true;
      void this.load();
    });
    this.#note.replaceChildren(
      Object.assign(document.createElement("span"), { textContent: word("chart_failed") }),
      again,
    );
    this.#note.hidden = false;
  }
}

customElements.define("glucose-chart", GlucoseChart);
