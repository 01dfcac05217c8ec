// @ts-check
/** One connection to one other person: perfect negotiation, ICE restarts, a summary of statistics. */

const GRACE_MS = 3_000;
const CONNECT_MS = 12_000;
const MAX_RESTARTS = 4;

/**
 * @typedef {object} Way
 * @property {(kind: "description" | "candidate", body: any) => Promise<unknown>} send passes a
 *   signalling message to the other person
 * @property {() => Promise<RTCConfiguration>} fresh asks the server for fresh ICE servers
 * @property {(stream: MediaStream) => void} heard the other's sound and picture
 * @property {(state: string) => void} changed "connecting", "connected", "reconnecting" or "lost"
 */

export class Peer {
  /** @type {RTCPeerConnection} */
  #pc;
  #isPolite;
  #way;
  #makesOffer = false;
  #ignoresOffer = false;
  #restarts = 0;
  #timer = 0;
  /** @type {RTCIceCandidateInit[]} */
  #early = [];
  /** @type {MediaStream} */
  #stream = new MediaStream();
  /** What arrives is handled one after the other: each step waits for the browser. */
  #queue = Promise.resolve();
  #watch = new AbortController();
  /** @type {{received: number, lost: number} | null} */
  #before = null;

  /**
   * @param {RTCConfiguration} configuration
   * @param {boolean} isPolite whether this side yields when both offer at once
   * @param {MediaStream | null} own
   * @param {Way} way
   */
  constructor(configuration, isPolite, own, way) {
    this.#isPolite = isPolite;
    this.#way = way;
    this.#pc = new RTCPeerConnection(configuration);
    this.#pc.onnegotiationneeded = () => void this.#offer();
    this.#pc.onicecandidate = ({ candidate }) => {
      void this.#way.send("candidate", { candidate: candidate ? candidate.toJSON() : null });
    };
    this.#pc.ontrack = ({ track }) => {
      this.#stream.addTrack(track);
      this.#way.heard(this.#stream);
    };
    this.#pc.onconnectionstatechange = () => this.#judge();
    for (const track of own?.getTracks() ?? []) this.#pc.addTrack(track, /** @type {MediaStream} */ (own));
    addEventListener("online", () => void this.restart(true), { signal: this.#watch.signal });
    this.#way.changed("connecting");
    this.#timer = window.setTimeout(() => void this.restart(), CONNECT_MS);
  }

  async #offer() {
    try {
      this.#makesOffer = true;
      await this.#pc.setLocalDescription();
      await this.#sendDescription();
    } catch (error) {
      if (this.#pc.signalingState !== "closed") console.warn("offer failed", error);
    } finally {
      this.#makesOffer = false;
    }
  }

  async #sendDescription() {
    const found = this.#pc.localDescription;
    if (found) await this.#way.send("description", { description: { type: found.type, sdp: found.sdp } });
  }

  /**
   * Take a message of the other side.
   * @param {{description?: RTCSessionDescriptionInit, candidate?: RTCIceCandidateInit | null}} said
   */
  take(said) {
    this.#queue = this.#queue
      .then(() => (said.description ? this.#describe(said.description) : this.#candidate(said.candidate)))
      .catch((error) => console.warn("message of the other side failed", error));
  }

  /** @param {RTCSessionDescriptionInit} description */
  async #describe(description) {
    const pc = this.#pc;
    const collides =
      description.type === "offer" && (this.#makesOffer || pc.signalingState !== "stable");
    this.#ignoresOffer = !this.#isPolite && collides;
    if (this.#ignoresOffer || pc.signalingState === "closed") return;
    await pc.setRemoteDescription(description);
    for (const candidate of this.#early.splice(0)) await pc.addIceCandidate(candidate);
    if (description.type === "offer") {
      await pc.setLocalDescription();
      await this.#sendDescription();
    }
  }

  /** @param {RTCIceCandidateInit | null | undefined} candidate */
  async #candidate(candidate) {
    if (!candidate || this.#pc.signalingState === "closed") return;
    if (!this.#pc.remoteDescription) {
      this.#early.push(candidate);
      return;
    }
    try {
      await this.#pc.addIceCandidate(candidate);
    } catch (error) {
      if (!this.#ignoresOffer) throw error; // candidates of an offer we ignored belong to nothing
    }
  }

  #judge() {
    clearTimeout(this.#timer);
    const state = this.#pc.connectionState;
    if (state === "connected") {
      this.#restarts = 0;
      this.#way.changed("connected");
    } else if (state === "disconnected") {
      this.#way.changed("reconnecting");
      this.#timer = window.setTimeout(() => void this.restart(), GRACE_MS);
    } else if (state === "failed") {
      void this.restart();
    }
  }

  /**
   * Find a new way to the other side, with names for the relay that have not run out.
   * @param {boolean} [isForced] also while the connection still seems to work
   */
  async restart(isForced = false) {
    const { connectionState } = this.#pc;
    if (connectionState === "closed" || (connectionState === "connected" && !isForced)) return;
    if (this.#restarts >= MAX_RESTARTS) {
      this.#way.changed("lost");
      return;
    }
    this.#restarts += 1;
    this.#way.changed("reconnecting");
    try {
      this.#pc.setConfiguration(await this.#way.fresh());
    } catch {
      // The server cannot be reached now: the old servers may still do.
    }
    if (this.#pc.signalingState === "closed") return;
    this.#pc.restartIce();
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.restart(), 2 * GRACE_MS);
  }

  /**
   * Send another track in place of the one of the same kind.
   * @param {MediaStreamTrack} track
   * @param {MediaStream} stream
   */
  async replace(track, stream) {
    const sender = this.#pc.getSenders().find((one) => one.track?.kind === track.kind);
    if (sender) await sender.replaceTrack(track);
    else this.#pc.addTrack(track, stream);
  }

  /** Send a smaller picture: for an uneven connection. */
  async lowerVideo() {
    const sender = this.#pc.getSenders().find((one) => one.track?.kind === "video");
    if (!sender) return;
    const parameters = sender.getParameters();
    for (const encoding of parameters.encodings) {
      encoding.maxBitrate = 150_000;
      encoding.scaleResolutionDownBy = 2;
    }
    await sender.setParameters(parameters);
  }

  /** How the last seconds were received, and what was counted since the beginning. */
  async stats() {
    const found = { framesDecoded: 0, framesPerSecond: 0, jitterMs: 0, rttMs: 0, received: 0, lost: 0 };
    for (const one of (await this.#pc.getStats()).values()) {
      if (one.type === "inbound-rtp") {
        found.received += one.packetsReceived ?? 0;
        found.lost += Math.max(one.packetsLost ?? 0, 0);
        found.jitterMs = Math.max(found.jitterMs, (one.jitter ?? 0) * 1000);
        found.framesDecoded += one.framesDecoded ?? 0;
        if (one.kind === "video") found.framesPerSecond = one.framesPerSecond ?? 0;
      } else if (one.type === "candidate-pair" && one.nominated && one.currentRoundTripTime) {
        found.rttMs = one.currentRoundTripTime * 1000;
      }
    }
    const before = this.#before ?? { received: 0, lost: 0 };
    const lost = found.lost - before.lost;
    const all = lost + found.received - before.received;
    this.#before = { received: found.received, lost: found.lost };
    return { ...found, lossPct: all > 0 ? Math.max(0, (100 * lost) / all) : 0 };
  }

  /** "new", "connecting", "connected", "disconnected", "failed" or "closed". */
  get state() {
    return this.#pc.connectionState;
  }

  close() {
    clearTimeout(this.#timer);
    this.#watch.abort();
    this.#pc.onconnectionstatechange = null;
    this.#pc.close();
  }
}
