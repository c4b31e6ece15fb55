// Building and finding elements. Text always goes in as text nodes, never as HTML, so that nothing
// a member or the bot writes can become markup.

import { memberHere } from "./state.js";

const SVG = "http://www.w3.org/2000/svg";

let count = 0;

/** An id that no other element has. */
export function freshId(prefix) {
  count += 1;
  return `${prefix}-${count}`;
}

/**
 * Make an element. `props` sets attributes; `on…` keys listen, `class` and `dataset` are what they
 * are in HTML, and true, false and null switch an attribute on or leave it out.
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "dataset") Object.assign(element.dataset, value);
    else if (key === "style") Object.assign(element.style, value);
    else if (key === "value") element.value = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...flat(children));
  return element;
}

/** The element with this id. */
export function byId(id) {
  return document.getElementById(id);
}

/** Replace everything inside `parent`. */
export function fill(parent, ...children) {
  parent.replaceChildren(...flat(children));
}

function flat(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
}

const PATHS = {
  hash: "M9.5 3 8 9m8-6-1.5 6M4 9h16.5M3.5 15H20M9.5 15 8 21m8-6-1.5 6M8 9l-1.5 6m8-6L13 15",
  at: "M16 8v5a3 3 0 0 0 6 0v-1a10 10 0 1 0-4 8M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0",
  menu: "M4 6h16M4 12h16M4 18h16",
  people: "M16 20v-1a4 4 0 0 0-4-4H6a4 4 0 0 0-4 4v1M13 7a4 4 0 1 1-8 0 4 4 0 0 1 8 0m9 13v-1a4 4 0 0 0-3-3.9M16 3.1a4 4 0 0 1 0 7.8",
  pulse: "M2 12h4l3-8 5 16 3-8h5",
  plus: "M12 5v14M5 12h14",
  close: "m6 6 12 12M18 6 6 18",
  send: "m22 2-7 20-4-9-9-4zm0 0L11 13",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  down: "m6 9 6 6 6-6",
  up: "m6 15 6-6 6 6",
  left: "m15 6-6 6 6 6",
  right: "m9 6 6 6-6 6",
  check: "m5 12 5 5 9-10",
  file: "M14 2H6a2 2 0 0 0-2 2v16a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2V8zm0 0v6h6",
  download: "M12 3v12m-5-5 5 5 5-5M4 20h16",
  picture: "M4 4h16v16H4zM4 16l5-5 4 4 3-3 4 4M9 8.5h.01",
  eye: "M2 12s4-7 10-7 10 7 10 7-4 7-10 7-10-7-10-7m13 0a3 3 0 1 1-6 0 3 3 0 0 1 6 0",
  trash: "M4 6h16m-2 0-1 15H7L6 6m3 0V3h6v3",
  copy: "M9 9h12v12H9zM5 15H3V3h12v2",
  link: "M14 4h6v6m0-6L10 14M18 14v6H4V6h6",
  slash: "M16 3 8 21",
  crown: "m3 8 4 4 5-7 5 7 4-4-2 11H5z",
  shield: "M12 2 4 5v6c0 5 3.4 9 8 11 4.6-2 8-6 8-11V5z",
  shuffle: "M16 3h5v5M4 20 21 3m0 13v5h-5m-1-6 6 6M4 4l5 5",
  apps: "M4 4h6v6H4zm10 0h6v6h-6zM4 14h6v6H4zm10 0h6v6h-6z",
  smile: "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20M8 14a4.5 4.5 0 0 0 8 0M9 9h.01M15 9h.01",
  sticker: "M4 4h16v10l-6 6H4zm16 10h-6v6M9 9h.01M15 9h.01M8 13a5 5 0 0 0 5 1",
  reply: "M4 4v6a4 4 0 0 0 4 4h12m-5-5 5 5-5 5",
  warning: "M12 3 2 20h20zm0 7v4m0 3h.01",
};

/** A drawing of 24 by 24; decoration only, so screen readers pass over it. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", `icon icon-${name}`);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/** A round picture for a user: their own, the bot's mark, or initials on a colour of their own. */
export function avatar(user, size = "") {
  const member = memberHere(user);
  const own = member?.avatar && `guilds/${member.guildId}/users/${user.id}/avatars/${member.avatar}`;
  const picture = own || (user?.avatar && `avatars/${user.id}/${user.avatar}`);
  if (picture) return h("img", { class: `avatar ${size}`, src: `/cdn/${picture}.png`, alt: "" });
  if (user?.bot) {
    return h("img", { class: `avatar ${size}`, src: "/page/mark.svg", alt: "" });
  }
  const name = user?.global_name || user?.username || "?";
  const letters = [...(user?.username ?? "?")];
  const hue = (letters.reduce((sum, c) => sum * 31 + c.codePointAt(0), 5) * 137) % 360;
  return h(
    "span",
    { class: `avatar ${size}`, "aria-hidden": "true", style: { backgroundColor: `hsl(${hue} 45% 36%)` } },
    name[0].toUpperCase(),
  );
}

/** Put a floating element beside `anchor`: below or above, wherever there is room. */
export function place(floating, anchor, { above = false, width = false } = {}) {
  const rect = anchor.getBoundingClientRect();
  const margin = 8;
  if (width) floating.style.width = `${rect.width}px`;
  const { offsetWidth, offsetHeight } = floating;
  const roomBelow = window.innerHeight - rect.bottom - margin;
  const roomAbove = rect.top - margin;
  const up = above ? roomAbove >= Math.min(offsetHeight, 160) : roomBelow < offsetHeight && roomAbove > roomBelow;
  const left = Math.min(rect.left, window.innerWidth - offsetWidth - margin);
  floating.style.left = `${Math.max(margin, left)}px`;
  floating.style.maxHeight = `${Math.max(120, (up ? roomAbove : roomBelow) - 4)}px`;
  if (up) floating.style.bottom = `${window.innerHeight - rect.top + 4}px`;
  else floating.style.top = `${rect.bottom + 4}px`;
}

/** Where floating things belong: inside an open dialog, for nothing else is above it. */
export function layerOf(element) {
  return element.closest("dialog") ?? document.body;
}

/** A size in bytes for people. */
export function fileSize(bytes) {
  if (bytes < 1024) return `${bytes} bytes`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(2)} MB`;
}
