// An attachment option: a tile to drop a file on, to choose one with, or to take a sample into.

import { sampleFile } from "./api.js";
import { fileSize, freshId, h, icon } from "./dom.js";
import { openSamples } from "./samples.js";
import { state } from "./state.js";

/**
 * A field of a command's form or of a modal; `value()` is the file or null. `named` says whether
 * the tile bears the option's name, which a modal has above it.
 */
export class FileField {
  constructor(option, { onRemove = null, named = true } = {}) {
    this.option = option;
    this.named = named;
    this.file = null;
    this.picker = h("input", { type: "file", id: freshId("file"), class: "for-screen-readers", onchange: () => this.picked() });
    this.picker.setAttribute("aria-label", `${option.label}: ${option.description || "choose a file"}`);
    this.picture = h("label", { class: "tile-picture", for: this.picker.id });
    this.words = h("div", { class: "tile-words" });
    this.problem = h("p", { class: "field-problem", hidden: true, role: "alert" });
    this.element = h("div", { class: "tile", dataset: { option: option.name } }, this.picker, this.picture, this.words, this.problem);
    this.onRemove = onRemove;
    this.listenForDrops();
    this.draw();
  }

  value() {
    return this.file;
  }

  set(file) {
    this.file = file;
    this.complain("");
    this.draw();
    this.onChange?.();
  }

  focus() {
    this.picker.focus();
  }

  complain(text) {
    this.problem.textContent = text;
    this.problem.hidden = !text;
    this.element.classList.toggle("tile-wrong", Boolean(text));
  }

  picked() {
    if (this.picker.files[0]) this.set(this.picker.files[0]);
    this.picker.value = "";
  }

  listenForDrops() {
    const inside = (yes) => this.element.classList.toggle("tile-over", yes);
    this.element.addEventListener("dragover", (event) => {
      event.preventDefault();
      inside(true);
    });
    this.element.addEventListener("dragleave", () => inside(false));
    this.element.addEventListener("drop", (event) => {
      inside(false);
      if (!event.dataTransfer.files.length) return;
      event.preventDefault();
      event.stopPropagation(); // the chat around it would take the file as well
      this.set(event.dataTransfer.files[0]);
    });
  }

  draw() {
    const { label } = this.option;
    this.element.classList.toggle("tile-filled", Boolean(this.file));
    this.picture.replaceChildren(this.file ? this.preview() : h("span", { class: "tile-empty" }, icon("picture"), h("span", {}, "Drop or choose a file")));
    const must = this.option.required ? "" : this.named ? " (optional)" : "Optional";
    this.words.replaceChildren(
      h("span", { class: "tile-name" }, this.named ? h("b", {}, label) : "", this.file ? "" : must),
      this.file ? h("span", { class: "faint tile-file" }, `${this.file.name} · ${fileSize(this.file.size)}`) : "",
      this.file ? this.small("Remove", () => this.set(null)) : this.samplesButton(),
    );
  }

  preview() {
    if (!this.file.type.startsWith("image/")) return h("span", { class: "tile-empty" }, icon("file"), h("span", {}, this.file.name));
    return h("img", { src: URL.createObjectURL(this.file), alt: `The ${this.option.label} chosen` });
  }

  samplesButton() {
    if (!state.samples.length) return "";
    return this.small("Samples", (event) =>
      openSamples(event.currentTarget, {
        option: this.option.name,
        onPick: async (sample) => {
          this.set(await sampleFile(sample));
          this.focus();
        },
      }),
    );
  }

  small(label, run) {
    return h("button", { class: "link-button", type: "button", "aria-label": `${label}: ${this.option.label}`, onclick: run }, label);
  }
}
