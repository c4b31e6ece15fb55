// Embeds: the boxes with a coloured edge.

import { h } from "./dom.js";
import { inline, link } from "./markdown_inline.js";
import { markdown } from "./markdown.js";
import { gallery, local, player } from "./media.js";
import { messageTime } from "./times.js";

/** One embed of a message. */
export function embedView(embed, message) {
  const box = h("div", { class: "embed" });
  if (embed.color) box.style.borderLeftColor = `#${embed.color.toString(16).padStart(6, "0")}`;
  const words = h("div", { class: "embed-words" }, author(embed.author), title(embed));
  if (embed.description) words.append(markdown(embed.description));
  if (embed.fields?.length) words.append(fields(embed.fields));
  box.append(words);
  if (embed.thumbnail) box.append(small(embed.thumbnail, "embed-thumbnail"));
  if (embed.image) box.append(gallery([{ ...embed.image, filename: embed.title || "Embedded picture" }]));
  if (embed.video) box.append(player(embed.video) ?? "");
  if (embed.footer || embed.timestamp) box.append(footer(embed));
  return box;
}

function author(entry) {
  if (!entry) return null;
  const name = entry.url ? link(entry.url, entry.name) : entry.name;
  return h("p", { class: "embed-author" }, entry.icon_url ? small({ url: entry.icon_url }, "embed-icon") : null, name);
}

function title(embed) {
  if (!embed.title) return null;
  const text = inline(embed.title);
  return h("p", { class: "embed-title" }, embed.url ? link(embed.url, text) : text);
}

function fields(entries) {
  return h(
    "dl",
    { class: "embed-fields" },
    entries.map((field) =>
      h("div", { class: field.inline ? "embed-field inline" : "embed-field" }, h("dt", {}, inline(field.name)), h("dd", {}, markdown(field.value))),
    ),
  );
}

function footer(embed) {
  const when = embed.timestamp ? messageTime(embed.timestamp) : null;
  const text = [embed.footer?.text, when].filter(Boolean).join(" • ");
  return h("p", { class: "embed-footer" }, embed.footer?.icon_url ? small({ url: embed.footer.icon_url }, "embed-icon") : null, text);
}

function small(picture, className) {
  const url = local(picture.url);
  return url === null ? null : h("img", { class: className, src: url, alt: picture.description ?? "" });
}
