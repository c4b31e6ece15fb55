// The members of the open guild, at the right.

import { avatar, byId, fill, h, icon } from "./dom.js";
import { openUserMenu } from "./message_menu.js";
import { part } from "./sidebar.js";
import { channel, displayName, guildOf, nameColor, on, state } from "./state.js";

const WIDE = window.matchMedia("(min-width: 1100px)");
const ORDER = ["Owner", "Moderator", "App", "Member"];
const HEADINGS = { Owner: "Owner", Moderator: "Moderators", App: "Apps", Member: "Members" };

/** Draw the list, and let its button show and hide it. */
export function startMembers() {
  for (const name of ["world", "channel"]) on(name, draw);
  const button = byId("toggle-members");
  button.append(icon("people"), h("span", {}, "Members"));
  button.addEventListener("click", () => show(byId("members").hidden));
  show(WIDE.matches);
  WIDE.addEventListener("change", () => show(WIDE.matches));
  on("drawer", (open) => show(WIDE.matches && !open)); // both leave too little for the chat
}

function show(yes) {
  byId("members").hidden = !yes;
  byId("toggle-members").setAttribute("aria-pressed", String(yes));
}

function draw() {
  const open = channel(state.channelId);
  const users = guildOf(open)?.members.map((member) => member.user) ?? [...(open?.recipients ?? []), state.bot];
  const known = users.map((user) => state.users.get(user.id) ?? user);
  fill(
    byId("members"),
    ORDER.map((kind) => {
      const group = known.filter((user) => part(user) === kind);
      if (!group.length) return null;
      return [
        h("h2", { class: "side-heading" }, `${HEADINGS[kind]} — ${group.length}`),
        h("ul", { class: "member-list" }, group.map(line)),
      ];
    }),
  );
}

function line(user) {
  const offline = user.bot && !state.bot.connected;
  const button = h(
    "button",
    { class: offline ? "member member-offline" : "member", type: "button", "aria-haspopup": "menu" },
    avatar(user),
    h("span", { class: "member-words" }, h("span", { style: { color: nameColor(user) } }, displayName(user)), state.bot.id === user.id ? h("span", { class: "faint" }, offline ? "Offline" : "Online") : null),
    user.bot ? h("span", { class: "tag" }, "App") : null,
  );
  button.addEventListener("click", () => openUserMenu(user, button));
  button.addEventListener("contextmenu", (event) => {
    event.preventDefault();
    openUserMenu(user, button, event);
  });
  return h("li", {}, button);
}
