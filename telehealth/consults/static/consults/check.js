// @ts-check
/**
 * <device-check>: measures camera, microphone, echo and relay; the server says what it means.
 * Nothing is kept. Every step says in words what it does, and waits for nobody longer than seconds.
 */

import { announce } from "core/announce.js";
import { Problem, request } from "core/http.js";
import { Meter, openDevices, stop } from "consults/devices.js";

const SPEAK_MS = 4_000;
const FRAMES_MS = 1_500;
const CONNECT_MS = 8_000;
const LISTEN_MS = 3_000;
const RELAY_MS = 5_000;

const pause = (/** @type {number} */ ms) => new Promise((done) => setTimeout(done, ms));

class DeviceCheck extends HTMLElement {
  /** @type {Record<string, string>} */
  #words = {};
  /** @type {MediaStream | null} */
  #own = null;
  /** @type {RTCPeerConnection | null} */
  #pc = null;
  #echoId = "";
  /** @type {Record<string, any>} */
  #results = {};
  #isRunning = false;

  connectedCallback() {
    this.#words = JSON.parse(this.dataset.words ?? "{}");
    const start = this.#part("start");
    if (start) start.hidden = false;
    this.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest("[data-does]") : null;
      const does = button instanceof HTMLElement ? button.dataset.does : "";
      if (does === "start") void this.#run();
      if (does === "heard" || does === "silent") void this.#heard(does === "heard");
      if (does === "tone") void this.#tone();
    });
    addEventListener("pagehide", () => this.#shut());
  }

  async #run() {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#shut();
    this.#results = {};
    for (const part of ["ready", "not-ready", "heard"]) this.#hide(part, true);
    this.#button("start")?.setAttribute("aria-disabled", "true");
    const opened = await openDevices();
    this.#own = opened.stream;
    await Promise.all([this.#camera(opened.camera), this.#microphone(opened.microphone)]);
    await this.#judge();
    await Promise.all([this.#echo(), this.#relay()]);
    await this.#judge();
    if (!opened.microphone) this.#askHeard();
    else this.#finish();
    this.#isRunning = false;
    const button = this.#button("start");
    button?.removeAttribute("aria-disabled");
    button?.classList.remove("button-primary");
    button?.lastChild?.replaceWith(this.#saying("again"));
  }

  /** @param {string | null} problem */
  async #camera(problem) {
    if (problem) {
      this.#results.camera = { problem };
      const note = this.#part("preview-note");
      if (note) note.textContent = this.#words[`camera_${problem}`];
      return;
    }
    this.#say("camera", this.#words.opening);
    const preview = /** @type {HTMLVideoElement} */ (this.#part("preview"));
    preview.srcObject = this.#own;
    this.#hide("preview-note", true);
    await preview.play().catch(() => null);
    const before = preview.getVideoPlaybackQuality().totalVideoFrames;
    await pause(FRAMES_MS);
    const frames = preview.getVideoPlaybackQuality().totalVideoFrames - before;
    this.#results.camera = { height_px: preview.videoHeight, frames_per_s: (1000 * frames) / FRAMES_MS };
  }

  /** @param {string | null} problem */
  async #microphone(problem) {
    if (problem || !this.#own) {
      this.#results.microphone = { problem };
      return;
    }
    this.#ask("speak");
    const level = /** @type {HTMLMeterElement} */ (this.#part("level"));
    level.hidden = false;
    const meter = new Meter(this.#own, (loud) => {
      level.value = loud;
    });
    await pause(SPEAK_MS);
    meter.stop();
    level.hidden = true;
    this.#ask("");
    this.#results.microphone = { peak_dbfs: meter.peak };
  }

  /** The way to the media node and back. */
  async #echo() {
    if (!this.#own?.getTracks().length) return;
    this.#say("network", this.#words.connecting);
    const pc = (this.#pc = new RTCPeerConnection());
    for (const track of this.#own.getTracks()) pc.addTrack(track, this.#own);
    pc.ontrack = ({ streams }) => {
      const echo = /** @type {HTMLAudioElement} */ (this.#part("echo"));
      if (streams[0]) echo.srcObject = streams[0];
    };
    try {
      await pc.setLocalDescription();
      const sdp = pc.localDescription?.sdp ?? "";
      const answer = await request(this.dataset.echo ?? "", { json: { sdp } });
      this.#echoId = answer.session_id;
      await pc.setRemoteDescription({ type: "answer", sdp: answer.answer_sdp });
    } catch (problem) {
      this.#results.network = { is_node_there: false };
      if (problem instanceof Problem && problem.isOffline) this.#results.network = { is_node_there: true };
      return;
    }
    const isConnected = await connected(pc);
    this.#results.network = { is_node_there: true, is_connected: isConnected };
    if (!isConnected) return;
    await pause(LISTEN_MS);
    Object.assign(this.#results.network, await received(pc));
    this.dataset.echoed = this.#results.network.echoed;
    delete this.#results.network.echoed;
  }

  /** Whether the relay gives an address, where one is set up. */
  async #relay() {
    const configuration = await request(this.dataset.ice ?? "").catch(() => null);
    const servers = configuration?.iceServers ?? [];
    const hasRelay = servers.some((/** @type {any} */ one) => one.credential);
    this.#results.relay = { is_configured: hasRelay };
    if (!hasRelay) return;
    const began = performance.now();
    const pc = new RTCPeerConnection({ iceServers: servers, iceTransportPolicy: "relay" });
    const found = new Promise((done) => {
      pc.onicecandidate = ({ candidate }) => candidate?.candidate && done(true);
      setTimeout(() => done(false), RELAY_MS);
    });
    pc.createDataChannel("probe");
    await pc.setLocalDescription();
    const is_found = await found;
    this.#results.relay = { is_configured: true, is_found, took_ms: performance.now() - began };
    pc.close();
  }

  #askHeard() {
    this.#ask(this.#pc?.connectionState === "connected" ? "listen" : "tone");
    this.#hide("heard", false);
    if (this.#pc?.connectionState !== "connected") void this.#tone();
    this.#button("heard")?.focus();
  }

  /** @param {boolean} isHeard */
  async #heard(isHeard) {
    this.#results.speaker = { is_heard: isHeard };
    this.#hide("heard", true);
    this.#ask("");
    await this.#judge();
    this.#finish();
  }

  async #tone() {
    const context = new AudioContext();
    const volume = context.createGain();
    volume.gain.value = 0.2;
    volume.connect(context.destination);
    for (const [at, frequency] of [[0, 523], [0.35, 659], [0.7, 784]]) {
      const tone = context.createOscillator();
      tone.frequency.value = frequency;
      tone.connect(volume);
      tone.start(context.currentTime + at);
      tone.stop(context.currentTime + at + 0.3);
    }
    await pause(1_300);
    await context.close();
  }

  /** Ask the server what the measurements mean, and show its sentences. */
  async #judge() {
    try {
      const found = await request(this.dataset.verdicts ?? "", { json: this.#results });
      for (const { step, outcome, sentence } of found.verdicts) {
        if (step in this.#results) this.#verdict(step, outcome, sentence);
      }
      this.dataset.ready = String(found.is_ready);
    } catch (problem) {
      this.#say("network", problem instanceof Error ? problem.message : "");
    }
  }

  #finish() {
    const part = this.dataset.ready === "true" ? "ready" : "not-ready";
    this.#hide(part, false);
    this.#part(part)?.focus();
    this.#shut();
  }

  /** @param {string} step @param {string} outcome @param {string} sentence */
  #verdict(step, outcome, sentence) {
    this.#say(step, sentence);
    const line = this.querySelector(`[data-step="${step}"]`);
    for (const badge of line?.querySelectorAll("[data-outcome]") ?? []) {
      if (badge instanceof HTMLElement) badge.hidden = badge.dataset.outcome !== outcome;
    }
    if (line instanceof HTMLElement) line.dataset.found = outcome;
  }

  /** @param {string} step @param {string} sentence */
  #say(step, sentence) {
    const place = this.querySelector(`[data-step="${step}"] [data-part="sentence"]`);
    if (place) place.textContent = sentence;
  }

  /** @param {string} key "" takes the request away */
  #ask(key) {
    const place = this.#part("ask");
    if (!place) return;
    place.textContent = key ? this.#saying(key) : "";
    place.hidden = !key;
    if (key) announce(this.#saying(key));
  }

  /** @param {string} key */
  #saying(key) {
    return this.#part("sayings")?.dataset[key] ?? "";
  }

  #shut() {
    if (this.#echoId) void request(`${this.dataset.echo}/${this.#echoId}`, { method: "DELETE" }).catch(() => null);
    this.#echoId = "";
    this.#pc?.close();
    this.#pc = null;
    stop(this.#own);
    const preview = this.#part("preview");
    if (preview instanceof HTMLVideoElement) preview.srcObject = null;
    this.#hide("preview-note", false);
  }

  /** @param {string} part @param {boolean} isHidden */
  #hide(part, isHidden) {
    const found = this.#part(part);
    if (found) found.hidden = isHidden;
  }

  /** @param {string} name @returns {HTMLElement | null} */
  #part(name) {
    return this.querySelector(`[data-part="${name}"]`);
  }

  /** @param {string} does @returns {HTMLElement | null} */
  #button(does) {
    return this.querySelector(`[data-does="${does}"]`);
  }
}

/** @param {RTCPeerConnection} pc @returns {Promise<boolean>} */
function connected(pc) {
  return new Promise((done) => {
    const look = () => {
      if (pc.connectionState === "connected") done(true);
      if (pc.connectionState === "failed" || pc.connectionState === "closed") done(false);
    };
    pc.addEventListener("connectionstatechange", look);
    setTimeout(() => done(false), CONNECT_MS);
    look();
  });
}

/** What came back over the connection. @param {RTCPeerConnection} pc */
async function received(pc) {
  let rtt_ms = null;
  let lost = 0;
  let arrived = 0;
  for (const one of (await pc.getStats()).values()) {
    if (one.type === "candidate-pair" && one.nominated && one.currentRoundTripTime !== undefined) {
      rtt_ms = one.currentRoundTripTime * 1000;
    }
    if (one.type === "inbound-rtp") {
      lost += Math.max(one.packetsLost ?? 0, 0);
      arrived += one.packetsReceived ?? 0;
    }
  }
  const all = lost + arrived;
  return { rtt_ms, loss_pct: all ? (100 * lost) / all : null, echoed: String(arrived) };
}

customElements.define("device-check", DeviceCheck);
