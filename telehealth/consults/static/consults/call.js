// @ts-check
/**
 * <call-page>: waiting room, then the call, on one page: camera and connection are kept when the
 * clinician lets the person in. The server says where everybody is (`consults:state`); media goes
 * directly between the browsers.
 */

import { announce } from "core/announce.js";
import { Problem, request } from "core/http.js";
import { ask, connection, join } from "core/live.js";
import { Meter, mixed, openDevices, stop } from "consults/devices.js";
import { Peer } from "consults/peer.js";
import { watchPanel, watchSelf } from "consults/stage.js";
import { CallView } from "consults/view.js";

const REPORT_MS = 10_000;
const MAX_EARLY = 200;

/** @typedef {{id: string, generation: number, polite: boolean, camera: boolean, role: string}} Other */
/** @typedef {{id: string, generation: number, place: string}} Me */
/** @typedef {{state: string, me: Me, peers: Other[], waiting: {id: string}[],
 *   names: Record<string, {name: string, for: string}>, revision: number}} Room */

class CallPage extends HTMLElement {
  /** @type {Record<string, string>} */
  #words = {};
  #view = new CallView(this, {});
  /** @type {Room | null} */
  #room = null;
  /** @type {MediaStream | null} */
  #own = null;
  /** @type {MediaStream | null} */
  #shared = null;
  /** @type {Meter | null} */
  #meter = null;
  /** @type {RTCConfiguration | null} */
  #ice = null;
  /** @type {Peer | null} */
  #peer = null;
  #peerKey = "";
  /** @type {any[]} signalling that came before we knew of its sender's connection */
  #early = [];
  #isOver = false;
  #timer = 0;
  #stopHearing = () => {};
  #devices = Promise.resolve();
  /** @type {Promise<unknown>} until the last description has arrived at the server */
  #described = Promise.resolve();
  /** States are handled one after the other: some wait for camera or server. */
  #queue = Promise.resolve();

  connectedCallback() {
    this.#words = JSON.parse(this.dataset.words ?? "{}");
    this.#view = new CallView(this, this.#words);
    if (!("RTCPeerConnection" in window)) {
      this.#view.show("camera-state", this.#words.no_call);
      return;
    }
    this.#view.part("enter")?.remove(); // the page comes in by itself
    this.addEventListener("click", (event) => this.#click(event));
    this.addEventListener("submit", (event) => void this.#submit(event));
    watchSelf(this.#view.video("self")?.parentElement ?? null);
    watchPanel(this);
    addEventListener("pagehide", () => this.#farewell());
    addEventListener("pageshow", (event) => event.persisted && location.reload());
    this.#devices = this.#openDevices();
    this.#stopHearing = join("consults:join", { room: this.dataset.room }, {
      joined: ({ room }) => this.#take(room),
      refused: (problem) => this.#refused(problem),
      on: {
        "consults:state": (room) => this.#take(room),
        "consults:description": (said) => this.#hear(said),
        "consults:candidate": (said) => this.#hear(said),
        "consults:replaced": () => this.#close(this.#words.replaced, true),
        ended: () => this.#close(this.#words.dismissed, false),
      },
    });
    this.#timer = window.setInterval(() => void this.#report(), REPORT_MS);
  }

  /** For tests and for support: what was received so far. */
  async stats() {
    const found = await this.#peer?.stats();
    return { state: this.#peer?.state ?? "none", place: this.#room?.me.place ?? "", ...found };
  }

  // --- devices

  async #openDevices() {
    for (const kind of ["camera", "microphone"]) this.#view.show(`${kind}-state`, this.#words.opening);
    const opened = await openDevices();
    if (this.#isOver) return stop(opened.stream);
    this.#own = opened.stream;
    this.#view.device("camera", opened.camera);
    this.#view.device("microphone", opened.microphone);
    for (const part of ["preview", "self"]) {
      const video = this.#view.video(part);
      if (video) video.srcObject = opened.stream;
    }
    const note = this.#view.part("preview-note");
    if (note) note.hidden = !opened.camera;
    if (note && opened.camera) note.textContent = this.#words[`camera_${opened.camera}`];
    const level = this.#view.part("level");
    if (level instanceof HTMLMeterElement && !opened.microphone) {
      level.hidden = false;
      this.#meter = new Meter(opened.stream, (loud) => {
        level.value = loud;
      });
    }
  }

  // --- the room

  /** @param {Room} room */
  #take(room) {
    this.#queue = this.#queue.then(() => this.#follow(room)).catch((error) => console.warn(error));
  }

