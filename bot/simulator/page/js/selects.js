// Select menus, in messages and in modals.

import { avatar, h, icon } from "./dom.js";
import { Listbox } from "./listbox.js";
import { channel, displayName, guildOf, state } from "./state.js";

const STRING = 3;

/**
 * A select menu as a button with a list. `onChoose` is called with the values once the list closes
 * and they have changed.
 */
export function selectMenu(component, { onChoose, labelledBy = null, label = "" }) {
  const items = itemsOf(component);
  const chosen = new Set(defaults(component));
  const most = component.max_values ?? 1;
  const words = h("span", { class: "select-words" });
  const button = h(
    "button",
    {
      class: "select", type: "button", role: "combobox", "aria-haspopup": "listbox", "aria-expanded": "false",
      "aria-labelledby": labelledBy, "aria-label": labelledBy ? null : label || component.placeholder || "Choose",
      disabled: component.disabled, dataset: { key: component.custom_id ?? "" },
    },
    words,
    icon("down"),
  );
  const draw = () => {
    const names = items.filter((item) => chosen.has(item.value)).map((item) => item.label);
    words.textContent = names.join(", ") || component.placeholder || "Make a selection";
    words.classList.toggle("select-empty", names.length === 0);
  };
  let before = "";
  const list = new Listbox(button, {
    label: label || component.placeholder || "Options",
    multiple: most > 1,
    width: true,
    onPick: (item) => {
      if (most === 1) replace(chosen, item.value, component);
      else if (chosen.size > most) chosen.delete(item.value);
      draw();
    },
    onClose: () => {
      const values = [...chosen];
      if (values.join() !== before) onChoose(values);
    },
  });
  button.addEventListener("click", () => {
    if (list.open) return list.close();
    before = [...chosen].join();
    list.show(items, chosen);
  });
  button.addEventListener("keydown", (event) => {
    if (!list.open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      button.click();
    } else list.key(event);
  });
  button.addEventListener("blur", () => list.close());
  draw();
  return { element: button, values: () => [...chosen] };
}

// One value of one: picking it again takes it back where none is needed.
function replace(chosen, value, component) {
  const had = chosen.has(value);
  chosen.clear();
  if (!had || (component.required !== false && (component.min_values ?? 1) > 0)) chosen.add(value);
}

function defaults(component) {
  if (component.type === STRING) return component.options.filter((o) => o.default).map((o) => o.value);
  return (component.default_values ?? []).map((one) => one.id);
}

function itemsOf(component) {
  if (component.type === STRING) {
    return component.options.map((option) => ({
      value: option.value, label: option.label, detail: option.description, lead: option.emoji?.name,
    }));
  }
  return { 5: users, 6: roles, 7: () => [...users(), ...roles()], 8: channels }[component.type]();
}

/** The members of the open guild, or everybody in a direct conversation. */
export function users() {
  const guild = guildOf(channel(state.channelId));
  const found = guild ? guild.members.map((member) => member.user) : [...state.users.values()];
  return found.map((user) => ({
    value: user.id, label: displayName(user), detail: user.username, lead: avatar(user, "tiny"),
  }));
}

/** The roles of the open guild. */
export function roles() {
  const guild = guildOf(channel(state.channelId));
  return (guild?.roles ?? []).map((role) => ({ value: role.id, label: role.name, lead: "@" }));
}

/** The channels of the open guild. */
export function channels() {
  const guild = guildOf(channel(state.channelId));
  return (guild?.channels ?? []).map((one) => ({ value: one.id, label: one.name, lead: "#" }));
}
