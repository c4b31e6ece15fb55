// The drawer with what passes between the bot and Discord: REST calls and gateway frames.

import { getTraffic } from "./api.js";
import { byId, h, icon } from "./dom.js";
import { wantTraffic } from "./live.js";
import { changed, on } from "./state.js";

const KEPT = 400;
const HEARTBEATS = [1, 11];
const OPCODES = {
  0: "Dispatch", 1: "Heartbeat", 2: "Identify", 3: "Presence", 4: "Voice state", 6: "Resume", 7: "Reconnect",
  8: "Request members", 9: "Invalid session", 10: "Hello", 11: "Heartbeat ack",
};

let paused = false;

/** Set the drawer up; events are asked for only while it is open. */
export function startTraffic() {
  const toggle = byId("toggle-traffic");
  toggle.append(icon("pulse"), h("span", {}, "Traffic"));
  toggle.addEventListener("click", () => show(byId("traffic").hidden));
  byId("traffic").append(head(), h("ol", { id: "traffic-list", class: "traffic-list", "aria-label": "Traffic, oldest first", tabindex: "0" }));
  on("traffic", (entry) => paused || add(entry));
}

async function show(yes) {
  byId("traffic").hidden = !yes;
  byId("toggle-traffic").setAttribute("aria-pressed", String(yes));
  changed("drawer", yes);
  if (yes) {
    const list = byId("traffic-list");
    list.replaceChildren();
    for (const entry of await getTraffic(120)) add(entry);
    list.scrollTop = list.scrollHeight;
  }
  wantTraffic(yes);
}

function head() {
  const search = h("input", { type: "search", class: "text-input", placeholder: "Filter, such as callback or READY", "aria-label": "Filter the traffic", oninput: filter });
  const kinds = ["all", "rest", "gateway"].map((kind) =>
    h("label", { class: "segment" }, h("input", { type: "radio", name: "traffic-kind", value: kind, checked: kind === "all", onchange: filter }), h("span", {}, { all: "All", rest: "REST", gateway: "Gateway" }[kind])),
  );
  const pause = h("button", { class: "button button-secondary", type: "button", "aria-pressed": "false" }, "Pause");
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
  });
  const clear = h("button", { class: "button button-secondary", type: "button", onclick: () => byId("traffic-list").replaceChildren() }, "Clear");
  const close = h("button", { class: "icon-button", type: "button", "aria-label": "Close the traffic", onclick: () => show(false) }, icon("close"));
  return h(
    "div",
    { class: "traffic-head" },
    h("div", { class: "traffic-title" }, h("h2", {}, "Traffic"), close),
    h("fieldset", { class: "segments" }, h("legend", { class: "for-screen-readers" }, "Kind of traffic"), kinds),
    h("div", { class: "traffic-tools" }, search, pause, clear),
  );
}

function add(entry) {
  const list = byId("traffic-list");
  const end = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  const line = entry.kind === "rest" ? restLine(entry) : frameLine(entry);
  line.hidden = !fits(line);
  list.append(line);
  while (list.childElementCount > KEPT) list.firstElementChild.remove();
  if (end) list.scrollTop = list.scrollHeight;
}

function restLine(call) {
  const good = call.status < 400;
  const files = call.files.length ? { files: call.files } : {};
  return fold(
    "rest",
    `${call.method} ${call.path} ${call.status}`,
    [
      h("span", { class: "verb" }, call.method),
      h("span", { class: "traffic-what", title: call.path }, shortened(call.path)),
      h("span", { class: good ? "status" : "status status-bad" }, String(call.status)),
      h("span", { class: "faint" }, `${Math.round(call.seconds * 1000)} ms`),
    ],
    { at: clock(call.at), sent: { ...(call.body ?? {}), ...files }, answered: call.answer },
  );
}

function frameLine(frame) {
  const toBot = frame.direction === "to bot";
  const name = frame.event ?? OPCODES[frame.op] ?? `op ${frame.op}`;
  const line = fold(
    "gateway",
    `${name} ${frame.direction}`,
    [
      h("span", { class: toBot ? "arrow arrow-in" : "arrow arrow-out", title: frame.direction }, toBot ? "→ bot" : "bot →"),
      h("span", { class: "traffic-what" }, name),
      h("span", { class: "faint" }, `op ${frame.op}`),
    ],
    { at: clock(frame.at), data: frame.data },
  );
  line.dataset.beat = HEARTBEATS.includes(frame.op) ? "1" : "";
  return line;
}

// The JSON is written only when somebody opens the entry.
function fold(kind, words, summary, body) {
  const details = h("details", {}, h("summary", {}, summary));
  details.addEventListener("toggle", () => {
    if (details.open && !details.querySelector("pre")) details.append(h("pre", { tabindex: "0" }, JSON.stringify(body, null, 2)));
  });
  return h("li", { class: `traffic-line traffic-${kind}`, dataset: { kind, words: words.toLowerCase() } }, details);
}

// Ids keep their last digits, by which one tells them apart.
const shortened = (path) => path.replace(/\d{13,}(?=\d{4})/g, "…");

const clock = (seconds) => new Date(seconds * 1000).toISOString().slice(11, 23);

function fits(line) {
  const kind = document.querySelector("input[name=traffic-kind]:checked").value;
  const words = document.querySelector("#traffic input[type=search]").value.toLowerCase();
  if (line.dataset.beat && !words.includes("heartbeat")) return false; // they would drown the rest
  return (kind === "all" || line.dataset.kind === kind) && line.dataset.words.includes(words);
}

function filter() {
  for (const line of byId("traffic-list").children) line.hidden = !fits(line);
}
