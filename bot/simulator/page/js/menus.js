// Menus of actions, for a right click or a "more" button.

import { h, layerOf, place } from "./dom.js";

let close = () => {};

/**
 * Open a menu beside `anchor`, or at `event`'s position. Entries are {label, icon, danger, run};
 * {heading} begins a group. The focus moves in, and back to where it was at the end.
 */
export function openMenu(anchor, label, entries, event = null) {
  close();
  const before = document.activeElement;
  const menu = h("div", { class: "floating menu", role: "menu", "aria-label": label });
  close = () => {
    menu.remove();
    document.removeEventListener("mousedown", outside, true);
    close = () => {};
  };
  const outside = (happened) => menu.contains(happened.target) || close();
  menu.append(...entries.map((entry) => line(entry, before)));
  menu.addEventListener("keydown", (pressed) => onKey(pressed, menu, before));
  layerOf(anchor).append(menu);
  document.addEventListener("mousedown", outside, true);
  place(menu, event ? pointAnchor(event) : anchor);
  menu.querySelector("[role=menuitem]")?.focus();
}

function line(entry, before) {
  if (entry.heading) return h("p", { class: "menu-heading", role: "presentation" }, entry.heading);
  return h(
    "button",
    {
      class: entry.danger ? "menu-item menu-danger" : "menu-item", role: "menuitem", type: "button", tabindex: "-1",
      onclick: () => {
        close();
        before?.focus?.({ preventScroll: true });
        entry.run();
      },
    },
    h("span", {}, entry.label),
    entry.icon ?? null,
  );
}

function onKey(event, menu, before) {
  const items = [...menu.querySelectorAll("[role=menuitem]")];
  const at = items.indexOf(document.activeElement);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
  if (next !== undefined) items[(next + items.length) % items.length].focus();
  else if (event.key === "Escape" || event.key === "Tab") {
    close();
    before?.focus?.({ preventScroll: true });
  } else return;
  event.preventDefault();
}

function pointAnchor(event) {
  const rect = new DOMRect(event.clientX, event.clientY, 0, 0);
  return { getBoundingClientRect: () => rect };
}
