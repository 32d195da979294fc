// The epochs before this one, and their file.

import { ask } from "./api.js";
import { byId, el, keep, mark, say } from "./dom.js";
import { brief, count, duration, plural, share } from "./format.js";

const SHOWN = 10;
const COLUMNS = [["Block", "what"], ["Computed", "number"], ["Found", "number"], ["Found share", "number"], ["Device time", "number"], ["Found by tenant", "tenants"]];

// What is computed of a nonce, by the function's name.
const FUNCTIONS = { "transformer-distance": "distances", "vllm-vectors": "vectors" };

let whole = false;
let epochs = [];

/** Builds the section. @param download called by its button */
export function buildHistory(download) {
  byId("history").append(
    el("div", { class: "head" }, el("h2", { id: "history-title", text: "Epochs" }), el("span", { id: "history-note", class: "muted note" }),
      el("button", { type: "button", id: "csv", class: "quiet", text: "Download CSV", on: { click: download } })),
    el("p", { id: "csv-fault", class: "fault", role: "alert" }),
    el("p", { id: "no-history", class: "empty", text: "No epoch has ended yet: totals of each block's sessions gather here, and are kept." }),
    el("table", { id: "history-table", class: "grid history", hidden: true },
      el("caption", { class: "unseen", text: "Totals of each epoch, the newest first" }),
      el("thead", {}, el("tr", {}, ...COLUMNS.map(([name, kind]) => el("th", { scope: "col", class: kind, text: name })))),
      el("tbody", { id: "history-rows" })),
    el("button", { type: "button", id: "more-history", class: "quiet more", hidden: true, on: { click: () => {
      whole = !whole;
      render();
    } } }));
}

/** Asks for the history and shows it. */
export async function refreshHistory(token) {
  const answer = await (await ask("/api/v1/history?limit=1000", token)).json();
  epochs = answer.epochs;
  render();
}

function render() {
  byId("no-history").hidden = epochs.length > 0;
  byId("history-table").hidden = epochs.length === 0;
  say(byId("history-note"), epochs.length ? plural(epochs.length, "epoch") : "");
  const more = byId("more-history");
  more.hidden = epochs.length <= SHOWN;
  say(more, whole ? "Show the newest only" : `Show all ${count(epochs.length)}`);
  keep(byId("history-rows"), whole ? epochs : epochs.slice(0, SHOWN), (epoch) => `${epoch.block_height}/${epoch.block_hash}`,
    () => el("tr", {}, el("th", { scope: "row", class: "what" }, el("strong"), el("span", { class: "muted id" })),
      ...COLUMNS.slice(1, 5).map(([name, kind]) => el("td", { class: kind, "data-name": name })), el("td", { class: "tenants", "data-name": "Found by tenant" })),
    (row, epoch) => {
      const [what, raw, valid, found, device, tenants] = row.children;
      say(what.firstChild, count(epoch.block_height));
      const words = (epoch.functions ?? []).map((name) => FUNCTIONS[name] ?? name).join(", ");
      say(what.lastChild, words ? `${words} · ${brief(epoch.block_hash, 12)}` : brief(epoch.block_hash, 12));
      mark(what, "title", epoch.block_hash);
      say(raw, count(epoch.raw));
      say(valid, count(epoch.valid));
      say(found, epoch.raw > 0 ? share(epoch.valid / epoch.raw) : "–");
      say(device, duration(epoch.device_seconds));
      keep(tenants, epoch.tenants, (tenant) => tenant.tenant, () => el("span", { class: "part" }, el("span", { class: "muted" }), el("span")), (part, tenant) => {
        say(part.firstChild, tenant.tenant);
        say(part.lastChild, count(tenant.valid));
      });
    });
}

/** Fetches the file with the token and hands it to the browser. */
export async function downloadHistory(token) {
  const blob = await (await ask("/api/v1/history?format=csv", token, { headers: { Accept: "text/csv" } })).blob();
  const link = el("a", { href: URL.createObjectURL(blob), download: "bignode-history.csv" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
