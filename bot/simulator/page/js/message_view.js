// One message of the list.

import { attachments } from "./media.js";
import { componentViews } from "./components.js";
import { avatar, h, icon } from "./dom.js";
import { embedView } from "./embeds.js";
import { forwards, stickers } from "./forwards.js";
import { markdown, plainText } from "./markdown.js";
import { openMessageMenu } from "./message_menu.js";
import { spokenName } from "./permissions.js";
import { changed, displayName, nameColor, state } from "./state.js";
import { clockTime, messageTime } from "./times.js";

const EPHEMERAL = 1 << 6;
const LOADING = 1 << 7;
const TYPES_OF_COMMANDS = [20, 23];

export const isEphemeral = (message) => Boolean(message.flags & EPHEMERAL);
export const isThinking = (message) => Boolean(message.flags & LOADING);

/** A message; `follows` says that its head is left out because the one before is by the same. */
export function messageView(message, follows) {
  const classes = ["message"];
  if (follows) classes.push("message-follows");
  if (isEphemeral(message)) classes.push("message-ephemeral");
  if (message.mentions.some((user) => user.id === state.me.id)) classes.push("message-for-me");
  const article = h(
    "article",
    { class: classes.join(" "), "aria-label": `${displayName(message.author)}, ${messageTime(message.timestamp)}` },
    reference(message),
    follows ? gutterTime(message) : avatar(message.author),
    h("div", { class: "message-body" }, follows ? null : head(message), content(message), footer(message)),
    tools(message),
  );
  article.addEventListener("contextmenu", (event) => {
    if (event.target.closest("a, video, input")) return; // the browser's own menu is of use there
    event.preventDefault();
    openMessageMenu(state.messages.get(message.id), article, event);
  });
  return h("li", { class: "message-entry", id: `message-${message.id}`, dataset: { id: message.id } }, article);
}

function head(message) {
  const { author } = message;
  return h(
    "h2",
    { class: "message-head" },
    h("span", { class: "author", style: { color: nameColor(author) } }, displayName(author)),
    author.bot ? h("span", { class: "tag" }, "App") : null,
    h("time", { class: "faint", datetime: message.timestamp }, messageTime(message.timestamp)),
  );
}

function gutterTime(message) {
  return h("time", { class: "gutter-time", datetime: message.timestamp, "aria-hidden": "true" }, clockTime(message.timestamp));
}

// Above a message: the command it answers, or the message it replies to.
function reference(message) {
  const used = message.interaction;
  if (used && TYPES_OF_COMMANDS.includes(message.type)) {
    const slash = message.type === 20 ? "/" : "";
    return h(
      "p",
      { class: "reference" },
      avatar(used.user, "tiny"),
      h("b", {}, displayName(used.user)),
      " used ",
      h("span", { class: "mention" }, `${slash}${spokenName(used.name)}`),
    );
  }
  if (!message.message_reference) return null;
  const target = message.referenced_message;
  if (!target) return h("p", { class: "reference faint" }, icon("reply"), "The original message was deleted");
  return h(
    "p",
    { class: "reference" },
    avatar(target.author, "tiny"),
    h("b", {}, displayName(target.author)),
    h("span", { class: "reference-text" }, plainText(target.content) || "a message without text"),
  );
}

function content(message) {
  if (isThinking(message)) {
    return h("p", { class: "thinking" }, h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i")), `${displayName(message.author)} is thinking…`);
  }
  const text = message.content ? markdown(message.content) : null;
  if (text && message.edited_timestamp) {
    const last = text.lastElementChild?.matches("p") ? text.lastElementChild : text;
    last.append(h("span", { class: "edited", title: messageTime(message.edited_timestamp) }, " (edited)"));
  }
  return [
    text,
    forwards(message),
    attachments(message),
    message.embeds.map((embed) => embedView(embed, message)),
    componentViews(message.components, message),
    stickers(message),
  ];
}

function footer(message) {
  const failure = state.failures.get(message.id);
  return [
    failure ? h("p", { class: "failure", role: "alert" }, icon("warning"), failure) : null,
    isEphemeral(message) ? ephemeralNote(message) : null,
  ];
}

function ephemeralNote(message) {
  const dismiss = () => {
    state.dismissed.add(message.id);
    changed("message", { id: message.id, change: "delete" });
  };
  return h(
    "p",
    { class: "ephemeral-note" },
    icon("eye"),
    "Only you can see this · ",
    h("button", { class: "link-button", type: "button", onclick: dismiss, dataset: { key: "dismiss" } }, "Dismiss message"),
  );
}

function tools(message) {
  if (isThinking(message)) return null;
  const button = h(
    "button",
    {
      class: "icon-button message-more", type: "button", "aria-label": "More: apps and actions for this message",
      "aria-haspopup": "menu", dataset: { key: "more" },
      onclick: (event) => openMessageMenu(state.messages.get(message.id), event.currentTarget),
    },
    icon("more"),
  );
  return h("div", { class: "message-tools" }, button);
}
