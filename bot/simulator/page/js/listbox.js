// A floating list to choose from: for commands, choices, autocomplete, selects and members.
// The focus stays on the field or button it belongs to, which names the active entry.

import { freshId, h, icon, layerOf, place } from "./dom.js";

const TALLEST = 440; // pixels; what it belongs to should stay in view

/**
 * A list beside `anchor`. Items are {value, label, detail, lead, group}; `onPick` is called with
 * the item. With `multiple`, a pick switches an item on or off and the list stays open. The list
 * lies at `beside` where that is not the anchor itself.
 */
export class Listbox {
  constructor(anchor, { label, onPick, onClose, multiple = false, above = false, width = false, empty = "", beside = anchor }) {
    Object.assign(this, { anchor, beside, onPick, onClose, multiple, empty });
    this.placing = { above, width };
    this.items = [];
    this.active = -1;
    this.chosen = new Set();
    this.list = h("ul", {
      class: "listbox", role: "listbox", id: freshId("list"), "aria-label": label, "aria-multiselectable": multiple ? "true" : null,
    });
    this.box = h("div", { class: "floating" }, this.list);
    // A press on the list must not take the focus from the field, which would close the list.
    this.box.addEventListener("mousedown", (event) => event.preventDefault());
    this.outside = (event) => {
      if (!this.box.contains(event.target) && !anchor.contains(event.target)) this.close();
    };
    this.again = () => this.put();
  }

  get open() {
    return this.box.isConnected;
  }

  /** Show `items`; opens the list if it is closed. */
  show(items, chosen = this.chosen) {
    this.items = items;
    this.chosen = chosen;
    const before = this.active;
    this.list.replaceChildren(...this.entries());
    if (!this.open) this.attach();
    this.expanded(true);
    this.anchor.setAttribute("aria-controls", this.list.id);
    this.put();
    const first = items.findIndex((item) => chosen.has(item.value));
    this.activate(before >= 0 && before < items.length ? before : Math.max(0, first));
  }

  attach() {
    layerOf(this.anchor).append(this.box);
    this.active = -1;
    document.addEventListener("mousedown", this.outside, true);
    window.addEventListener("resize", this.again);
  }

  put() {
    Object.assign(this.box.style, { top: "", bottom: "", maxHeight: "" });
    place(this.box, this.beside, this.placing);
    this.box.style.maxHeight = `min(${this.box.style.maxHeight}, ${TALLEST}px)`;
  }

  // A plain text box must not be called expanded; a combobox must.
  expanded(yes) {
    if (this.anchor.getAttribute("role") === "combobox") this.anchor.setAttribute("aria-expanded", String(yes));
  }

  close() {
    if (!this.open) return;
    this.box.remove();
    document.removeEventListener("mousedown", this.outside, true);
    window.removeEventListener("resize", this.again);
    this.expanded(false);
    this.anchor.removeAttribute("aria-activedescendant");
    this.anchor.removeAttribute("aria-controls");
    this.onClose?.();
  }

  entries() {
    if (!this.items.length) {
      const entry = h("li", { class: "listbox-empty", role: "option", "aria-disabled": "true", "aria-selected": "false" });
      entry.textContent = this.empty || "Nothing fits.";
      return [entry];
    }
    let group = null;
    return this.items.flatMap((item, index) => {
      const entry = this.entry(item, index);
      if (!item.group || item.group === group) return [entry];
      group = item.group;
      return [h("li", { class: "listbox-group", role: "presentation" }, group), entry];
    });
  }

  entry(item, index) {
    const selected = this.chosen.has(item.value);
    return h(
      "li",
      {
        class: "listbox-item", role: "option", id: `${this.list.id}-${index}`, "aria-selected": String(selected),
        onclick: () => this.pick(index),
        onmousemove: () => this.activate(index, false),
      },
      item.lead ? h("span", { class: "listbox-lead" }, item.lead) : null,
      h(
        "span",
        { class: "listbox-words" },
        h("span", { class: "listbox-label" }, item.label),
        item.detail ? h("span", { class: "listbox-detail" }, item.detail) : null,
      ),
      item.aside ? h("span", { class: "listbox-aside" }, item.aside) : null,
      selected ? icon("check") : null,
    );
  }

  activate(index, scroll = true) {
    const entries = this.list.querySelectorAll(".listbox-item");
    entries[this.active]?.classList.remove("active");
    this.active = index;
    const entry = entries[index];
    entry?.classList.add("active");
    if (entry) this.anchor.setAttribute("aria-activedescendant", entry.id);
    if (entry && scroll) entry.scrollIntoView({ block: "nearest" });
  }

  pick(index = this.active) {
    const item = this.items[index];
    if (!item) return;
    if (this.multiple) {
      if (!this.chosen.delete(item.value)) this.chosen.add(item.value);
      this.show(this.items);
    } else this.close();
    this.onPick(item);
  }

  /** Act on a key; says whether it was one of the list's. */
  key(event) {
    if (!this.open) return false;
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: 6, PageUp: -6 };
    if (event.key in moves && this.items.length) {
      const last = this.items.length - 1;
      const next = this.active + moves[event.key];
      const wrapped = next < 0 ? last : next > last ? 0 : next;
      this.activate(Math.abs(moves[event.key]) > 1 ? Math.min(last, Math.max(0, next)) : wrapped);
    } else if (event.key === "Enter" && this.items.length) this.pick();
    else if (event.key === "Escape") this.close();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }
}
