// What the charts draw: counts in buckets of two seconds. The node sends what it has once; from there on the differences between overviews fill in.

const BUCKETS = 240;
const MEAN = 5;

export class Series {
  #step = 2;
  #from = 0;
  #columns = new Map();
  #last = null; // what the overview before told; null where there was none since the node sent its counts
  #length = 0;

  /** Begins anew with what the node has. */
  load(series) {
    this.#step = series.step_seconds;
    this.#from = Date.parse(series.from) / 1000;
    this.#columns.clear();
    this.#last = null;
    this.#length = Math.min(BUCKETS, series.total.raw.length);
    const put = (name, counts) => counts && this.#columns.set(name, counts.slice(-this.#length));
    const skipped = series.total.raw.length - this.#length;
    this.#from += skipped * this.#step;
    put("total/raw", series.total.raw);
    put("total/valid", series.total.valid);
    for (const [id, counts] of Object.entries(series.sessions ?? {})) {
      put(`session/${id}/raw`, counts.raw);
      put(`session/${id}/valid`, counts.valid);
    }
    for (const [id, counts] of Object.entries(series.devices ?? {})) put(`device/${id}/raw`, counts.raw);
  }

  /** Adds what was counted since the overview before. */
  add(overview) {
    const now = Date.parse(overview.now) / 1000;
    if (this.#length === 0) this.#from = Math.floor(now / this.#step) * this.#step;
    this.#reach(now);
    const index = Math.floor((now - this.#from) / this.#step);
    if (index < 0 || index >= this.#length) return;
    const seen = new Map();
    const more = (name, value, total) => {
      seen.set(name, value);
      // What the overview before did not know began since.
      const grown = this.#last === null ? 0 : Math.max(0, value - (this.#last.get(name) ?? 0));
      this.#column(name)[index] += grown;
      if (total) this.#column(total)[index] += grown;
    };
    for (const session of overview.sessions) {
      more(`session/${session.session_id}/raw`, session.raw, "total/raw");
      more(`session/${session.session_id}/valid`, session.valid, "total/valid");
    }
    for (const device of overview.devices) more(`device/${device.device_id}/raw`, device.raw);
    this.#last = seen;
  }

  /** The middle of each whole bucket, in seconds since 1970. */
  times() {
    return Array.from({ length: this.#whole() }, (_, i) => this.#from + (i + 0.5) * this.#step);
  }

  /** Per minute, a mean over the last ten seconds, for each whole bucket. */
  perMinute(name) {
    const counts = this.#columns.get(name);
    const rates = new Array(this.#whole()).fill(0);
    if (!counts) return rates;
    let sum = 0;
    for (let i = 0; i < rates.length; i++) {
      sum += counts[i] - (i >= MEAN ? counts[i - MEAN] : 0);
      rates[i] = (sum * 60) / this.#step / Math.min(MEAN, i + 1);
    }
    return rates;
  }

  /** Where the time axis begins and ends. */
  span() {
    const end = this.#from + this.#length * this.#step;
    return [end - BUCKETS * this.#step, end];
  }

  #whole() {
    return Math.max(0, this.#length - 1); // the last one is still being filled
  }

  #column(name) {
    let counts = this.#columns.get(name);
    if (!counts) this.#columns.set(name, (counts = new Array(this.#length).fill(0)));
    return counts;
  }

  #reach(now) {
    const wanted = Math.floor((now - this.#from) / this.#step) + 1;
    if (wanted <= this.#length) return;
    // Away for longer than the chart is wide: what was drawn is all gone.
    if (wanted - this.#length > BUCKETS) {
      this.#columns.clear();
      this.#from = Math.floor(now / this.#step) * this.#step;
      this.#length = 1;
      return;
    }
    const dropped = Math.max(0, wanted - BUCKETS);
    for (const [name, counts] of this.#columns) {
      while (counts.length < wanted) counts.push(0);
      if (dropped > 0) counts.splice(0, dropped);
      if (dropped > 0 && !name.startsWith("total/") && counts.every((each) => each === 0)) this.#columns.delete(name);
    }
    this.#from += dropped * this.#step;
    this.#length = wanted - dropped;
  }
}
