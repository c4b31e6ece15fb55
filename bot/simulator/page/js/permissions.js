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

/** The names of the slash commands that others may use here, but not `me`. */
export function commandsOfOthers() {
  const commands = guildOf(channel(state.channelId))?.commands ?? [];
  return commands.filter((command) => command.type === 1 && !mayUse(command)).map((command) => spoken(command, "name"));
}

/** A text of a command, option or choice ("name" or "description") in the language of `me`. */
export const spoken = (entry, text) => entry[`${text}_localizations`]?.[state.me.locale] ?? entry[text];

/** The name of a command that was used, such as "queue show", in the language of `me`. */
export function spokenName(name) {
  const menu = [...commandsHere(2), ...commandsHere(3)].find((command) => command.name === name);
  return menu ? spoken(menu, "name") : (slashCommands().find((entry) => entry.name === name)?.label ?? name);
}

/** The languages of commands here, as Discord names them; English is in the code of the bot. */
export function languagesHere() {
  const texts = [1, 2, 3].flatMap(commandsHere).flatMap((one) => [one.name_localizations, one.description_localizations]);
  return ["en-US", ...new Set(texts.flatMap((given) => Object.keys(given ?? {})).sort())];
}

/**
 * Slash commands with each sub-command as an entry of its own: {command, path, name, …}. Commands,
 * options and choices keep their registered names; what `me` reads is `label` and `description`.
 */
export function slashCommands() {
  return commandsHere(1)
    .flatMap((command) => unfold(command, command, [], spoken(command, "name")))
    .sort((a, b) => a.label.localeCompare(b.label));
}

function unfold(command, step, path, label) {
  const nested = (step.options ?? []).filter((option) => option.type === 1 || option.type === 2);
  const below = (inner) => unfold(command, inner, [...path, inner.name], `${label} ${spoken(inner, "name")}`);
  if (nested.length) return nested.flatMap(below);
  return [
    {
      command,
      path,
      label,
      name: [command.name, ...path].join(" "),
      description: spoken(step, "description"),
      options: (step.options ?? []).map(shown),
    },
  ];
}

const shown = (option) => ({
  ...option,
  label: spoken(option, "name"),
  description: spoken(option, "description"),
  choices: option.choices?.map((choice) => ({ ...choice, label: spoken(choice, "name") })),
});
