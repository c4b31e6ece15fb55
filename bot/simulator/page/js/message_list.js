// The messages of the open channel, kept up to date one by one.

import { byId, fill, h, icon } from "./dom.js";
import { plainText } from "./markdown.js";
import { morph } from "./morph.js";
import { isEphemeral, isThinking, messageView } from "./message_view.js";
import { announce } from "./notices.js";
import { displayName, on, shownMessages, state } from "./state.js";
import { startOfDay } from "./times.js";

const TOGETHER_MS = 7 * 60 * 1000; // messages of one author this close share one head
const NEAR_END = 80; // pixels

let pinned = true; // whether the newest message is kept in view

/** Draw the messages, and go on doing so. */
export function startMessages() {
  for (const name of ["messages", "channel", "me"]) on(name, drawAll);
  on("world", redrawNames);
  on("message", drawOne);
  on("interaction", afterInteraction);
  on("wanted", showOne);
  const scroller = byId("scroller");
  // Only going up lets go of the end; what grows below, such as a picture that loads, does not.
  let before = 0;
  scroller.addEventListener("scroll", () => {
    const atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_END;
    pinned = atEnd || (pinned && scroller.scrollTop >= before);
    before = scroller.scrollTop;
    byId("to-latest").hidden = pinned;
  });
  const follow = new ResizeObserver(() => pinned && toEnd());
  for (const id of ["intro", "messages", "scroller"]) follow.observe(byId(id));
  byId("to-latest").append(icon("down"));
  byId("to-latest").addEventListener("click", toEnd);
}

/** Show the newest message. */
export function toEnd() {
  const scroller = byId("scroller");
  scroller.scrollTop = scroller.scrollHeight;
  pinned = true;
}

// A message that a link leads to, in the middle and lit for a moment.
function showOne(id) {
  const element = byId(`message-${id}`);
  if (!element) return;
  pinned = false;
  element.scrollIntoView({ block: "center" });
  element.querySelector("article").animate({ background: ["var(--mention)", "transparent"] }, { duration: 1600 });
}

function drawAll() {
  const messages = shownMessages();
  fill(byId("messages"), messages.map((message, index) => entry(message, messages[index - 1])));
  toEnd();
}

let drawnNames = "";

// Names and colours are in every message; most changes of the world are about something else.
function redrawNames() {
  const names = JSON.stringify([[...state.users.values()].map(displayName), state.guilds.map((guild) => guild.roles)]);
  if (names === drawnNames) return;
  drawnNames = names;
  drawAll();
}

function entry(message, before) {
  const element = messageView(message, follows(message, before));
  if (!before || !sameDay(message, before)) element.prepend(dayLine(message));
  return element;
}

function follows(message, before) {
  if (!before || before.author.id !== message.author.id || !sameDay(message, before)) return false;
  if (message.interaction || message.message_reference || isThinking(message)) return false;
  if (isEphemeral(message) !== isEphemeral(before)) return false;
  return new Date(message.timestamp) - new Date(before.timestamp) < TOGETHER_MS;
}

const day = (message) => startOfDay(new Date(message.timestamp)).getTime();
const sameDay = (one, other) => day(one) === day(other);

function dayLine(message) {
  const text = new Intl.DateTimeFormat(undefined, { dateStyle: "long" }).format(new Date(message.timestamp));
  return h("div", { class: "day", role: "separator", "aria-label": text }, h("span", {}, text));
}

function drawOne({ id, change }) {
  const element = byId(`message-${id}`);
  const messages = shownMessages();
  const index = messages.findIndex((message) => message.id === id);
  if (index < 0) {
    element?.remove();
    return;
  }
  const message = messages[index];
  const fresh = entry(message, messages[index - 1]);
  if (element) morph(element, fresh);
  else insert(fresh, messages[index + 1]);
  tell(message, change);
  if (pinned) toEnd();
}

function insert(fresh, next) {
  const before = next ? byId(`message-${next.id}`) : null;
  if (before) before.before(fresh);
  else byId("messages").append(fresh);
}

const lastTold = new Map();

// A progress bar moves many times; what is said aloud is only what kind of message it has become.
function tell(message, change) {
  const who = displayName(message.author);
  const first = plainText(message.content.split("\n")[0] ?? "");
  const kind = isThinking(message) ? "is thinking" : first.replace(/[\d█░%.,]+/g, "").trim();
  if (lastTold.get(message.id) === kind) return;
  lastTold.set(message.id, kind);
  if (message.author.id === state.me.id && change === "create") return;
  const pictures = message.attachments.length ? `, with ${message.attachments.length} files` : "";
  announce(isThinking(message) ? `${who} is thinking` : `${who}: ${first || "a message"}${pictures}`);
}

function afterInteraction({ message_id: id }) {
  if (id && state.messages.has(id)) drawOne({ id, change: "update" });
}
