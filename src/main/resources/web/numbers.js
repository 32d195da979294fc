// The big numbers and the alarms.

import { byId, el, keep, mark, measure, say } from "./dom.js";
import { count, duration, plural, share, short, time } from "./format.js";

/** The six numbers an operator looks at first. */
export function showNumbers(overview) {
  const totals = overview.totals;
  const running = overview.sessions.filter(runs);
  const left = running.length === 0 ? null : Math.max(...running.map((session) => session.seconds_left));
  const life = running.length === 0 ? 1 : Math.max(...running.map((session) => session.life_seconds));
  const own = overview.scope === "own";
  const tiles = [
    { key: "valid", name: "Found per minute", value: short(totals.valid_per_minute), under: `${count(totals.valid)} found`, strong: true },
    { key: "raw", name: "Computed per minute", value: short(totals.raw_per_minute), under: `${count(totals.raw)} computed` },
    { key: "delivered", name: "Delivered", value: short(totals.delivered), under: totals.valid > 0 ? `${share(totals.delivered / totals.valid)} of the found nonces` : "nothing found yet" },
    own
      ? { key: "devices", name: "Leases on devices", value: count(sum(running, "leases")), under: "of your sessions, now" }
      : { key: "devices", name: "Devices working", value: count(totals.working_devices), under: `of ${plural(totals.devices, "device")}`, bar: totals.devices ? totals.working_devices / totals.devices : 0 },
    { key: "sessions", name: "Sessions running", value: count(totals.running_sessions), under: `at most ${count(overview.max_sessions)}`, bar: totals.running_sessions / Math.max(1, overview.max_sessions) },
    { key: "left", name: "Time left", value: left === null ? "–" : duration(left), under: left === null ? "no session runs" : "of the longest session", bar: left === null ? 0 : left / life },
  ];
  keep(byId("numbers"), tiles, (tile) => tile.key,
    () => el("div", { class: "tile" }, el("dt"), el("dd", { class: "value" }), el("dd", { class: "under muted" }), el("dd", { class: "thin", "aria-hidden": "true" })),
    (element, tile) => {
      element.classList.toggle("strong", tile.strong === true);
      const [name, value, under, bar] = element.children;
      say(name, tile.name);
      say(value, tile.value);
      say(under, tile.under);
      bar.classList.toggle("none", tile.bar === undefined);
      measure(bar, "--part", tile.bar ?? 0);
    });
}

const runs = (session) => session.status === "initializing" || session.status === "generating";

const sum = (items, field) => items.reduce((total, item) => total + item[field], 0);

/** The alarms, the newest first; the strip is always there, so that one coming up moves nothing. */
export function showAlarms(overview) {
  const own = overview.scope === "own";
  const alarms = [...(overview.alarms ?? [])].sort((a, b) => b.since.localeCompare(a.since));
  const all = byId("all-alarms");
  const strip = all.parentElement;
  strip.classList.toggle("alarmed", alarms.length > 0);
  all.hidden = alarms.length === 0;
  if (alarms.length === 0) open(all, strip, false);
  say(all, all.getAttribute("aria-expanded") === "true" ? "Show less" : alarms.length > 1 ? `Show all ${alarms.length}` : "Show whole");
  const calm = { key: "none", text: own ? "Your sessions, live" : "No alarms", fix: own ? "Alarms are shown to the node's operator." : "Nothing needs you.", calm: true };
  keep(byId("alarms"), alarms.length ? alarms : [calm], (alarm) => alarm.key,
    () => el("div", { class: "alarm" }, el("span", { class: "sign", "aria-hidden": "true" }), el("p", {}, el("strong"), el("span", { class: "since" })), el("p", { class: "fix" })),
    (element, alarm) => {
      element.classList.toggle("calm", alarm.calm === true);
      const [sign, text, fix] = element.children;
      say(sign, alarm.calm ? "✓" : "!");
      say(text.firstChild, alarm.text);
      say(text.lastChild, alarm.since ? `since ${time(alarm.since)}` : "");
      say(fix, alarm.fix);
    });
}

/** Lets the strip be opened and closed. */
export function openAlarms() {
  const all = byId("all-alarms");
  all.addEventListener("click", () => {
    open(all, all.parentElement, all.getAttribute("aria-expanded") !== "true");
    say(all, all.getAttribute("aria-expanded") === "true" ? "Show less" : "Show all");
  });
}

function open(button, strip, yes) {
  mark(button, "aria-expanded", yes);
  strip.classList.toggle("open", yes);
}
