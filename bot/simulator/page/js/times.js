// Moments as Discord shows them: <t:…:R> counts by itself, the others are in the reader's own zone.

import { h } from "./dom.js";

const FORMATS = {
  t: { timeStyle: "short" },
  T: { timeStyle: "medium" },
  d: { dateStyle: "short" },
  D: { dateStyle: "long" },
  f: { dateStyle: "long", timeStyle: "short" },
  F: { dateStyle: "full", timeStyle: "short" },
  s: { dateStyle: "short", timeStyle: "short" },
  S: { dateStyle: "short", timeStyle: "medium" },
};
const UNITS = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];

const relativeFormat = new Intl.RelativeTimeFormat("en", { numeric: "always" });

/** "in 2 minutes", "5 seconds ago"; `seconds` is since 1970. */
export function relative(seconds, now = Date.now()) {
  const distance = seconds - now / 1000;
  const size = Math.max(1, Math.abs(distance));
  const [unit, length] = UNITS.find(([, each]) => size >= each * 0.98) ?? UNITS.at(-1);
  return relativeFormat.format(Math.round(distance / length), unit);
}

/** A moment as an element; those of style R are kept up to date. */
export function moment(seconds, style = "f") {
  const date = new Date(seconds * 1000);
  const full = new Intl.DateTimeFormat(undefined, FORMATS.F).format(date);
  const text =
    style === "R" ? relative(seconds) : new Intl.DateTimeFormat(undefined, FORMATS[style] ?? FORMATS.f).format(date);
  const live = style === "R" ? { seconds: String(seconds) } : {};
  return h("time", { class: "moment", datetime: date.toISOString(), title: full, dataset: live }, text);
}

/** Keep the relative moments on screen right. */
export function startCounting() {
  setInterval(() => {
    for (const element of document.querySelectorAll("time[data-seconds]")) {
      const text = relative(Number(element.dataset.seconds));
      if (element.textContent !== text) element.textContent = text;
    }
  }, 1000);
}

/** When a message was written, as its header says it. */
export function messageTime(iso) {
  const date = new Date(iso);
  const time = new Intl.DateTimeFormat(undefined, { timeStyle: "short" }).format(date);
  const days = Math.round((startOfDay(new Date()) - startOfDay(date)) / 86_400_000);
  if (days === 0) return `Today at ${time}`;
  if (days === 1) return `Yesterday at ${time}`;
  return new Intl.DateTimeFormat(undefined, { dateStyle: "short", timeStyle: "short" }).format(date);
}

/** The clock time alone. */
export function clockTime(iso) {
  return new Intl.DateTimeFormat(undefined, { timeStyle: "short" }).format(new Date(iso));
}

export function startOfDay(date) {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate());
}
