// @ts-check
/** Camera and microphone: opened together or one by one, with the reason where one does not open. */

const VIDEO = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 24, max: 30 } };
const AUDIO = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const NAMED = new Set(["NotAllowedError", "NotFoundError", "NotReadableError"]);

/**
 * @typedef {object} Opened
 * @property {MediaStream} stream holds what opened
 * @property {string | null} camera why the camera did not open; null: it did
 * @property {string | null} microphone
 */

/** @returns {Promise<Opened>} */
export async function openDevices() {
  const media = navigator.mediaDevices;
  if (!media?.getUserMedia) return { stream: new MediaStream(), camera: "other", microphone: "other" };
  try {
    // Both at once: the person is asked one question.
    const stream = await media.getUserMedia({ video: VIDEO, audio: AUDIO });
    return { stream, camera: null, microphone: null };
  } catch {
    const stream = new MediaStream();
    const camera = await add(stream, { video: VIDEO });
    const microphone = await add(stream, { audio: AUDIO });
    return { stream, camera, microphone };
  }
}

/**
 * @param {MediaStream} stream
 * @param {MediaStreamConstraints} wanted
 * @returns {Promise<string | null>}
 */
async function add(stream, wanted) {
  try {
    const found = await navigator.mediaDevices.getUserMedia(wanted);
    for (const track of found.getTracks()) stream.addTrack(track);
    return null;
  } catch (error) {
    return reasonOf(error);
  }
}

/**
 * The name of the fault as the words of the page know it.
 * @param {unknown} error
 */
export function reasonOf(error) {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "SecurityError") return "NotAllowedError";
  if (name === "OverconstrainedError") return "NotFoundError";
  return NAMED.has(name) ? name : "other";
}

/** @param {MediaStream | null | undefined} stream */
export function stop(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

/** The own sound with the shared screen. @param {MediaStream | null} own @param {MediaStream} shared */
export function mixed(own, shared) {
  return new MediaStream([...(own?.getAudioTracks() ?? []), ...shared.getVideoTracks()]);
}

/** Loudness of a stream's sound, in dB below full scale. */
export class Meter {
  #context = new AudioContext();
  #analyser = this.#context.createAnalyser();
  #samples = new Float32Array(2048);
  #timer = 0;
  /** The loudest moment so far. */
  peak = -100;

  /**
   * @param {MediaStream} stream with an audio track
   * @param {(level: number) => void} [show] gets 0 (silent) to 1 (full scale), ten times a second
   */
  constructor(stream, show) {
    this.#analyser.fftSize = this.#samples.length;
    this.#context.createMediaStreamSource(stream).connect(this.#analyser);
    void this.#context.resume();
    this.#timer = window.setInterval(() => {
      this.#analyser.getFloatTimeDomainData(this.#samples);
      const loudest = this.#samples.reduce((most, one) => Math.max(most, Math.abs(one)), 0);
      const level = loudest > 0 ? Math.max(-100, Math.min(0, 20 * Math.log10(loudest))) : -100;
      this.peak = Math.max(this.peak, level);
      show?.(Math.max(0, 1 + level / 60));
    }, 100);
  }

  stop() {
    clearInterval(this.#timer);
    if (this.#context.state !== "closed") void this.#context.close();
  }
}
