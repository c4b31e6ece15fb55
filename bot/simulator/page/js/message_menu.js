// What can be done with a message or a member: the apps' own commands, and a few of Discord's.

import { deleteMessage, forwardMessage, Refused, runCommand } from "./api.js";
import { icon } from "./dom.js";
import { waitFor } from "./live.js";
import { openMenu } from "./menus.js";
import { toast } from "./notices.js";
import { commandsHere, mayDelete, spoken } from "./permissions.js";
import { changed, displayName, state } from "./state.js";

const USER_COMMAND = 2;
const MESSAGE_COMMAND = 3;
const EPHEMERAL = 1 << 6;

/** The menu of a message. */
export function openMessageMenu(message, anchor, event = null) {
  const apps = commandsHere(MESSAGE_COMMAND).map((command) => ({
    label: spoken(command, "name"),
    icon: icon("apps"),
    run: () => use(command, { target_message: message.id }),
  }));
  const ephemeral = Boolean(message.flags & EPHEMERAL);
  const entries = [
    ...(apps.length && !ephemeral ? [{ heading: "Apps" }, ...apps] : []),
    { heading: "Message" },
    ...(ephemeral ? [] : [{ label: "Forward here", icon: icon("reply"), run: () => forward(message) }]),
    { label: "Copy text", icon: icon("copy"), run: () => copy(message.content) },
    { label: "Copy message ID", icon: icon("hash"), run: () => copy(message.id) },
  ];
  if (ephemeral) {
    entries.push({ label: "Dismiss message", icon: icon("close"), run: () => dismiss(message) });
  } else if (mayDelete(message)) {
    entries.push({ label: "Delete message", icon: icon("trash"), danger: true, run: () => remove(message) });
  }
  openMenu(anchor, "Message", entries, event);
}

/** The menu of a member. */
export function openUserMenu(user, anchor, event = null) {
  const apps = commandsHere(USER_COMMAND).map((command) => ({
    label: spoken(command, "name"),
    icon: icon("apps"),
    run: () => use(command, { target_user: user.id }),
  }));
  openMenu(
    anchor,
    displayName(user),
    [
      ...(apps.length ? [{ heading: "Apps" }, ...apps] : []),
      { heading: displayName(user) },
      { label: "Mention", icon: icon("at"), run: () => changed("mention", user) },
      { label: "Copy user ID", icon: icon("hash"), run: () => copy(user.id) },
    ],
    event,
  );
}

async function use(command, extra) {
  await attempt(async () => {
    const entry = { command: command.name, user: state.me.id, channel: state.channelId, extra };
    const { interaction_id: id } = await runCommand(entry);
    waitFor(id, { label: spoken(command, "name") });
  });
}

function forward(message) {
  return attempt(() => forwardMessage(message.id, state.me.id, state.channelId));
}

function remove(message) {
  return attempt(() => deleteMessage(message.id, state.me.id));
}

function dismiss(message) {
  state.dismissed.add(message.id);
  changed("message", { id: message.id, change: "delete" });
}

function copy(text) {
  return attempt(() => navigator.clipboard.writeText(text).catch(() => toast("The browser does not let this page copy.")));
}

async function attempt(action) {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    toast(error.message);
  }
}
