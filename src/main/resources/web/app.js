// The dashboard: asks for a token once, opens the live stream, and hands each overview to those who show it.

import { ask, Refusal } from "./api.js";
import { showDevices } from "./devices.js";
import { byId, mark, say } from "./dom.js";
import { count, time } from "./format.js";
import { buildHistory, downloadHistory, refreshHistory } from "./history.js";
import { openAlarms, showAlarms, showNumbers } from "./numbers.js";
import { Rates } from "./rates.js";
import { Series } from "./series.js";
import { showSessions } from "./sessions.js";
import { Stream } from "./stream.js";
import { themeButton } from "./themes.js";
import { forgetToken, keepToken, token, tokenFault } from "./token.js";

const HISTORY_EVERY = 30_000;

const series = new Series();
const rates = new Rates(series);
let stream = null;
let historyAt = 0;
let runningBefore = "";
let ready = false;

function state(kind, text) {
  const place = byId("state");
  place.className = `state ${kind}`;
  say(place, text);
}

/** Asks for the token, saying what was wrong with the one before. */
function askToken(fault = "") {
  stream?.stop();
  forgetToken();
  ready = false;
  byId("board").hidden = true;
  byId("sign-in").hidden = false;
  byId("leave").hidden = true;
  state("", "");
  say(byId("viewer"), "");
  say(byId("version"), "");
  say(byId("token-fault"), fault);
  mark(byId("token"), "aria-invalid", fault ? "true" : null);
  busy(false);
  byId("token").focus();
}

function busy(yes) {
  byId("enter").disabled = yes;
  say(byId("enter"), yes ? "Asking the node…" : "Show the dashboard");
}

function explain(refusal) {
  switch (refusal.status) {
    case 401:
      return "The node does not know this token. Copy it again, without spaces; a tenant whose token was replaced asks the operator.";
    case 429:
      return `The node accepts no token from this address for now: ${refusal.message}.`;
    case 404:
      return "This node has no live data at /api/v1/overview: page and node are of different versions. Reload the page.";
    default:
      return `The node refused: ${refusal.message} (${refusal.status}).`;
  }
}

function enter(shown) {
  keepToken(shown);
  busy(true);
  const mine = new Stream(shown, {
    series: (data) => mine === stream && series.load(data),
    overview: (overview) => mine === stream && show(overview),
    lost: (since, refusal) => mine === stream && lost(since, refusal),
    refused: (refusal) => mine === stream && askToken(explain(refusal)),
  });
  stream?.stop();
  stream = mine;
  mine.run();
}

function lost(since, refusal) {
  state("lost", refusal ? `Refused since ${time(since)}: ${refusal.message}; trying again` : `Connection lost since ${time(since)}, trying again`);
  document.body.classList.add("stale");
  if (!ready) {
    say(byId("token-fault"), "The node does not answer; this page keeps trying.");
    if (byId("sign-in").hidden) byId("sign-in").hidden = false;
  }
}

const STATUS = {
  ready: ["ready", "Ready"],
  no_devices: ["warn", "No devices"],
  closing: ["warn", "Closing"],
};

function show(overview) {
  document.body.classList.remove("stale");
  state(...(STATUS[overview.status] ?? ["warn", overview.status]));
  say(byId("version"), overview.version);
  say(byId("viewer"), overview.tenant === "operator" ? "Operator" : `Tenant ${overview.tenant}`);
  series.add(overview);
  if (!ready) {
    ready = true;
    const signingIn = !byId("sign-in").hidden;
    byId("sign-in").hidden = true;
    byId("token").value = "";
    byId("board").hidden = false;
    if (signingIn) byId("content").focus({ preventScroll: true }); // what had it is gone
    byId("leave").hidden = false;
    historyAt = 0;
  }
  showAlarms(overview);
  showNumbers(overview);
  rates.show(overview);
  showSessions(overview);
  showDevices(overview, askAct);
  document.title = overview.alarms?.length ? `(${count(overview.alarms.length)}) Big Node` : "Big Node";
  history(overview);
}

/** Asks for the history now and then, and whenever a session began or ended. */
function history(overview) {
  const running = overview.sessions.map((session) => session.session_id + session.status).join();
  const due = Date.now() - historyAt > HISTORY_EVERY || running !== runningBefore;
  runningBefore = running;
  if (!due) return;
  historyAt = Date.now();
  refreshHistory(token()).then(
    () => say(byId("csv-fault"), ""),
    (failure) => say(byId("csv-fault"), `The history could not be read: ${failure.message}`));
}

function askAct(worker, act, button) {
  const dialog = byId("ask");
  const drain = act === "drain";
  say(byId("ask-title"), `${drain ? "Drain" : "Admit"} ${worker}?`);
  say(byId("ask-text"), drain
    ? "It finishes the leases it holds and gets no new ones, so that its host can be taken down without losing a nonce."
    : "It gets leases again from now on.");
  say(byId("ask-fault"), "");
  const yes = byId("ask-yes");
  say(yes, drain ? "Drain" : "Admit");
  yes.onclick = async () => {
    yes.disabled = true;
    try {
      await ask(`/api/v1/admin/workers/${encodeURIComponent(worker)}/${act}`, token(), { method: "POST" });
      dialog.close();
    } catch (failure) {
      say(byId("ask-fault"), failure instanceof Refusal && failure.status === 401
        ? "Only the operator may do this: your token may look, not touch. Sign out, then sign in with the join token."
        : `This did not work: ${failure.message}`);
    } finally {
      yes.disabled = false;
    }
  };
  byId("ask-no").onclick = () => dialog.close();
  dialog.onclose = () => button.focus();
  dialog.showModal();
}

byId("sign-in-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const shown = byId("token").value.trim();
  const fault = tokenFault(shown);
  if (fault) {
    askToken(fault);
  } else {
    say(byId("token-fault"), "");
    enter(shown);
  }
});
byId("leave").addEventListener("click", () => askToken());

themeButton(() => rates.restyle());
openAlarms();
buildHistory(() => {
  say(byId("csv-fault"), "");
  downloadHistory(token()).catch((failure) => say(byId("csv-fault"), `The file could not be fetched: ${failure.message}`));
});
if (token()) enter(token());
else askToken();
