// The forms that the bot opens.

import { Refused, submitModal } from "./api.js";
import { freshId, h, icon } from "./dom.js";
import { FileField } from "./file_field.js";
import { waitFor } from "./live.js";
import { markdown } from "./markdown.js";
import { selectMenu } from "./selects.js";
import { on, state } from "./state.js";

const LABEL = 18;
const UPLOAD = 19;

/** Show a modal whenever the bot answers with one. */
export function startModals() {
  on("modal", ({ interaction_id: id, modal }) => new Modal(id, modal));
}

class Modal {
  constructor(interactionId, modal) {
    this.interactionId = interactionId;
    this.user = state.me;
    this.fields = []; // {name, value()} where value is a text, a list of values, or files
    const title = freshId("modal");
    this.problem = h("p", { class: "failure", role: "alert", hidden: true });
    this.form = h(
      "form",
      { method: "dialog", class: "modal-form", onsubmit: (event) => this.submit(event) },
      h("div", { class: "modal-fields" }, modal.components.map((component) => this.part(component))),
      this.problem,
      h(
        "div",
        { class: "modal-foot" },
        h("button", { class: "button button-plain", type: "button", onclick: () => this.dialog.close() }, "Cancel"),
        h("button", { class: "button button-primary", type: "submit" }, "Submit"),
      ),
    );
    this.dialog = h(
      "dialog",
      { class: "modal", "aria-labelledby": title },
      h(
        "div",
        { class: "modal-head" },
        h("img", { src: "/page/mark.svg", alt: "", class: "avatar" }),
        h("h2", { id: title }, modal.title),
        h("button", { class: "icon-button", type: "button", "aria-label": "Close", onclick: () => this.dialog.close() }, icon("close")),
      ),
      this.form,
    );
    this.dialog.addEventListener("close", () => this.dialog.remove());
    document.body.append(this.dialog);
    this.dialog.showModal();
    this.form.querySelector("input, textarea, .select")?.focus();
  }

  part(component) {
    if (component.type === LABEL) return this.labelled(component.component, component.label, component.description);
    if (component.type === 1) return component.components.map((inner) => this.labelled(inner, inner.label, null));
    if (component.type === 10) return markdown(component.content);
    return this.labelled(component, component.label ?? "", null);
  }

  labelled(component, label, description) {
    const id = freshId("field");
    const required = component.required !== false && component.type !== 23;
    const control = this.control(component, id, label);
    return h(
      "div",
      { class: "modal-field" },
      h(
        control.wraps ? "p" : "label",
        control.wraps ? { class: "modal-label", id: `${id}-label` } : { class: "modal-label", for: id, id: `${id}-label` },
        label,
        required ? h("span", { class: "must", "aria-hidden": "true" }, " *") : null,
      ),
      description ? h("p", { class: "faint" }, description) : null,
      control.element,
    );
  }

  control(component, id, label) {
    if (component.type === 4) return this.text(component, id);
    if (component.type === UPLOAD) return this.upload(component, label);
    if ([21, 22, 23].includes(component.type)) return this.ticks(component, id);
    const menu = selectMenu(component, { onChoose: () => {}, labelledBy: `${id}-label`, label });
    this.fields.push({ name: component.custom_id, value: menu.values });
    return { element: menu.element, wraps: true };
  }

  text(component, id) {
    const tag = component.style === 2 ? "textarea" : "input";
    const element = h(tag, {
      id, class: "text-input", value: component.value ?? "", placeholder: component.placeholder,
      minlength: component.min_length, maxlength: component.max_length ?? 4000, required: component.required !== false,
      rows: tag === "textarea" ? "4" : null,
    });
    this.fields.push({ name: component.custom_id, value: () => element.value });
    return { element };
  }

  upload(component, label) {
    const option = { name: label || "file", label: label || "file", description: "Choose a file", required: component.required !== false };
    const most = component.max_values ?? 1;
    const tiles = Array.from({ length: most }, () => new FileField(option, { named: false }));
    this.fields.push({ name: component.custom_id, files: () => tiles.map((tile) => tile.value()).filter(Boolean) });
    return { element: h("div", { class: "file-tiles" }, tiles.map((tile) => tile.element)), wraps: true };
  }

  // A radio group, a group of checkboxes, or a single one.
  ticks(component, id) {
    const single = component.type === 23;
    const options = single ? [{ value: "true", label: "", default: component.default }] : component.options;
    const boxes = options.map((option) =>
      h("input", { type: component.type === 21 ? "radio" : "checkbox", name: id, value: option.value, checked: option.default, "aria-labelledby": single ? `${id}-label` : null }),
    );
    const chosen = () => boxes.filter((box) => box.checked).map((box) => box.value);
    this.fields.push({ name: component.custom_id, value: chosen });
    const lines = boxes.map((box, index) => h("label", { class: "tick" }, box, h("span", {}, options[index].label), h("span", { class: "faint" }, options[index].description ?? "")));
    return { element: h("div", { role: "group", "aria-labelledby": `${id}-label` }, lines), wraps: true };
  }

  async submit(event) {
    event.preventDefault();
    const fields = {};
    const files = {};
    for (const field of this.fields) {
      if (field.files) files[field.name] = field.files();
      else fields[field.name] = field.value();
    }
    try {
      const { interaction_id: id } = await submitModal(this.interactionId, this.user.id, fields, files);
      waitFor(id, { label: "the form" });
      this.dialog.close();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.problem.textContent = error.message;
      this.problem.hidden = false;
    }
  }
}
