// Discord's markdown within a line: emphasis, code, links, mentions, moments, spoilers.

import { h } from "./dom.js";
import { channel, displayName, goTo, guildOf, state } from "./state.js";
import { moment } from "./times.js";

const wrap = (tag, props = {}) => (match) => h(tag, props, inline(match[1]));

// Tried in this order at each position; the first that matches wins.
const RULES = [
  [/^\\([^\w\s])/, (match) => match[1]],
  [/^``([^]+?)``(?!`)/, (match) => h("code", { class: "code" }, match[1].trim())],
  [/^`([^`]+)`/, (match) => h("code", { class: "code" }, match[1])],
  [/^\*\*\*([^]+?)\*\*\*(?!\*)/, (match) => h("strong", {}, h("em", {}, inline(match[1])))],
  [/^\*\*([^]+?)\*\*(?!\*)/, wrap("strong")],
  [/^__([^]+?)__(?!_)/, wrap("u")],
  [/^\*(?=\S)([^]*?[^\s*])\*(?!\*)/, wrap("em")],
  [/^_([^_]+)_(?!\w)/, wrap("em"), true],
  [/^~~([^]+?)~~/, wrap("s")],
  [/^\|\|([^]+?)\|\|/, (match) => spoiler(inline(match[1]))],
  [/^<t:(-?\d{1,13})(?::([tTdDfFRsS]))?>/, (match) => moment(Number(match[1]), match[2])],
  [/^<@!?(\d+)>/, (match) => userMention(match[1])],
  [/^<@&(\d+)>/, (match) => roleMention(match[1])],
  [/^<#(\d+)>/, (match) => mention(`#${channel(match[1])?.name ?? "unknown"}`)],
  [/^<\/([^:>]+):\d+>/, (match) => mention(`/${match[1]}`)],
  [/^<a?:(\w+):(\d+)>/, (match) => emoji(match[1], match[2])],
  [/^@(everyone|here)\b/, (match) => mention(match[0])],
  [/^\[([^\]\n]+)\]\(<?(https?:\/\/[^\s)>]+)>?\)/, (match) => link(match[2], inline(match[1]))],
  [/^<(https?:\/\/[^\s>]+)>/, (match) => link(match[1])],
  [/^https?:\/\/[^\s<]+[^\s<.,:;"')\]]/, (match) => link(match[0]), true],
];

/** `text` as nodes. */
export function inline(text) {
  const nodes = [];
  let plain = "";
  let rest = text;
  while (rest) {
    const found = firstMatch(rest, plain.at(-1));
    if (found) {
      if (plain) nodes.push(plain);
      plain = "";
      nodes.push(found.node);
      rest = rest.slice(found.length);
    } else {
      const [letter] = rest;
      plain += letter;
      rest = rest.slice(letter.length);
    }
  }
  if (plain) nodes.push(plain);
  return nodes.flat(Infinity);
}

function firstMatch(text, before) {
  if (!/^[\\`*_~|<@[h]/.test(text)) return null; // most letters begin nothing
  for (const [pattern, build, atWordStart] of RULES) {
    if (atWordStart && before && /\w/.test(before)) continue;
    const match = pattern.exec(text);
    if (match) return { node: build(match), length: match[0].length };
  }
  return null;
}

function emoji(name, id) {
  return h("img", { class: "emoji", src: `/cdn/emojis/${id}.png`, alt: `:${name}:`, title: `:${name}:` });
}

function mention(text, mine = false) {
  return h("span", { class: mine ? "mention mention-me" : "mention" }, text);
}

function userMention(id) {
  // A client knows a name only of those it has met, as in a server with many members.
  const user = state.met.has(id) ? state.users.get(id) : null;
  return mention(user ? `@${displayName(user)}` : `<@${id}>`, id === state.me?.id);
}

function roleMention(id) {
  const role = guildOf(channel(state.channelId))?.roles.find((one) => one.id === id);
  return mention(`@${role?.name ?? "unknown role"}`);
}

const PLACE = /^https:\/\/(?:\w+\.)?discord\.com\/channels\/(?:\d+|@me)\/(\d+)(?:\/(\d+))?$/;

/** A link, of a text or of its address; one to a channel or message here leads there, as in Discord's clients. */
export function link(href, children = null) {
  const [, channelId, messageId] = PLACE.exec(href) ?? [];
  const place = channel(channelId);
  if (!place) return h("a", { href, target: "_blank", rel: "noreferrer noopener" }, children ?? href);
  const name = `${place.name ? `#${place.name}` : "direct messages"}${messageId ? " › message" : ""}`;
  return h(
    "button",
    {
      class: children ? "link-button" : "mention mention-place", type: "button", dataset: { key: href },
      onclick: () => goTo(channelId, messageId),
    },
    children ?? name,
  );
}

function spoiler(children) {
  const element = h(
    "span",
    { class: "spoiler", role: "button", tabindex: "0", "aria-label": "Spoiler, press to show" },
    h("span", { "aria-hidden": "true" }, children),
  );
  const show = (event) => {
    if (event.type === "keydown" && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    element.classList.add("spoiler-open");
    element.removeAttribute("role");
    element.removeAttribute("aria-label");
    element.firstElementChild.removeAttribute("aria-hidden");
  };
  element.addEventListener("click", show);
  element.addEventListener("keydown", show);
  return element;
}