  /** @param {Room} room */
  async #follow(room) {
    const before = this.#room;
    // Two messages of the server may overtake each other: an older state never replaces a newer one.
    if (this.#isOver || (before && room.revision < before.revision)) return;
    this.#room = room;
    if (room.state === "ended") return this.#ended();
    const { place } = room.me;
    if (place === "waiting") {
      this.#showLobby(before);
    } else if (place === "left") {
      this.#close(this.#words.dismissed, false);
    } else {
      await this.#inside(before);
    }
    this.#view.waiting(room);
  }

  /** @param {Room | null} before */
  #showLobby(before) {
    this.#dropPeer();
    this.#view.stage(false);
    const title = this.#view.part("place")?.querySelector("h2");
    if (title) title.textContent = this.#words.waiting;
    if (before && before.me.place !== "waiting") announce(this.#words.waiting);
  }

  /** @param {Room | null} before */
  async #inside(before) {
    const isNew = before?.me.generation !== this.#room?.me.generation || before?.me.place === "waiting";
    this.#view.stage(true);
    this.#meter?.stop();
    if (isNew) announce(this.#words.admitted);
    await this.#devices;
    if (isNew || !this.#ice) this.#ice = await this.#fresh();
    if (isNew) this.#sayMedia();
    this.#meetPeer(before);
  }

  async #fresh() {
    const { iceServers, iceTransportPolicy } = await request(this.dataset.ice ?? "");
    return { iceServers, iceTransportPolicy };
  }

