// What a message carries beside its own text and files: a forwarded message, and stickers.

import { componentViews } from "./components.js";
import { h, icon } from "./dom.js";
import { embedView } from "./embeds.js";
import { markdown } from "./markdown.js";
import { attachments } from "./media.js";

const LOTTIE = 3;
const GIF = 4;

/** The snapshots of forwarded messages; they say neither who wrote them nor where. */
export function forwards(message) {
  return (message.message_snapshots ?? []).map(({ message: snapshot }) => {
    const copy = { ...snapshot, id: `${message.id}-forward` };
    return h(
      "div",
      { class: "forwarded" },
      h("p", { class: "faint forwarded-head" }, icon("reply"), "Forwarded"),
      copy.content ? markdown(copy.content) : null,
      attachments(copy),
      copy.embeds.map((embed) => embedView(embed, copy)),
      componentViews(copy.components, copy),
      stickers(copy),
    );
  });
}

/** The stickers of a message. */
export function stickers(message) {
  return (message.sticker_items ?? []).map((sticker) => {
    if (sticker.format_type === LOTTIE) return h("p", { class: "elsewhere" }, `Sticker ${sticker.name} (Lottie)`);
    const extension = sticker.format_type === GIF ? "gif" : "png";
    return h("img", { class: "sticker", src: `/cdn/stickers/${sticker.id}.${extension}`, alt: `Sticker ${sticker.name}` });
  });
}
