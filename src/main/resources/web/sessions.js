// The sessions' table; below a certain width style.css turns its rows into cards.

import { byId, el, keep, mark, measure, say } from "./dom.js";
import { brief, count, duration, rate, share, time } from "./format.js";

const COLUMNS = [
  ["Session", "what"],
  ["Status", "status"],
  ["Time", "progress"],
  ["Share", "number"],
  ["Early\u200bshare", "number"],
  ["Found/\u200bmin", "number"],
  ["Computed/\u200bmin", "number"],
  ["Found", "number"],
  ["Delivered", "number"],
  ["Waiting", "number"],
  ["Last poll", "number"],
];

const SIGNS = { initializing: "◔", generating: "●", stopped: "■", expired: "○", error: "▲" };

const ENDED = new Set(["stopped", "expired", "error"]);

export function showSessions(overview) {
  const section = byId("sessions");
  if (!section.firstChild) build(section);
  const sessions = overview.sessions;
  const unended = sessions.filter((session) => !ENDED.has(session.status));
  const waiting = unended.filter((session) => session.waiting).length;
  const waits = waiting > 0 ? `, ${count(waiting)} waiting` : "";
  say(byId("sessions-note"), sessions.length ? `${count(unended.length - waiting)} running${waits}, ${count(sessions.length - unended.length)} ended and kept` : "");
  byId("sessions-table").hidden = sessions.length === 0;
  const none = byId("no-sessions");
  none.hidden = sessions.length > 0;
  say(none.querySelector(".why"), overview.totals.devices === 0 && overview.scope === "all"
    ? "No session runs, and none can start, because no device works. Run this command on the node's host; it names what is missing and how to fix it:"
    : "No session runs. A small node starts one at the beginning of a stage; to see one now, run this command in the folder of Big Node:");
  say(none.querySelector("code"), overview.totals.devices === 0 && overview.scope === "all" ? "bignode doctor" : `bignode client examples/dev-net.json --url ${location.origin} --for 60s`);
  keep(byId("sessions-rows"), sessions, (session) => session.session_id, row, update);
}

function build(section) {
  section.append(
    el("div", { class: "head" }, el("h2", { id: "sessions-title", text: "Sessions" }), el("span", { id: "sessions-note", class: "muted note" })),
    el("div", { id: "no-sessions", class: "empty", hidden: true }, el("p", { class: "why" }), el("pre", { tabindex: "0", role: "region", "aria-label": "Command" }, el("code"))),
    el("table", { id: "sessions-table", class: "grid sessions" },
      el("caption", { class: "unseen", text: "Sessions, the newest first" }),
      el("thead", {}, el("tr", {}, ...COLUMNS.map(([name, kind]) => el("th", { scope: "col", class: kind, text: name })))),
      el("tbody", { id: "sessions-rows" })),
  );
}

function row() {
  return el("tr", {},
    el("th", { scope: "row", class: "what" }, el("strong"), el("span", { class: "muted id" }), el("span", { class: "muted id" })),
    el("td", { class: "status" }, el("span", { class: "chip" }, el("i", { "aria-hidden": "true" }), el("span")), el("span", { class: "why muted" })),
    el("td", { class: "progress", "data-name": "Time" }, el("span", { class: "track", role: "progressbar", "aria-valuemin": "0", "aria-valuemax": "100" }), el("span", { class: "left" })),
    ...COLUMNS.slice(3).map(([name, kind]) => el("td", { class: kind, "data-name": name })));
}

function why(session, ended) {
  if (session.lingering) return "shown as active until the chain's stop";
  if (session.idle && !ended) return "lost its turn";
  if (session.attention) return session.attention;
  if (session.waiting && session.waiting_position) return `number ${session.waiting_position} in line: ${session.waiting_for}`;
  return session.uncomputable ? `${count(session.uncomputable)} nonces came to nothing on two devices` : "";
}

function update(element, session) {
  const [what, status, progress, ...numbers] = element.children;
  const ended = ENDED.has(session.status);
  element.classList.toggle("ended", ended);
  say(what.firstChild, `${session.tenant} · node ${session.node_id}`);
  say(what.children[1], `block ${count(session.block_height)} · ${brief(session.session_id, 8)}`);
  what.lastChild.hidden = !session.model;
  say(what.lastChild, session.model ?? "");
  mark(what, "title", `session ${session.session_id}, ${session.model ? `vectors of ${session.model}` : "distances"}, block hash ${session.block_hash}, started ${time(session.created_at)}`);
  const chip = status.firstChild;
  chip.className = `chip ${session.idle && !ended ? "idle" : session.status}`;
  say(chip.firstChild, session.idle && !ended ? "◐" : (SIGNS[session.status] ?? "?"));
  say(chip.lastChild, session.idle && !ended ? "not polled" : session.waiting ? "waiting" : session.status);
  say(status.lastChild, session.error ?? why(session, ended));
  mark(status.lastChild, "title", session.error ?? session.attention ?? session.waiting_for ?? null);
  const part = ended ? 1 : 1 - session.seconds_left / Math.max(1, session.life_seconds);
  measure(progress.firstChild, "--part", Math.min(1, Math.max(0, part)));
  mark(progress.firstChild, "aria-valuenow", Math.round(part * 100));
  mark(progress.firstChild, "aria-label", `life of session ${brief(session.session_id, 8)}`);
  say(progress.lastChild, ended ? `ran ${duration(Math.min(session.age_seconds, session.life_seconds))}` : `${duration(session.seconds_left)} left`);
  [
    ended ? "–" : share(session.share),
    session.early_share === null || session.early_share === undefined ? "–" : share(session.early_share),
    ended ? "–" : rate(session.valid_per_minute),
    ended ? "–" : rate(session.raw_per_minute),
    count(session.valid),
    count(session.delivered),
    count(session.undelivered),
    session.push ? "push" : session.polled_seconds_ago === null || session.polled_seconds_ago === undefined ? "never" : `${duration(session.polled_seconds_ago)} ago`,
  ].forEach((text, place) => say(numbers[place], text));
  numbers[1].classList.toggle("warn", (session.early_share ?? 1) < 0.75);
  mark(numbers[4], "title", session.model ? "artifacts: a nonce with its vector" : null);
  numbers[6].classList.toggle("warn", session.undelivered > 0 && (session.idle || ended));
}
