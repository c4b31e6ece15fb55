// The stream of events: keeps the state up to date, and picks itself up after the simulator or the
// bot went away.

import { changed, loadMessages, loadWorld, meet, state } from "./state.js";

const MESSAGES = ["message_create", "message_update", "message_delete"];
const INTERACTIONS = ["thinking", "answered", "updated", "choices", "modal", "failed"];
const WORLD = ["bot_connected", "bot_disconnected", "commands_changed", "world_changed"];
const RETRY_MS = 1500;

let source = null;
let held = null; // events that come while everything is being read anew
let traffic = false;
let retry = 0;

/** Open the stream as the present member, or open it anew. */
export function connect() {
  source?.close();
  clearTimeout(retry);
  const query = new URLSearchParams({ user: state.me?.id ?? "" });
  if (traffic) query.set("traffic", "1");
  const stream = new EventSource(`/sim/events?${query}`);
  source = stream;
  stream.onopen = () => opened(stream);
  stream.onerror = () => lost(stream);
  for (const name of MESSAGES) listen(name, (data) => applyMessage(name, data));
  for (const what of INTERACTIONS) listen(`interaction_${what}`, (data) => applyInteraction(what, data));
  for (const name of WORLD) listen(name, () => reloadWorld());
  listen("typing", (data) => changed("typing", data));
  stream.addEventListener("traffic", (event) => changed("traffic", JSON.parse(event.data)));
}

/** Have the traffic among the events, or not. */
export function wantTraffic(wanted) {
  if (traffic === wanted) return;
  traffic = wanted;
  connect();
}

function listen(name, apply) {
  source.addEventListener(name, (event) => {
    const data = JSON.parse(event.data);
    if (held) held.push(() => apply(data));
    else apply(data);
  });
}

// What happened before the stream opened is in no event, so everything is read once it is open.
async function opened(stream) {
  held = [];
  try {
    await loadWorld();
    await loadMessages();
    setLinked(true);
  } catch {
    lost(stream);
    return;
  } finally {
    const waiting = held ?? [];
    held = null;
    for (const apply of waiting) apply();
  }
}

function lost(stream) {
  if (stream !== source) return;
  setLinked(false);
  // A member of an earlier simulator is refused for good; only a new stream gets out of that.
  stream.close();
  clearTimeout(retry);
  retry = setTimeout(reconnect, RETRY_MS);
}

async function reconnect() {
  try {
    await loadWorld();
    connect();
  } catch {
    retry = setTimeout(reconnect, RETRY_MS);
  }
}

function setLinked(linked) {
  if (state.linked === linked) return;
  state.linked = linked;
  changed("linked");
}

let reloading = null;

// Several of these events come at once when a bot starts; one reading serves them all.
function reloadWorld() {
  clearTimeout(reloading);
  reloading = setTimeout(() => loadWorld().catch(() => {}), 60);
}

function applyMessage(name, data) {
  if (name === "message_delete") {
    state.messages.delete(data.id);
    changed("message", { id: data.id, change: "delete" });
    return;
  }
  const { message } = data;
  const isNew = !state.messages.has(message.id);
  state.messages.set(message.id, message);
  const known = state.met.size;
  meet(message);
  if (state.met.size > known) changed("messages"); // names in other messages may be readable now
  if (!state.dms.concat(...state.guilds.map((g) => g.channels)).some((c) => c.id === message.channel_id)) {
    reloadWorld(); // the bot has opened a direct conversation
  }
  if (isNew) countUnread(message);
  changed("message", { id: message.id, change: isNew ? "create" : "update" });
}

function countUnread(message) {
  if (message.channel_id === state.channelId || message.author.id === state.me.id) return;
  const seen = state.unread.get(message.channel_id) ?? { count: 0, mentions: 0 };
  const mentioned = message.mentions.some((user) => user.id === state.me.id);
  state.unread.set(message.channel_id, {
    count: seen.count + 1,
    mentions: seen.mentions + (mentioned ? 1 : 0),
  });
  changed("unread");
}

const settled = new Set(); // answers can overtake the response that names the interaction

function applyInteraction(what, data) {
  settled.add(data.interaction_id);
  const waited = state.pending.get(data.interaction_id);
  state.pending.delete(data.interaction_id);
  if (what === "modal") changed("modal", data);
  if (what === "failed" && data.message_id) state.failures.set(data.message_id, data.text);
  if (what === "failed" && !data.message_id && data.command) {
    changed("command_failed", { ...data, at: Date.now(), label: waited?.label });
  }
  changed("interaction", { ...data, what });
}

/** Remember that an interaction waits for the bot's answer. */
export function waitFor(interactionId, what) {
  if (settled.has(interactionId)) return;
  state.pending.set(interactionId, what);
  changed("interaction", { what: "waiting", interaction_id: interactionId, ...what });
}
