// Who may do what, as Discord works it out from roles; the simulator checks everything again.

import { channel, guildOf, state } from "./state.js";

const ADMINISTRATOR = 1n << 3n;
const MANAGE_MESSAGES = 1n << 13n;

/** The rights of `me` in the guild of the open channel, as bits. */
export function rights() {
  const guild = guildOf(channel(state.channelId));
  if (!guild) return -1n;
  if (guild.owner_id === state.me.id) return -1n; // all bits
  const member = guild.members.find((one) => one.user.id === state.me.id);
  const mine = guild.roles.filter((role) => role.id === guild.id || member?.roles.includes(role.id));
  const bits = mine.reduce((sum, role) => sum | BigInt(role.permissions), 0n);
  return bits & ADMINISTRATOR ? -1n : bits;
}

/** Whether `me` sees `command`; "0" means administrators only. */
export function mayUse(command) {
  const needed = command.default_member_permissions;
  if (needed === null || needed === undefined) return true;
  const wanted = BigInt(needed) || ADMINISTRATOR;
  return (rights() & wanted) === wanted;
}

/** Whether `me` may delete `message`. */
export function mayDelete(message) {
  return message.author.id === state.me.id || Boolean(rights() & MANAGE_MESSAGES);
}

/** The commands of one type (1 slash, 2 user menu, 3 message menu) that `me` sees here. */
export function commandsHere(type) {
  const guild = guildOf(channel(state.channelId));
  const commands = guild ? guild.commands : state.dmCommands;
  return commands.filter((command) => command.type === type && mayUse(command));
}

/** Slash commands with each sub-command as an entry of its own: {command, path, name, …}. */
export function slashCommands() {
  return commandsHere(1)
    .flatMap((command) => unfold(command, command, []))
    .sort((a, b) => a.name.localeCompare(b.name));
}

function unfold(command, step, path) {
  const nested = (step.options ?? []).filter((option) => option.type === 1 || option.type === 2);
  if (nested.length) return nested.flatMap((inner) => unfold(command, inner, [...path, inner.name]));
  return [
    {
      command,
      path,
      name: [command.name, ...path].join(" "),
      description: step.description,
      options: step.options ?? [],
    },
  ];
}
