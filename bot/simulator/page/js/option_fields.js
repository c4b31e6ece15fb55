// The fields of a command's options: free text and numbers, and lists to choose from.

import { autocomplete, Refused } from "./api.js";
import { freshId, h, icon } from "./dom.js";
import { Listbox } from "./listbox.js";
import { channels, roles, users } from "./selects.js";
import { asSent } from "./state.js";

const INTEGER = 4;
const NUMBER = 10;
const PAUSE_MS = 180; // after a key before the bot is asked

/** The field for an option of any type but attachments. */
export function makeField(option, shared) {
  const items = fixedItems(option);
  return items || option.autocomplete ? new ChoiceField(option, shared, items) : new TextField(option, shared);
}

function fixedItems(option) {
  if (option.choices) return () => option.choices.map((c) => ({ value: String(c.value), label: c.label }));
  const boolean = () => [{ value: "true", label: "True" }, { value: "false", label: "False" }];
  const types = { 5: boolean, 6: users, 7: channels, 8: roles, 9: () => [...users(), ...roles()] };
  return types[option.type];
}

class TextField {
  constructor(option, { form, onRemove }) {
    this.option = option;
    this.form = form;
    this.onRemove = onRemove;
    const id = freshId("option");
    const numeric = option.type === INTEGER || option.type === NUMBER;
    this.input = h("input", {
      id, class: "pill-input", type: "text", autocomplete: "off", spellcheck: "false", size: "12",
      inputmode: numeric ? "decimal" : null, placeholder: range(option), maxlength: option.max_length,
      "aria-describedby": `${id}-problem`,
    });
    this.problem = h("p", { class: "field-problem", id: `${id}-problem`, role: "alert", hidden: true });
    this.element = h(
      "div",
      { class: "pill", dataset: { option: option.name } },
      h("label", { for: id, class: "pill-name" }, option.label),
      this.input,
      option.required ? null : h("button", { class: "pill-remove", type: "button", "aria-label": `Leave out ${option.label}`, onclick: onRemove }, icon("close")),
      this.problem,
    );
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("input", () => this.complain(""));
  }

  key(event) {
    if (event.key === "Backspace" && !this.input.value && !this.option.required) {
      event.preventDefault();
      this.onRemove();
    }
  }

  value() {
    return asSent(this.input.value.trim());
  }

  set(value) {
    this.input.value = value;
  }

  focus() {
    this.input.focus();
  }

  complain(text) {
    this.problem.textContent = text;
    this.problem.hidden = !text;
    this.input.setAttribute("aria-invalid", String(Boolean(text)));
  }
}

function range(option) {
  const { min_value: low, max_value: high } = option;
  if (low !== undefined && high !== undefined) return `${low} to ${high}`;
  if (low !== undefined) return `at least ${low}`;
  return high !== undefined ? `at most ${high}` : "";
}

// A choice shows its name and stands for its value; text that fits no choice stands for itself,
// which the bot may take or refuse when the choices were its own suggestions.
class ChoiceField extends TextField {
  constructor(option, shared, items) {
    super(option, shared);
    this.items = items;
    this.picked = null;
    this.asked = 0;
    this.input.setAttribute("role", "combobox");
    this.input.setAttribute("aria-autocomplete", "list");
    this.input.setAttribute("aria-expanded", "false");
    this.list = new Listbox(this.input, {
      label: option.label, above: true, empty: "No options match your search.",
      onPick: (item) => this.pick(item),
    });
    this.input.addEventListener("focus", () => this.offer());
    this.input.addEventListener("click", () => this.list.open || this.offer());
    this.input.addEventListener("blur", () => this.left());
    this.input.addEventListener("input", () => {
      this.picked = null;
      this.offerSoon();
    });
  }

  key(event) {
    if (event.key === "Tab" && this.list.open && !event.shiftKey && this.input.value && !this.picked) this.list.pick();
    else if (!this.list.key(event)) super.key(event);
  }

  value() {
    return this.picked ? this.picked.value : this.items ? "" : asSent(this.input.value.trim());
  }

  set(value) {
    this.picked = this.items?.().find((item) => item.value === String(value)) ?? { value, label: value };
    this.input.value = this.picked.label;
  }

  pick(item) {
    this.picked = item;
    this.input.value = item.label;
    this.complain("");
  }

  // Words that are exactly a choice's name mean that choice; others mean nothing here.
  left() {
    this.list.close();
    if (!this.items || this.picked || !this.input.value) return;
    const typed = this.input.value.trim().toLowerCase();
    const found = this.items().find((item) => item.label.toLowerCase() === typed);
    if (found) this.pick(found);
    else this.complain("Choose one from the list.");
  }

  offerSoon() {
    if (this.items) return this.offer();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.offer(), PAUSE_MS);
    return undefined;
  }

  async offer() {
    const typed = this.picked ? "" : this.input.value.trim().toLowerCase();
    if (this.items) {
      this.list.show(this.items().filter((item) => item.label.toLowerCase().includes(typed)), this.chosen());
      return;
    }
    this.asked += 1;
    const number = this.asked;
    const found = await this.suggestions();
    const still = number === this.asked && document.activeElement === this.input;
    if (found && still) this.list.show(found, this.chosen());
  }

  async suggestions() {
    const entry = this.form.invocation(false);
    entry.options = { ...entry.options, [this.option.name]: this.picked ? "" : this.input.value };
    try {
      const choices = await autocomplete(entry, this.option.name);
      return choices.map((choice) => ({ value: String(choice.value), label: choice.name }));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.complain("Loading options failed.");
      return null;
    }
  }

  chosen() {
    return new Set(this.picked ? [this.picked.value] : []);
  }
}
