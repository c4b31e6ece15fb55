// Pictures, films, sounds and files of a message.

import { fileSize, h, icon } from "./dom.js";
import { openLightbox } from "./lightbox.js";

// The simulator signs addresses anew each time it writes a message. Keeping the first one for each
// file lets an edit leave the pictures that it did not touch alone.
const addresses = new Map();

/** The address of a file of ours on this page's own origin, or null for one of elsewhere. */
export function local(url) {
  let parsed;
  try {
    parsed = new URL(url, location.href);
  } catch {
    return null;
  }
  if (parsed.protocol === "blob:") return url;
  const loopback = ["127.0.0.1", "localhost"].includes(parsed.hostname);
  if (!loopback || parsed.port !== location.port) return null;
  const known = addresses.get(parsed.pathname) ?? parsed.pathname + parsed.search;
  addresses.set(parsed.pathname, known);
  return known;
}

const kindOf = (file) => (file.content_type ?? "").split("/")[0];
const isShown = (file) => kindOf(file) === "image" && (file.width || /png|jpe?g|gif|webp/.test(file.content_type));

/** The attachments below a message's text; `shown` are ids that its components show already. */
export function attachments(message) {
  const files = message.attachments.filter((file) => !referenced(message, file));
  if (!files.length) return [];
  const pictures = files.filter(isShown);
  const out = [];
  if (pictures.length) out.push(gallery(pictures));
  for (const file of files.filter((one) => !pictures.includes(one))) out.push(player(file) ?? fileCard(file));
  return out;
}

// A file that an embed or a component points to is shown there only.
function referenced(message, file) {
  const text = JSON.stringify([message.embeds, message.components]);
  return text.includes(`/${file.id}/`);
}

/** Pictures side by side; each opens large. */
export function gallery(pictures) {
  const all = pictures.map((file) => ({
    url: local(file.url),
    // Discord shows no file names of pictures, neither in the mosaic nor when one is enlarged.
    title: file.description || "Picture",
    alt: file.description || "Picture",
    width: file.width,
    height: file.height,
    spoiler: file.spoiler || file.filename?.startsWith("SPOILER_"),
  }));
  return h(
    "div",
    { class: layoutOf(all.length), dataset: { whole: all.map((one) => one.url).join() } },
    all.map((picture, index) => tile(picture, all, index)),
  );
}

// Discord's mosaic: see components.css.
function layoutOf(count) {
  if (count <= 4) return `gallery gallery-${count}`;
  return ["gallery", "gallery gallery-wide", "gallery gallery-halves"][count % 3];
}

function tile(picture, all, index) {
  if (picture.url === null) return h("p", { class: "elsewhere" }, "A picture from elsewhere is not loaded.");
  const image = h("img", {
    src: picture.url,
    alt: picture.alt,
    width: picture.width,
    height: picture.height,
    decoding: "async",
    draggable: "false",
  });
  const button = h(
    "button",
    {
      class: picture.spoiler ? "picture picture-spoiler" : "picture",
      type: "button",
      "aria-label": picture.spoiler ? "Spoiler picture, press to show" : `Enlarge ${picture.alt}`,
      dataset: { key: `picture-${index}` },
    },
    image,
  );
  button.addEventListener("click", () => {
    if (button.classList.contains("picture-spoiler")) {
      button.classList.remove("picture-spoiler");
      button.setAttribute("aria-label", `Enlarge ${picture.alt}`);
    } else openLightbox(all, index);
  });
  return button;
}

/** A film or a sound with controls; null for what the browser cannot play. */
export function player(file) {
  const kind = kindOf(file);
  const url = local(file.url);
  if (url === null || (kind !== "video" && kind !== "audio")) return null;
  const label = file.description || file.filename;
  const whole = { dataset: { whole: url } };
  if (kind === "audio") return h("audio", { src: url, controls: true, "aria-label": label, ...whole });
  const size = file.width ? { width: file.width, height: file.height } : {};
  return h("video", {
    class: "video", src: url, controls: true, loop: true, playsinline: true, preload: "metadata", "aria-label": label, ...size, ...whole,
  });
}

/** A file to download. */
export function fileCard(file) {
  const url = local(file.url ?? file.file?.url);
  const name = file.filename ?? file.name ?? "file";
  return h(
    "div",
    { class: "file-card" },
    icon("file"),
    h(
      "div",
      { class: "file-words" },
      h("a", { href: url ?? "#", download: name }, name),
      h("span", { class: "faint" }, fileSize(file.size ?? 0)),
    ),
    h("a", { class: "icon-button", href: url ?? "#", download: name, "aria-label": `Download ${name}` }, icon("download")),
  );
}
