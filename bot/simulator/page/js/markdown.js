// Discord's markdown by lines: headings, quotes, lists, small print and code blocks.

import { h } from "./dom.js";
import { inline } from "./markdown_inline.js";

const FENCE = /```(?:([\w+-]*)\n)?([^]*?)```/g;

/** A text as an element; `inlineOnly` leaves out what belongs at the start of a line. */
export function markdown(text, className = "markdown") {
  const body = h("div", { class: className });
  let at = 0;
  for (const fence of text.matchAll(FENCE)) {
    body.append(...blocks(text.slice(at, fence.index).replace(/\n$/, "")));
    body.append(h("pre", { class: "code-block", tabindex: "0" }, h("code", {}, fence[2].replace(/\n$/, ""))));
    at = fence.index + fence[0].length;
  }
  body.append(...blocks(at ? text.slice(at).replace(/^\n/, "") : text));
  return body;
}

// line start -> what the line becomes; lines of a kind with `group` are gathered in one element
const LINES = [
  [/^(#{1,3}) +(.+)$/, (match) => h("p", { class: `heading heading-${match[1].length}` }, inline(match[2]))],
  [/^-# +(.+)$/, (match) => h("p", { class: "small-print" }, inline(match[1]))],
];

function blocks(text) {
  if (!text) return [];
  const out = [];
  const lines = text.split("\n");
  while (lines.length) {
    const block = quote(lines) ?? list(lines) ?? single(lines) ?? paragraph(lines);
    out.push(block);
  }
  return out;
}

function quote(lines) {
  if (lines[0].startsWith(">>> ")) {
    const rest = lines.splice(0).join("\n").slice(4);
    return h("blockquote", {}, blocks(rest));
  }
  const quoted = takeWhile(lines, (line) => /^> /.test(line) || line === ">");
  return quoted.length ? h("blockquote", {}, blocks(quoted.map((line) => line.slice(2)).join("\n"))) : null;
}

const ITEM = /^( *)(?:([-*])|(\d+)\.) +(.+)$/;

function list(lines) {
  const items = takeWhile(lines, (line) => ITEM.test(line)).map((line) => ITEM.exec(line));
  if (!items.length) return null;
  const numbered = items[0][3] !== undefined;
  return h(
    numbered ? "ol" : "ul",
    numbered ? { start: items[0][3] } : {},
    items.map((item) => h("li", { class: item[1].length > 1 ? "nested" : null }, inline(item[4]))),
  );
}

function single(lines) {
  for (const [pattern, build] of LINES) {
    const match = pattern.exec(lines[0]);
    if (match) {
      lines.shift();
      return build(match);
    }
  }
  return null;
}

const SPECIAL = /^(#{1,3} +\S|-# +\S|> |>>> | *[-*] +\S| *\d+\. +\S)/;

function paragraph(lines) {
  const first = lines.shift();
  const text = [first, ...takeWhile(lines, (line) => !SPECIAL.test(line))];
  return h("p", {}, inline(text.join("\n")));
}

function takeWhile(lines, test) {
  const end = lines.findIndex((line) => !test(line));
  return lines.splice(0, end < 0 ? lines.length : end);
}

/** A text without its marks, for labels and announcements. */
export function plainText(text) {
  return markdown(text).textContent.replace(/\s+/g, " ").trim();
}
