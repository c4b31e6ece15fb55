// The message box: text, files, and the way into commands.

import { postMessage, Refused, sampleFile } from "./api.js";
import { CommandForm } from "./command_form.js";
import { byId, fileSize, fill, h, icon } from "./dom.js";
import { Listbox } from "./listbox.js";
import { openMenu } from "./menus.js";
import { toast } from "./notices.js";
import { commandsOfOthers, slashCommands } from "./permissions.js";
import { openSamples } from "./samples.js";
import { asSent, channel, displayName, emojisHere, guildOf, on, state, stickersHere } from "./state.js";

const TALLEST = 220; // pixels that the box grows to

/** The box at the foot of the chat. */
export class Composer {
  constructor() {
    this.files = [];
    this.form = null; // the command that is being filled in
    this.tray = h("ul", { class: "tray", "aria-label": "Files to send", hidden: true });
    this.box = h("textarea", {
      id: "composer-box", class: "composer-box", rows: "1", "aria-autocomplete": "list", autocomplete: "off",
      oninput: () => this.typed(),
      onkeydown: (event) => this.key(event),
      onpaste: (event) => this.pasted(event),
      onblur: () => this.palette.close(),
    });
    this.picker = h("input", { type: "file", multiple: true, hidden: true, onchange: () => this.picked() });
    this.line = h(
      "div",
      { class: "composer-line" },
      this.button("plus", "Add a file, a sample or a command", (event) => this.addMenu(event), "menu"),
      this.box,
      this.button("smile", "Emojis", (event) => this.emojis(event.currentTarget), "menu"),
      this.button("sticker", "Stickers", (event) => this.stickers(event.currentTarget), "menu"),
      this.button("picture", "Sample pictures", (event) => this.samples(event.currentTarget), "dialog"),
      this.button("send", "Send", () => this.send()),
    );
    this.palette = new Listbox(this.box, {
      label: "Commands", above: true, width: true, beside: this.line,
      onPick: (item) => this.startCommand(item.entry),
    });
    byId("composer").append(this.tray, this.line, this.picker);
    for (const name of ["world", "channel", "me"]) on(name, () => this.rename());
    on("me", () => this.cancelCommand());
    for (const name of ["world", "me"]) on(name, () => this.palette.open && this.typed());
    on("mention", (user) => this.insert(`<@${user.id}> `));
  }

  button(name, label, run, popup = null) {
    return h("button", { class: "icon-button", type: "button", "aria-label": label, "aria-haspopup": popup, onclick: run }, icon(name));
  }

  rename() {
    const open = channel(state.channelId);
    const where = open?.name ? `#${open.name}` : `@${displayName(state.bot)}`;
    this.box.placeholder = window.innerWidth < 600 ? `Message ${where}` : `Message ${where}, or / for commands`;
    this.box.setAttribute("aria-label", `Message ${where}`);
  }

  typed() {
    this.box.style.height = "auto";
    this.box.style.height = `${Math.min(TALLEST, this.box.scrollHeight)}px`;
    const text = this.box.value;
    if (text.startsWith("/") && !text.includes("\n")) this.offer(text.slice(1).trim().toLowerCase());
    else this.palette.close();
  }

  offer(typed) {
    const fitting = slashCommands().filter((entry) => entry.label.includes(typed) || entry.name.includes(typed));
    const rank = (entry) => (entry.label.startsWith(typed) ? 0 : 1);
    const sorted = fitting.sort((a, b) => rank(a) - rank(b));
    this.palette.active = -1;
    this.palette.empty = this.whyNone(typed);
    this.palette.show(
      sorted.map((entry) => ({
        value: entry.name, label: `/${entry.label}`, detail: entry.description, entry,
        aside: entry.options.filter((option) => option.required).map((option) => option.label).join(" "),
        lead: h("img", { src: "/page/mark.svg", alt: "", class: "avatar tiny" }),
        group: state.bot?.global_name || state.bot?.username,
      })),
    );
  }

  whyNone(typed) {
    const [name] = typed.split(" ");
    if (!commandsOfOthers().includes(name)) return "The bot has no such command here.";
    const owner = state.users.get(guildOf(channel(state.channelId)).owner_id);
    return `${displayName(state.me)} may not use /${name} here; ${displayName(owner)} may.`;
  }