  /** @param {Room | null} before */
  #meetPeer(before) {
    const room = /** @type {Room} */ (this.#room);
    const other = room.peers[0];
    const hadPeer = this.#peer !== null;
    const key = other ? `${room.me.generation}:${other.id}:${other.generation}` : "";
    if (key !== this.#peerKey) {
      this.#dropPeer();
      this.#peerKey = key;
      if (other) this.#meet(other);
    }
    if (!other) {
      const isHost = this.#view.part("people") !== null;
      if (hadPeer) this.#view.wait(this.#words.left);
      else if (!before?.peers.length) this.#view.wait(isHost ? this.#words.nobody : this.#words.alone);
    }
    this.#view.video("remote")?.classList.toggle("is-off", Boolean(other) && !other.camera);
    if (other && !other.camera && this.#peer?.state === "connected") this.#view.note(this.#words.camera_off);
    else this.#view.note("");
    this.#view.standsFor(other && room.names[other.id]);
  }

  /** @param {Other} other */
  #meet(other) {
    const me = /** @type {Room} */ (this.#room).me;
    const address = { generation: me.generation, to: other.id, to_generation: other.generation };
    this.#view.wait(this.#words.connecting);
    const sent = this.#shared ? mixed(this.#own, this.#shared) : this.#own;
    this.#peer = new Peer(/** @type {RTCConfiguration} */ (this.#ice), other.polite, sent, {
      send: (kind, body) => this.#send(kind, { ...address, ...body }),
      fresh: () => this.#fresh(),
      heard: (stream) => {
        const remote = this.#view.video("remote");
        if (remote && remote.srcObject !== stream) remote.srcObject = stream;
      },
      changed: (state) => this.#peerChanged(state),
    });
    const waiting = this.#early.splice(0);
    for (const said of waiting) this.#hear(said);
  }

  /**
   * Descriptions go one after the other, candidates after the description they belong to: the
   * server handles messages side by side, so two on their way at once may change places.
   * @param {"description" | "candidate"} kind @param {any} message
   */
  #send(kind, message) {
    const sent = this.#described
      .then(() => ask(`consults:${kind}`, message))
      .catch((problem) => this.#unsent(problem));
    if (kind === "description") this.#described = sent;
    return sent;
  }

  /** @param {any} said */
  #hear(said) {
    // For this very pair of connections, or kept until ours is made (then old ones fall away).
    const key = `${said.to_generation}:${said.from}:${said.from_generation}`;
    if (this.#peer && key === this.#peerKey) this.#peer.take(said);
    else if (this.#early.length < MAX_EARLY) this.#early.push(said);
    else this.#early = [said];
  }

  /** @param {string} state */
  #peerChanged(state) {
    this.dataset.peer = state;
    this.#view.show("signal", state === "connected" ? "" : this.#words[state]);
    if (state === "connected") this.#view.wait("");
    else this.#view.wait(this.#words[state]);
    announce(this.#words[state]);
  }

  /** @param {unknown} problem */
  #unsent(problem) {
    // Offline: joining again makes new connections. Refused: the next state says why.
    if (problem instanceof Problem && problem.status === 404) this.#close(this.#words.dismissed, false);
  }

  #dropPeer() {
    this.#peer?.close();
    this.#peer = null;
    this.#peerKey = "";
    delete this.dataset.peer;
    const remote = this.#view.video("remote");
    if (remote) remote.srcObject = null; // no frozen last picture
  }

  // --- what the person does

  /** @param {Event} event */
  #click(event) {
    const button = event.target instanceof Element ? event.target.closest("[data-does]") : null;
    if (!(button instanceof HTMLButtonElement)) return;
    const does = button.dataset.does;
    if (does === "leave") void this.#leave();
    if (does === "share") void this.#share();
    if (does === "again") location.reload();
    if (does === "camera" || does === "microphone") this.#toggle(does);
  }

  /** @param {"camera" | "microphone"} kind */
  #toggle(kind) {
    const track = this.#track(kind);
    if (!track) return;
    track.enabled = !track.enabled;
    this.#view.press(this.#view.button(kind), track.enabled);
    this.#sayMedia();
  }

  async #share() {
    if (this.#shared) return this.#unshare();
    try {
      this.#shared = await navigator.mediaDevices.getDisplayMedia({ video: true });
    } catch {
      announce(this.#words.share_failed);
      return;
    }
    const [track] = this.#shared.getVideoTracks();
    track.onended = () => void this.#unshare();
    await this.#peer?.replace(track, this.#shared);
    this.#shows(this.#shared, true);
  }

  async #unshare() {
    stop(this.#shared);
    this.#shared = null;
    const camera = this.#track("camera");
    if (camera && this.#own) await this.#peer?.replace(camera, this.#own);
    this.#shows(this.#own, false);
  }

  /** @param {MediaStream | null} stream @param {boolean} isScreen */
  #shows(stream, isScreen) {
    const self = this.#view.video("self");
    if (self) self.srcObject = stream;
    self?.toggleAttribute("data-shares", isScreen);
    this.#view.press(this.#view.button("share"), isScreen);
    this.#sayMedia();
  }

  /** Letting in goes by the form's own address, without leaving the page. @param {SubmitEvent} event */
  async #submit(event) {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.classList.contains("waiting-row")) return;
    event.preventDefault();
    try {
      await request(form.action, { form: new FormData(form) });
    } catch (problem) {
      this.#view.note(problem instanceof Error ? problem.message : "");
    }
  }

  #sayMedia() {
    if (!this.#room) return;
    const camera = Boolean(this.#shared) || (this.#track("camera")?.enabled ?? false);
    const microphone = this.#track("microphone")?.enabled ?? false;
    const said = { generation: this.#room.me.generation, camera, microphone };
    void ask("consults:media", said).catch((problem) => this.#unsent(problem));
  }

  async #report() {
    if (!this.#peer || !this.#room || this.#peer.state !== "connected") return;
    const found = await this.#peer.stats();
    const isVideo = this.#room.peers[0]?.camera ?? false;
    const advice = await ask("consults:quality", {
      generation: this.#room.me.generation,
      camera: isVideo,
      rtt_ms: found.rttMs,
      loss_pct: found.lossPct,
      jitter_ms: found.jitterMs,
      frames_per_s: isVideo ? found.framesPerSecond : null,
    }).catch(() => null);
    if (!advice || this.#peer?.state !== "connected") return;
    this.#view.show("signal", advice.level === "good" ? "" : advice.advice);
    if (advice.step === "lower_video") await this.#peer.lowerVideo();
  }

  async #leave() {
    const generation = this.#room?.me.generation;
    this.#isOver = true;
    if (generation) await ask("consults:leave", { generation }).catch(() => null);
    this.#shut();
    location.assign(this.dataset.back ?? "/");
  }

  #farewell() {
    if (this.#isOver || !this.#room) return;
    connection().emit("consults:leave", { generation: this.#room.me.generation });
    this.#shut();
  }

  // --- the end

  #ended() {
    announce(this.#words.ended);
    this.#isOver = true;
    this.#shut();
    location.reload(); // the server shows what there is after a call
  }

  /** @param {Problem} problem */
  #refused(problem) {
    if (problem.code === "ended" || problem.code === "not_joinable") return this.#ended();
    this.#close(problem.message, false);
  }

  /** @param {string} sentence @param {boolean} isElsewhere */
  #close(sentence, isElsewhere) {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#shut();
    const again = this.#view.button("again");
    if (again) again.hidden = !isElsewhere;
    const title = this.#view.part("place")?.querySelector("h2");
    if (title) title.textContent = sentence;
    this.#view.wait(sentence);
    announce(sentence);
  }

  #shut() {
    clearInterval(this.#timer);
    this.#stopHearing();
    this.#dropPeer();
    this.#meter?.stop();
    stop(this.#own);
    stop(this.#shared);
  }

  /** @param {string} kind */
  #track(kind) {
    const tracks = kind === "camera" ? this.#own?.getVideoTracks() : this.#own?.getAudioTracks();
    return tracks?.[0];
  }
}

customElements.define("call-page", CallPage);
