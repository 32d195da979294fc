// The charts and their switch: the node's totals, a line a session, or the fastest devices and a picture of all.

import { Chart, lineColour } from "./chart.js";
import { byId, el, keep, say } from "./dom.js";
import { brief, count, plural, rate } from "./format.js";
import { Heat } from "./heat.js";

const LINES = 8;
const BUCKETS = 240;

export class Rates {
  #series;
  #cut = "total";
  #overview = null;
  #cursor = null;
  #left = new Chart(byId("left"), (index) => this.#point(index));
  #right = new Chart(byId("right"), (index) => this.#point(index));
  #pointed = null;
  #heat = new Heat(byId("right"), (name) => {
    this.#pointed = name;
    say(byId("right-title"), this.#heatTitle());
  });

  constructor(series) {
    this.#series = series;
    for (const choice of document.querySelectorAll("input[name=cut]")) {
      choice.addEventListener("change", () => {
        this.#cut = choice.value;
        this.#reset();
      });
    }
  }

  show(overview) {
    this.#overview = overview;
    const own = overview.scope === "own";
    byId("cut-devices").hidden = own;
    if (own && this.#cut === "devices") document.querySelector("input[name=cut][value=total]").click();
    this.#draw();
  }

  /** The theme changed: draws anew in its colours. */
  restyle() {
    if (this.#overview) this.#reset();
  }

  #reset() {
    this.#left.clear();
    this.#right.clear();
    byId("right").replaceChildren();
    if (this.#overview) this.#draw();
  }

  #point(index) {
    if (index === this.#cursor) return;
    this.#cursor = index;
    this.#legend();
  }

  #draw() {
    const times = this.#series.times();
    const span = this.#series.span();
    const latest = (name) => this.#series.perMinute(name).at(-1) ?? 0;
    if (this.#cut === "devices") {
      this.#drawDevices(times, span);
    } else {
      say(byId("left-title"), "Found nonces per minute");
      say(byId("right-title"), "Computed nonces per minute");
      this.lines = this.#cut === "total" ? this.#totals() : this.#sessions();
      this.#left.draw(times, this.lines.map((line) => ({ colour: line.colour, values: line.valid })), span,
        `Found nonces per minute, now ${rate(latest("total/valid"))}`);
      this.#right.draw(times, this.lines.map((line) => ({ colour: line.second ?? line.colour, values: line.raw })), span,
        `Computed nonces per minute, now ${rate(latest("total/raw"))}`);
    }
    this.#legend();
  }

  #totals() {
    return [{ key: "total", name: "All sessions", colour: lineColour(0), second: lineColour(1), valid: this.#series.perMinute("total/valid"), raw: this.#series.perMinute("total/raw") }];
  }

  #sessions() {
    const drawn = this.#overview.sessions
      .map((session) => ({
        key: session.session_id,
        name: `${session.tenant} · node ${session.node_id} · ${brief(session.session_id, 6)}`,
        valid: this.#series.perMinute(`session/${session.session_id}/valid`),
        raw: this.#series.perMinute(`session/${session.session_id}/raw`),
      }))
      .filter((line) => line.raw.some((value) => value > 0))
      .sort((a, b) => a.key.localeCompare(b.key));
    return fold(drawn, "session");
  }

  #drawDevices(times, span) {
    const all = this.#overview.devices
      .map((device) => ({ key: device.device_id, name: device.device_id, raw: this.#series.perMinute(`device/${device.device_id}/raw`), valid: [] }))
      .sort((a, b) => a.key.localeCompare(b.key, "en", { numeric: true }));
    this.lines = fold(all, "device");
    say(byId("left-title"), all.length > LINES ? `Computed nonces per minute, the fastest ${LINES - 1} and the mean of the rest` : "Computed nonces per minute");
    say(byId("right-title"), this.#heatTitle());
    this.#left.draw(times, this.lines.map((line) => ({ colour: line.colour, values: line.raw })), span, `Computed nonces per minute of ${plural(all.length, "device")}`);
    this.#heat.draw(all.map((line) => ({ name: line.name, values: line.raw })), BUCKETS, `Speed of all ${plural(all.length, "device")} over the last 8 minutes`);
  }

  #heatTitle() {
    return this.#pointed ?? `All ${plural(this.#overview.devices.length, "device")}, brighter is faster`;
  }

  #legend() {
    const at = (values) => rate(values.at(this.#cursor ?? -1) ?? 0);
    const both = this.#cut !== "devices";
    keep(byId("legend"), this.lines ?? [], (line) => line.key,
      () => el("li", {}, el("i", { "aria-hidden": "true" }), el("span", { class: "name" }), el("span", { class: "value" })),
      (item, line) => {
        item.firstChild.style.setProperty("--tint", line.colour);
        say(item.children[1], line.name);
        say(item.children[2], both ? `${at(line.valid)} found, ${at(line.raw)} computed` : at(line.raw));
      });
  }
}

/** The fastest ones each with a line, the others with one together: more lines than colours cannot be told apart. */
function fold(lines, word) {
  if (lines.length <= LINES) return lines.map((line, place) => ({ ...line, colour: lineColour(place) }));
  const weight = (line) => line.raw.slice(-60).reduce((sum, value) => sum + value, 0);
  const ranked = [...lines].sort((a, b) => weight(b) - weight(a));
  const top = ranked.slice(0, LINES - 1).sort((a, b) => a.key.localeCompare(b.key));
  const rest = ranked.slice(LINES - 1);
  const divisor = word === "device" ? rest.length : 1;
  const sum = (pick) => pick(rest[0]).map((_, i) => rest.reduce((total, line) => total + pick(line)[i], 0) / divisor);
  const name = word === "device" ? `mean of ${count(rest.length)} more` : `${plural(rest.length, "more session")}`;
  return [
    ...top.map((line, place) => ({ ...line, colour: lineColour(place) })),
    { key: "rest", name, colour: lineColour("rest"), raw: sum((line) => line.raw), valid: sum((line) => line.valid) },
  ];
}
