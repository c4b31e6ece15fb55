// The channels, and below them the member one acts as.

import { setLocale } from "./api.js";
import { avatar, byId, fill, h, icon } from "./dom.js";
import { openMenu } from "./menus.js";
import { languagesHere } from "./permissions.js";
import { actAs, changed, channel, displayName, guildOf, myDms, on, openChannel, people, state } from "./state.js";

/** Draw the side bar and the head of the chat, and go on doing so. */
export function startSidebar() {
  for (const name of ["world", "channel", "me", "unread"]) on(name, draw);
  byId("open-sidebar").append(icon("menu"));
  byId("open-sidebar").addEventListener("click", () => slide(true));
  byId("veil").addEventListener("click", () => slide(false));
  byId("sidebar").addEventListener("keydown", (event) => event.key === "Escape" && slide(false));
}

// On a phone the side bar lies over the chat.
function slide(open) {
  byId("sidebar").classList.toggle("sidebar-open", open);
  byId("veil").hidden = !open;
  byId("open-sidebar").setAttribute("aria-expanded", String(open));
  if (open) byId("sidebar").querySelector("button")?.focus();
  else if (byId("sidebar").contains(document.activeElement)) byId("open-sidebar").focus();
}

function draw() {
  const focused = document.activeElement?.dataset?.key;
  fill(byId("sidebar"), state.guilds.map(guildPart), dmPart(), userPanel());
  if (focused) byId("sidebar").querySelector(`[data-key="${focused}"]`)?.focus();
  drawHead();
}

function guildPart(guild) {
  if (!state.me.guild_ids.includes(guild.id)) return null;
  const mine = guild.channels.filter((one) => state.me.channel_ids.includes(one.id));
  return h(
    "section",
    { class: "guild", "aria-label": guild.name },
    h("div", { class: "guild-head" }, h("span", { class: "guild-mark", "aria-hidden": "true" }, guild.name[0]), h("h2", {}, guild.name)),
    h("p", { class: "side-heading" }, "Text channels"),
    h("ul", { class: "channels" }, mine.map((one) => channelLine(one, icon("hash"), one.name))),
  );
}

function dmPart() {
  const mine = myDms();
  if (!mine.length) return null;
  return h(
    "section",
    { class: "dms", "aria-label": "Direct messages" },
    h("p", { class: "side-heading" }, "Direct messages"),
    h("ul", { class: "channels" }, mine.map((dm) => channelLine(dm, avatar(state.bot, "tiny"), displayName(state.bot)))),
  );
}

function channelLine(one, lead, name) {
  const unread = state.unread.get(one.id);
  const here = one.id === state.channelId;
  const heard = unread ? `${name}, ${unread.count} new` : name;
  return h(
    "li",
    {},
    h(
      "button",
      {
        class: unread ? "channel channel-unread" : "channel", type: "button", "aria-current": here ? "page" : null, "aria-label": heard,
        dataset: { key: `channel-${one.id}` },
        onclick: () => {
          openChannel(one.id);
          slide(false);
        },
      },
      lead,
      h("span", { class: "channel-name" }, name),
      unread?.mentions ? h("span", { class: "badge" }, String(unread.mentions)) : null,
    ),
  );
}

/** What somebody is in the guild, in a word: owner, moderator, member. */
export function part(user) {
  if (user.bot) return "App";
  const owner = state.guilds.some((guild) => guild.owner_id === user.id);
  if (owner) return "Owner";
  return user.moderator ? "Moderator" : "Member";
}

// "Ben · Member", but no "Mo (moderator) · Moderator".
function titled(user) {
  const name = displayName(user);
  return name.toLowerCase().includes(part(user).toLowerCase()) ? name : `${name} · ${part(user)}`;
}

function userPanel() {
  const { me } = state;
  const button = h(
    "button",
    { class: "me", type: "button", "aria-haspopup": "menu", "aria-label": `Acting as ${displayName(me)}, ${part(me)}. Act as another member`, dataset: { key: "me" } },
    avatar(me),
    h("span", { class: "me-words" }, h("b", {}, displayName(me)), h("span", { class: "faint" }, `Acting as · ${part(me)}`)),
    icon("up"),
  );
  button.addEventListener("click", () => openMenu(button, "Act as", switchEntries()));
  return h("div", { class: "user-panel" }, button);
}

function switchEntries() {
  const others = people().filter((user) => user.id !== state.me.id);
  const beside = (user) => window.open(`?${new URLSearchParams({ as: user.username })}`, "_blank", "noopener");
  const line = (user, run, lead) => ({ label: titled(user), icon: lead, run });
  return [
    { heading: "Act as" },
    ...others.map((user) => line(user, () => actAs(user), avatar(user, "tiny"))),
    { heading: "In a window beside this one" },
    ...others.map((user) => line(user, () => beside(user), icon("link"))),
    ...languageEntries(),
  ];
}

// The language of the member's client, of those that the bot's commands have.
function languageEntries() {
  const languages = languagesHere();
  const choose = async (locale) => {
    await setLocale(state.me.id, locale);
    state.me.locale = locale;
    changed("me");
  };
  const line = (locale) => ({
    label: new Intl.DisplayNames([locale], { type: "language" }).of(locale),
    icon: locale === state.me.locale ? icon("check") : null,
    run: () => choose(locale),
  });
  return languages.length < 2 ? [] : [{ heading: "Language of Discord" }, ...languages.map(line)];
}

function drawHead() {
  const open = channel(state.channelId);
  const inGuild = Boolean(guildOf(open));
  const name = inGuild ? open.name : displayName(state.bot);
  fill(byId("channel-title"), icon(inGuild ? "hash" : "at"), name);
  fill(byId("channel-topic"), open?.topic ?? "");
  document.title = `${inGuild ? "#" : "@"}${name} · ${displayName(state.me)} · Simulated Discord`;
  byId("messages").setAttribute("aria-label", `Messages in ${name}`);
}
