// Workers and their devices: a worker is a host, and what an operator can do is done to a host.

import { byId, el, keep, mark, measure, say } from "./dom.js";
import { brief, celsius, count, gib, plural, rate, share, time, watts } from "./format.js";

const OPEN_AT_MOST = 16;

const STATES = {
  computing: ["●", "computing"],
  preparing: ["◔", "preparing"],
  idle: ["○", "idle"],
  failing: ["▲", "failing"],
  occupied: ["✕", "used by others"],
  draining: ["◐", "draining"],
  quarantined: ["▲", "quarantined"],
  apart: ["✕", "apart"],
};

const opened = new Map();
let groups = [];

/** @param act (worker, "drain" | "admit", the button), asks and then does it */
export function showDevices(overview, act) {
  const section = byId("devices");
  if (!section.firstChild) {
    section.append(
      el("div", { class: "head" }, el("h2", { id: "devices-title", text: "Workers and devices" }), el("span", { id: "devices-note", class: "muted note" })),
      el("p", { id: "no-devices", class: "empty" }),
      el("div", { id: "workers" }));
  }
  const { devices, workers } = overview;
  const own = overview.scope === "own";
  const none = byId("no-devices");
  none.hidden = !own && workers.length > 0;
  say(none, own
    ? "Devices and workers are shown to the node's operator; the table above shows your sessions' share of them."
    : "No worker is connected. Start one on a host with devices: the node's log gives the command, bignode worker --join HOST:PORT --fingerprint …");
  say(byId("devices-note"), own ? "" : `${plural(devices.length, "device")} on ${plural(workers.length, "worker")}`);
  groups = own ? [] : workers.map((worker) => ({ worker, devices: devices.filter((device) => device.worker === worker.name) }));
  const open = devices.length <= OPEN_AT_MOST;
  keep(byId("workers"), groups, (group) => group.worker.name, (group) => makeWorker(group, open, act), updateWorker);
}

function makeWorker({ worker }, open, act) {
  const list = el("ul", { class: "devices", id: `worker-${encodeURIComponent(worker.name)}` });
  const expand = el("button", { type: "button", class: "expand", "aria-controls": list.id }, el("i", { class: "arrow", "aria-hidden": "true" }), el("strong", { text: worker.name }));
  const button = el("button", { type: "button", class: "quiet act" });
  const element = el("article", { class: "worker" },
    el("header", {}, expand, el("span", { class: "chip" }, el("i", { "aria-hidden": "true" }), el("span")), el("span", { class: "cells", "aria-hidden": "true" }),
      el("span", { class: "facts muted" }), button),
    list);
  if (!opened.has(worker.name)) opened.set(worker.name, open);
  const turn = (yes) => {
    opened.set(worker.name, yes);
    mark(expand, "aria-expanded", yes);
    list.hidden = !yes;
  };
  expand.addEventListener("click", () => {
    turn(list.hidden);
    updateWorker(element, groups.find((group) => group.worker.name === worker.name)); // at once, not with the next overview
  });
  button.addEventListener("click", () => act(worker.name, button.dataset.act, button));
  turn(opened.get(worker.name));
  return element;
}

function link(worker) {
  if (worker.state === "quarantined") return ["quarantined", "▲", "quarantined"];
  if (!worker.connected) return ["apart", "✕", "connection lost"];
  if (worker.state === "draining") return ["draining", "◐", "draining"];
  return ["connected", "●", worker.local ? "this host" : "connected"];
}

function gone(worker, devices) {
  if (!worker.disconnected_since) return `${plural(devices.length, "device")} · not connected`;
  const because = worker.disconnected_because ? `: ${worker.disconnected_because}` : "";
  return `${plural(devices.length, "device")} · not connected since ${time(worker.disconnected_since)}${because}`;
}

