// The live stream: opened by fetch(), as an EventSource cannot send the token's header, and opened again whenever it ends.

import { ask, events, Refusal } from "./api.js";

const SILENCE = 8_000;
const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 15_000;

export class Stream {
  #token;
  #listener;
  #stopped = false;
  #abort = new AbortController();
  #lostSince = null;

  /**
   * @param listener {series(Series), overview(Overview), lost(Date, Refusal | null), refused(Refusal)}; `refused` ends the stream
   */
  constructor(token, listener) {
    this.#token = token;
    this.#listener = listener;
  }

  async run() {
    let wait = FIRST_WAIT;
    let everOpen = false;
    while (!this.#stopped) {
      let refusal = null;
      let ended = false;
      try {
        await this.#once(() => {
          wait = FIRST_WAIT;
          everOpen = true;
        });
        ended = this.#lostSince === null && everOpen;
      } catch (failure) {
        if (failure instanceof Refusal) refusal = failure;
      }
      if (this.#stopped) return;
      if (refusal?.status === 401 || refusal?.status === 404 || (refusal && !everOpen)) {
        this.#stopped = true;
        this.#listener.refused(refusal);
        return;
      }
      if (ended) {
        // In order: the node ends each stream after a while, to look at the token anew. Whatever is wrong shows in the next one.
        await this.#pause(200);
        continue;
      }
      this.#lostSince ??= new Date();
      this.#listener.lost(this.#lostSince, refusal);
      const asked = refusal?.retryAfter ? refusal.retryAfter * 1000 : 0;
      await this.#pause(Math.max(asked, wait * (0.75 + Math.random() / 2)));
      wait = Math.min(LONGEST_WAIT, wait * 2);
    }
  }

  stop() {
    this.#stopped = true;
    this.#abort.abort();
  }

  async #once(opened) {
    this.#abort = new AbortController();
    const abort = this.#abort;
    let watchdog = setTimeout(() => abort.abort(), SILENCE);
    try {
      const response = await ask("/api/v1/overview", this.#token, { headers: { Accept: "text/event-stream" }, signal: abort.signal });
      for await (const event of events(response.body)) {
        clearTimeout(watchdog);
        watchdog = setTimeout(() => abort.abort(), SILENCE);
        if (this.#stopped) return;
        if (event.name === "series") this.#listener.series(JSON.parse(event.data));
        if (event.name === "overview") {
          opened();
          this.#lostSince = null;
          this.#listener.overview(JSON.parse(event.data));
        }
      }
    } finally {
      clearTimeout(watchdog);
    }
  }

  /** Waits, but not once the browser is online again. */
  #pause(milliseconds) {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        removeEventListener("online", end);
        resolve();
      };
      const timer = setTimeout(end, milliseconds);
      addEventListener("online", end);
    });
  }
}
