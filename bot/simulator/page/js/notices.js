// Sentences beside the messages: banners, toasts, and what screen readers are told.

import { byId, fill, h, icon } from "./dom.js";
import { on, state } from "./state.js";

const TOAST_MS = 7000;

/** Say what went wrong, for a while. */
export function toast(text) {
  const close = h("button", { class: "icon-button", type: "button", "aria-label": "Close" }, icon("close"));
  const element = h("div", { class: "toast" }, icon("warning"), h("p", {}, text), close);
  close.addEventListener("click", () => element.remove());
  byId("toasts").append(element);
  setTimeout(() => element.remove(), TOAST_MS);
}

/** Tell screen readers, and nobody else. */
export function announce(text) {
  const log = byId("announcer");
  log.append(h("p", {}, text));
  while (log.childElementCount > 8) log.firstElementChild.remove();
}

/** Keep the banners above the messages right. */
export function startBanners() {
  on("linked", drawBanners);
  on("world", drawBanners);
}

function drawBanners() {
  const banners = [];
  if (!state.linked) {
    banners.push(banner("bad", "The simulator cannot be reached. Trying again…"));
  } else if (!state.bot?.connected) {
    const name = state.bot?.global_name ?? state.bot?.username ?? "The bot";
    banners.push(banner("warn", `${name} is offline. Commands and buttons fail until it is back.`));
  }
  fill(byId("banners"), banners);
}

function banner(kind, text) {
  return h("p", { class: `banner banner-${kind}`, id: `banner-${kind}` }, icon("warning"), text);
}
