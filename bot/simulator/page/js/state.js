// What the page knows: the world as /sim/state tells it, the messages that the member acted as can
// see, and what that member is waiting for. Everything on screen is drawn from here.

import * as api from "./api.js";

const listeners = new Map();

export const state = {
  bot: null,
  users: new Map(), // id -> user, the bot among them
  guilds: [],
  dms: [],
  dmCommands: [],
  samples: [],
  me: null, // the user acted as
  channelId: "",
  messages: new Map(), // id -> message, all that `me` can see
  met: new Set(), // ids of the users that these messages name, by author or in `mentions`
  dismissed: new Set(), // ids of ephemeral messages put away
  pending: new Map(), // interaction id -> what is waited for
  failures: new Map(), // message id -> the sentence below it
  unread: new Map(), // channel id -> {count, mentions}
  uploadLimit: 0,
  linked: false, // whether events arrive
};

/** Call `listener` whenever something called `name` changes. */
export function on(name, listener) {
  listeners.set(name, [...(listeners.get(name) ?? []), listener]);
}

/** Tell everybody that `name` has changed. */
export function changed(name, detail) {
  for (const listener of listeners.get(name) ?? []) listener(detail);
}

/** Read the world anew; the member and channel stay if they still exist. */
export async function loadWorld() {
  const world = await api.getState();
  state.bot = world.bot;
  state.guilds = world.guilds;
  state.dms = world.dms;
  state.dmCommands = world.dm_commands;
  state.uploadLimit = world.upload_limit;
  state.users = new Map([...world.users, world.bot].map((user) => [user.id, user]));
  const wanted = new URLSearchParams(location.search);
  const kept = state.me && state.users.get(state.me.id);
  state.me = kept ?? people().find((u) => u.username === wanted.get("as")) ?? firstMember();
  if (!channel(state.channelId) || !seesChannel(state.channelId)) {
    const mine = myChannels();
    const named = mine.find((c) => c.name === wanted.get("channel"));
    state.channelId = (named ?? mine[0])?.id ?? "";
  }
  changed("world");
}

/** Read the messages anew. */
export async function loadMessages() {
  const messages = await api.getMessages(state.me.id);
  state.messages = new Map(messages.map((message) => [message.id, message]));
  state.met = new Set([state.me.id]);
  messages.forEach(meet);
  changed("messages");
}

/** The people one can act as: those who have a place to be in. */
export const people = () => [...state.users.values()].filter((user) => !user.bot && user.channel_ids.length + user.guild_ids.length);

function firstMember() {
  const owners = state.guilds.map((guild) => guild.owner_id);
  const plain = people().find((user) => !user.moderator && !owners.includes(user.id));
  return plain ?? people()[0];
}

/** Remember the users that a message brings along. */
export function meet(message) {
  const asked = message.interaction_metadata?.user;
  for (const user of [message.author, ...message.mentions, ...(asked ? [asked] : [])]) state.met.add(user.id);
}

/** A channel or direct conversation by its id. */
export function channel(id) {
  const all = [...state.guilds.flatMap((guild) => guild.channels), ...state.dms];
  return all.find((one) => one.id === id);
}

/** The guild that a channel is in; undefined for a direct conversation. */
export const guildOf = (one) => state.guilds.find((guild) => guild.id === one?.guild_id);

/** The channels `me` sees: the guilds' first, then direct conversations. */
export function myChannels() {
  return [
    ...state.guilds.flatMap((guild) => guild.channels).filter((c) => state.me.channel_ids.includes(c.id)),
    ...myDms(),
  ];
}

export const myDms = () => state.dms.filter((dm) => dm.recipients.some((user) => user.id === state.me.id));

const seesChannel = (id) => myChannels().some((one) => one.id === id);

/** What `me` sees in the open channel, oldest first. Ids grow with time. */
export function shownMessages() {
  return [...state.messages.values()]
    .filter((m) => m.channel_id === state.channelId && !state.dismissed.has(m.id))
    .sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
}

/** The emojis and stickers of the open channel's guild. */
export const emojisHere = () => guildOf(channel(state.channelId))?.emojis ?? [];
export const stickersHere = () => guildOf(channel(state.channelId))?.stickers ?? [];

/** A text as a client sends it: `:name:` and `@name` become the emojis and members they stand for. */
export function asSent(text) {
  const written = text.replace(/(<a?)?:(\w{2,32}):/g, (whole, before, name) => {
    const found = before ? null : emojisHere().find((one) => one.name === name);
    return found ? `<${found.animated ? "a" : ""}:${name}:${found.id}>` : whole;
  });
  return written.replace(/(<)?@(\w{2,32})\b/g, (whole, before, name) => {
    const found = before ? null : people().find((user) => user.username === name.toLowerCase());
    return found ? `<@${found.id}>` : whole;
  });
}

/** A user's membership in the open channel's guild. */
export function memberHere(user) {
  const guild = guildOf(channel(state.channelId));
  const found = guild?.members.find((one) => one.user.id === user?.id);
  return found && { ...found, guildId: guild.id };
}

/** A name as the guild knows it. */
export function displayName(user) {
  const member = memberHere(user);
  return member?.nick || user?.global_name || user?.username || "somebody";
}

/** The colour of a member's highest coloured role, as CSS; empty without one. */
export function nameColor(user) {
  const guild = guildOf(channel(state.channelId));
  const member = guild?.members.find((one) => one.user.id === user?.id);
  const roles = guild?.roles.filter((role) => role.color && member?.roles.includes(role.id)) ?? [];
  const top = roles.sort((a, b) => b.position - a.position)[0];
  return top ? `#${top.color.toString(16).padStart(6, "0")}` : "";
}

/** Act as another member. */
export function actAs(user) {
  state.me = user;
  for (const map of [state.messages, state.pending, state.failures, state.unread]) map.clear();
  if (!seesChannel(state.channelId)) state.channelId = myChannels()[0]?.id ?? "";
  remember();
  changed("me");
}

/** Open a channel. */
export function openChannel(id) {
  state.channelId = id;
  state.unread.delete(id);
  remember();
  changed("channel");
}

/** Open a channel at one of its messages, where `me` sees it. */
export function goTo(channelId, messageId) {
  if (!seesChannel(channelId)) return;
  if (channelId !== state.channelId) openChannel(channelId);
  if (messageId) changed("wanted", messageId);
}

// The address names member and channel, so that a second window can be another member.
function remember() {
  const wanted = new URLSearchParams({ as: state.me.username });
  const name = channel(state.channelId)?.name;
  if (name) wanted.set("channel", name);
  history.replaceState(null, "", `?${wanted}`);
}
