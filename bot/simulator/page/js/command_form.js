// A chosen command with its options, above which the message box steps aside.

import { Refused, runCommand } from "./api.js";
import { freshId, h, icon } from "./dom.js";
import { FileField } from "./file_field.js";
import { waitFor } from "./live.js";
import { makeField } from "./option_fields.js";
import { toast } from "./notices.js";
import { state } from "./state.js";

const ATTACHMENT = 11;

/** The form of one command; `onDone` is called when it was sent or given up. */
export class CommandForm {
  constructor(entry, { onDone }) {
    this.entry = entry;
    this.onDone = onDone;
    this.fields = new Map(); // option name -> field
    const title = freshId("command");
    this.tiles = h("div", { class: "file-tiles" });
    this.pills = h("div", { class: "pills" });
    this.more = h("div", { class: "more-options", role: "group", "aria-label": "Optional" });
    this.hint = h("p", { class: "command-hint", "aria-live": "polite" }, entry.description);
    this.element = h(
      "form",
      { class: "command-form", "aria-labelledby": title, novalidate: true, onsubmit: (event) => this.submit(event) },
      this.headline(title),
      this.tiles,
      this.pills,
      this.more,
      this.hint,
    );
    this.element.addEventListener("keydown", (event) => this.key(event));
    this.element.addEventListener("focusin", (event) => this.explain(event));
  }

  headline(title) {
    const give = h("button", { class: "icon-button", type: "button", "aria-label": "Give up this command", onclick: () => this.onDone() }, icon("close"));
    this.go = h("button", { class: "button button-primary", type: "submit" }, "Send");
    return h(
      "div",
      { class: "command-head" },
      h("img", { src: "/page/mark.svg", alt: "", class: "avatar tiny" }),
      h("b", { id: title, class: "command-name" }, `/${this.entry.label}`),
      h("span", { class: "command-space" }),
      this.go,
      give,
    );
  }

  /** Show the fields and start in the first that must be filled. */
  begin(values) {
    for (const option of this.entry.options) {
      if (option.required || option.name in values || option.type === ATTACHMENT) this.add(option, values[option.name]);
    }
    this.drawMore();
    const empty = [...this.fields.values()].find((field) => field.option.required && !field.value());
    (empty ?? { focus: () => this.go.focus() }).focus();
  }

  add(option, value) {
    const shared = { form: this, onRemove: () => this.remove(option) };
    const field = option.type === ATTACHMENT ? new FileField(option, shared) : makeField(option, shared);
    this.fields.set(option.name, field);
    (option.type === ATTACHMENT ? this.tiles : this.pills).append(field.element);
    if (value !== undefined) field.set(value);
    return field;
  }

  remove(option) {
    this.fields.get(option.name)?.element.remove();
    this.fields.delete(option.name);
    this.drawMore();
    this.more.querySelector("button")?.focus();
  }

  drawMore() {
    const missing = this.entry.options.filter((option) => !this.fields.has(option.name));
    this.more.hidden = !missing.length;
    this.more.replaceChildren(
      ...missing.map((option) => {
        const open = () => {
          const field = this.add(option);
          this.drawMore();
          field.focus();
        };
        return h("button", { class: "chip", type: "button", title: option.description, onclick: open }, icon("plus"), option.label);
      }),
    );
  }

  // What the option at hand is for, as Discord shows it above the box.
  explain(event) {
    const field = [...this.fields.values()].find((one) => one.element.contains(event.target));
    this.hint.textContent = field ? field.option.description : this.entry.description;
  }

  key(event) {
    if (event.key === "Escape" && !event.defaultPrevented) {
      event.preventDefault();
      this.onDone();
    }
  }

  /** Put dropped files into the options that have none yet; false when there is no room. */
  takeFiles(files) {
    const rest = [...files];
    for (const field of this.fields.values()) {
      if (field instanceof FileField && !field.value() && rest.length) field.set(rest.shift());
    }
    if (rest.length < files.length) this.nextEmpty();
    return rest.length < files.length;
  }

  nextEmpty() {
    const empty = [...this.fields.values()].find((field) => field instanceof FileField && !field.value());
    (empty ?? { focus: () => this.go.focus() }).focus();
  }

  /** What has been entered so far, as the API takes it. */
  invocation(withFiles = true) {
    const options = {};
    for (const [name, field] of this.fields) {
      const value = field.value();
      if (value && (withFiles || !(value instanceof File))) options[name] = value;
    }
    return {
      command: this.entry.command.name,
      subcommand: this.entry.path.join(" "),
      user: state.me.id,
      channel: state.channelId,
      options,
    };
  }

  async submit(event) {
    event.preventDefault();
    const missing = [...this.fields.values()].find((field) => field.option.required && !field.value());
    if (missing) {
      missing.complain("This option is required. Specify a value.");
      missing.focus();
      return;
    }
    this.go.disabled = true;
    try {
      const { interaction_id: id } = await runCommand(this.invocation());
      waitFor(id, { label: `/${this.entry.label}` });
      this.onDone();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      toast(error.message);
      this.go.disabled = false;
    }
  }
}