function updateWorker(element, { worker, devices }) {
  const [header, list] = element.children;
  const [, chip, cells, facts, button] = header.children;
  const [kind, sign, word] = link(worker);
  chip.className = `chip ${kind}`;
  say(chip.firstChild, sign);
  say(chip.lastChild, word);
  const speed = devices.reduce((sum, device) => sum + device.nonces_per_second, 0);
  const working = devices.filter((device) => device.state === "computing").length;
  // What a lost worker did last is not what it does, and it cannot be told to drain.
  say(facts, worker.connected
    ? `${count(working)} of ${plural(devices.length, "device")} computing · ${rate(speed)} nonces/s · ${plural(worker.leases, "lease")} · since ${time(worker.since)}`
    : gone(worker, devices));
  mark(facts, "title", [worker.address && `from ${worker.address}`, worker.version && `version ${worker.version}`].filter(Boolean).join(", "));
  button.hidden = !worker.connected && worker.state === "working";
  const kept = devices.some((device) => device.state === "quarantined"); // one of this host's devices may be, while its worker works
  const wanted = worker.state === "working" && !kept ? "drain" : "admit";
  mark(button, "data-act", wanted);
  say(button, wanted === "drain" ? "Drain" : "Admit");
  mark(button, "aria-label", `${wanted === "drain" ? "Drain" : "Admit"} worker ${worker.name}`);
  keep(cells, devices, (device) => device.device_id, () => el("i"), (cell, device) => {
    cell.className = device.alarm ? "bad" : device.state;
    measure(cell, "--part", device.busy_share ?? 0);
  });
  keep(list, list.hidden ? [] : devices, (device) => device.device_id, makeDevice, updateDevice);
}

const GAUGES = ["Utilisation", "Memory", "Temperature", "Power", "Nonces/s", "Of peak"];

function makeDevice() {
  return el("li", { class: "device" },
    el("div", { class: "title" }, el("span", { class: "chip" }, el("i", { "aria-hidden": "true" }), el("span")), el("strong"), el("span", { class: "muted what" })),
    el("dl", {}, ...GAUGES.map((name) => el("div", { class: "gauge" }, el("dt", { text: name }), el("dd"), el("dd", { class: "thin", "aria-hidden": "true" })))),
    el("p", { class: "alarmed" }));
}

function updateDevice(element, device) {
  const [title, gauges, alarm] = element.children;
  const [sign, word] = STATES[device.state] ?? ["?", device.state];
  const chip = title.firstChild;
  chip.className = `chip ${device.state}`;
  say(chip.firstChild, sign);
  say(chip.lastChild, word);
  say(title.children[1], device.device_id.startsWith(`${device.worker}/`) ? device.device_id.slice(device.worker.length + 1) : device.device_id);
  const sessions = (device.session_ids ?? []).map((id) => brief(id, 6)).join(", ");
  say(title.children[2], sessions ? `${device.name} · ${sessions}` : device.name);
  mark(title.children[2], "title", `${device.name}${sessions ? `, sessions ${device.session_ids.join(", ")}` : ""}`);
  const known = (value) => value !== null && value !== undefined;
  const busy = known(device.utilisation) ? device.utilisation : device.busy_share;
  const hot = known(device.temperature_celsius) ? device.temperature_celsius / 100 : null;
  const values = [
    [share(busy), busy],
    [known(device.memory_used_bytes) ? `${gib(device.memory_used_bytes)} / ${gib(device.memory_bytes)} GiB` : device.memory_bytes ? `${gib(device.memory_bytes)} GiB` : "-", known(device.memory_used_bytes) ? device.memory_used_bytes / device.memory_bytes : null],
    [celsius(device.temperature_celsius), hot],
    [known(device.power_watts) && known(device.power_limit_watts) ? `${count(device.power_watts)} / ${watts(device.power_limit_watts)}` : watts(device.power_watts), known(device.power_watts) && device.power_limit_watts ? device.power_watts / device.power_limit_watts : null],
    [rate(device.nonces_per_second), null],
    [share(device.share_of_peak), device.share_of_peak ?? null],
  ];
  values.forEach(([text, part], place) => {
    const [, value, bar] = gauges.children[place].children;
    say(value, text);
    bar.classList.toggle("none", part === null);
    bar.classList.toggle("hot", place === 2 && part >= 0.85);
    measure(bar, "--part", Math.min(1, part ?? 0));
  });
  say(gauges.firstChild.firstChild, known(device.utilisation) ? "Utilisation" : "Busy");
  alarm.hidden = !device.alarm;
  say(alarm, device.alarm ?? "");
}