  key(event) {
    if (event.key === "Tab" && this.palette.open && !event.shiftKey) {
      event.preventDefault();
      this.palette.pick();
    } else if (!this.palette.key(event) && event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.send();
    }
  }

  /** Fill in a command; `values` are texts and files by the option's name. */
  startCommand(entry, values = {}) {
    this.cancelCommand(false);
    this.palette.close();
    this.box.value = "";
    this.form = new CommandForm(entry, { onDone: () => this.cancelCommand() });
    this.line.hidden = true;
    this.tray.hidden = true;
    byId("composer").append(this.form.element);
    this.form.begin(values);
  }

  /** Go back to the message box. */
  cancelCommand(focus = true) {
    if (!this.form) return;
    this.form.element.remove();
    this.form = null;
    this.line.hidden = false;
    this.drawTray();
    if (focus) this.box.focus();
  }

  /** Take files that were dropped, pasted or chosen. */
  addFiles(files) {
    if (this.form?.takeFiles(files)) return;
    if (this.form) return toast("This command takes no more files.");
    this.files.push(...files);
    this.drawTray();
    this.box.focus();
  }

  pasted(event) {
    if (!event.clipboardData?.files.length) return;
    event.preventDefault();
    this.addFiles([...event.clipboardData.files]);
  }

  picked() {
    this.addFiles([...this.picker.files]);
    this.picker.value = "";
  }

  samples(anchor) {
    openSamples(anchor, { onPick: async (sample) => this.addFiles([await sampleFile(sample)]) });
  }

  emojis(anchor) {
    const found = emojisHere().map((one) => ({
      label: `:${one.name}:`,
      icon: h("img", { class: "emoji", src: `/cdn/emojis/${one.id}.png`, alt: "" }),
      run: () => this.insert(`:${one.name}: `),
    }));
    if (found.length) openMenu(anchor, "Emojis", found);
    else toast("This server has no emojis of its own.");
  }

  stickers(anchor) {
    const found = stickersHere().map((one) => ({
      label: one.name,
      icon: h("img", { class: "emoji", src: `/cdn/stickers/${one.id}.png`, alt: "" }),
      run: () => this.post("", [], one.id),
    }));
    if (found.length) openMenu(anchor, "Stickers", found);
    else toast("This server has no stickers.");
  }

  addMenu(event) {
    const anchor = event.currentTarget;
    openMenu(anchor, "Add", [
      { label: "Upload a file", icon: icon("file"), run: () => this.picker.click() },
      { label: "Sample pictures", icon: icon("picture"), run: () => this.samples(anchor) },
      { label: "Use a command", icon: icon("slash"), run: () => this.insert("/") },
    ]);
  }

  /** Put a text where the cursor is. */
  insert(text) {
    this.cancelCommand(false);
    this.box.focus();
    this.box.setRangeText(text, this.box.selectionStart, this.box.selectionEnd, "end");
    this.typed();
  }

  async send() {
    const text = this.box.value.trim();
    if (!text && !this.files.length) return;
    if (text.startsWith("/") && !text.includes("\n")) {
      const exact = slashCommands().find((entry) => [`/${entry.label}`, `/${entry.name}`].includes(text.toLowerCase()));
      if (exact) return this.startCommand(exact);
    }
    if (!(await this.post(asSent(text), this.files))) return;
    this.box.value = "";
    this.files = [];
    this.typed();
    this.drawTray();
  }

  /** Post a message; false where that is not possible. */
  async post(text, files, sticker = "") {
    try {
      await postMessage(state.me.id, state.channelId, text, files, sticker);
      return true;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      toast(error.message);
      return false;
    }
  }

  drawTray() {
    this.tray.hidden = !this.files.length || Boolean(this.form);
    fill(this.tray, this.files.map((file) => this.trayEntry(file)));
  }

  trayEntry(file) {
    const remove = () => {
      this.files = this.files.filter((other) => other !== file);
      this.drawTray();
      this.box.focus();
    };
    return h(
      "li",
      { class: "tray-file" },
      file.type.startsWith("image/") ? h("img", { src: URL.createObjectURL(file), alt: "" }) : icon("file"),
      h("span", { class: "tray-name" }, file.name),
      h("span", { class: "faint" }, fileSize(file.size)),
      h("button", { class: "icon-button", type: "button", "aria-label": `Remove ${file.name}`, onclick: remove }, icon("trash")),
    );
  }
}
