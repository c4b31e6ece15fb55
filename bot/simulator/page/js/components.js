// Components of a message: rows of buttons and selects, and the layout of components v2.

import { press, Refused } from "./api.js";
import { h, icon } from "./dom.js";
import { markdown } from "./markdown.js";
import { fileCard, gallery, local, player } from "./media.js";
import { toast } from "./notices.js";
import { selectMenu } from "./selects.js";
import { changed, state } from "./state.js";
import { waitFor } from "./live.js";

const BUTTON_STYLES = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "link", 6: "premium" };

/** A message's components as elements. */
export function componentViews(components, message) {
  return components.map((component) => view(component, message)).filter(Boolean);
}

const VIEWS = {
  1: row,
  2: button,
  3: select,
  5: select,
  6: select,
  7: select,
  8: select,
  9: section,
  10: (component) => markdown(component.content),
  11: (component, message) => h("div", { class: "thumbnail" }, gallery([pictureOf(component, component.media)])),
  12: mediaGallery,
  13: (component) => fileCard({ ...component, url: component.file.url }),
  14: separator,
  17: container,
};

function view(component, message) {
  return VIEWS[component.type]?.(component, message) ?? null;
}

function row(component, message) {
  return h("div", { class: "row" }, componentViews(component.components, message));
}

function section(component, message) {
  return h(
    "div",
    { class: "section" },
    h("div", { class: "section-words" }, componentViews(component.components, message)),
    view(component.accessory, message),
  );
}

function container(component, message) {
  const box = h("div", { class: "container" }, componentViews(component.components, message));
  if (component.accent_color !== null && component.accent_color !== undefined) {
    box.style.borderLeftColor = `#${component.accent_color.toString(16).padStart(6, "0")}`;
  }
  if (!component.spoiler) return box;
  return h("details", { class: "container-spoiler" }, h("summary", {}, "Spoiler"), box);
}

function separator(component) {
  const wide = component.spacing === 2 ? "separator separator-wide" : "separator";
  return h("hr", { class: component.divider === false ? `${wide} separator-bare` : wide });
}

function mediaGallery(component, message) {
  const films = component.items.filter((item) => item.media.content_type?.startsWith("video"));
  const pictures = component.items.filter((item) => !films.includes(item));
  return h(
    "div",
    {},
    pictures.length ? gallery(pictures.map((item) => pictureOf(item, item.media))) : null,
    films.map((item) => player({ ...item.media, description: item.description ?? "Film" })),
  );
}

function pictureOf(item, media) {
  const name = decodeURIComponent(new URL(media.url, location.href).pathname.split("/").at(-1));
  return { ...media, filename: name, description: item.description, spoiler: item.spoiler };
}

function button(component, message) {
  const style = BUTTON_STYLES[component.style] ?? "secondary";
  const words = [emoji(component.emoji), component.label ? h("span", {}, component.label) : null];
  const label = component.label ? null : component.emoji?.name ?? "Button";
  if (style === "link") {
    const href = local(component.url) ?? component.url;
    return h("a", { class: "button button-link", href, target: "_blank", rel: "noreferrer noopener", "aria-label": label }, words, icon("link"));
  }
  const waits = [...state.pending.values()].some((one) => one.messageId === message.id && one.customId === component.custom_id);
  return h(
    "button",
    {
      class: `button button-${style}`, type: "button", disabled: component.disabled, "aria-label": label,
      "aria-busy": waits ? "true" : null, dataset: { key: component.custom_id ?? "" },
      onclick: (event) => event.currentTarget.ariaBusy === "true" || act(message, component.custom_id),
    },
    words,
  );
}

function emoji(entry) {
  if (!entry) return null;
  if (entry.id) return h("img", { class: "emoji", src: `/cdn/emojis/${entry.id}.png`, alt: "" });
  return h("span", { class: "emoji", "aria-hidden": "true" }, entry.name);
}

function select(component, message) {
  const menu = selectMenu(component, { onChoose: (values) => act(message, component.custom_id, values) });
  return h("div", { class: "select-holder", dataset: { whole: JSON.stringify(component) } }, menu.element);
}

async function act(message, customId, values = []) {
  state.failures.delete(message.id);
  try {
    const { interaction_id: id } = await press(message.id, customId, state.me.id, values);
    waitFor(id, { messageId: message.id, customId });
    changed("message", { id: message.id, change: "update" });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    toast(error.message);
  }
}
