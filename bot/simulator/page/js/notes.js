// What only this page knows about a command: that it is being sent, that nobody answered it.

import { byId, h, icon } from "./dom.js";
import { announce } from "./notices.js";
import { toEnd } from "./message_list.js";
import { on, state } from "./state.js";

/** Show below the messages what became of commands that have no message yet. */
export function startNotes() {
  const list = h("div", { id: "notes", class: "notes" });
  byId("messages").after(list);
  on("interaction", () => drawSending(list));
  on("command_failed", (failed) => addFailure(list, failed));
  for (const name of ["me", "channel"]) on(name, () => list.replaceChildren());
}

function drawSending(list) {
  for (const note of list.querySelectorAll(".note-sending")) {
    if (!state.pending.has(note.dataset.id)) note.remove();
  }
  for (const [id, what] of state.pending) {
    if (!what.label || list.querySelector(`[data-id="${id}"]`)) continue;
    list.append(h("p", { class: "note note-sending", dataset: { id } }, h("span", { class: "spinner" }), `Sending ${what.label}…`));
    toEnd();
  }
}

function addFailure(list, failed) {
  if (failed.channel_id !== state.channelId) return;
  const label = failed.label ?? failed.command;
  const close = h("button", { class: "link-button", type: "button" }, "Dismiss message");
  const note = h(
    "div",
    { class: "note note-failed" },
    h("p", { class: "failure" }, icon("warning"), h("span", {}, h("b", {}, label), ": ", failed.text)),
    h("p", { class: "ephemeral-note" }, icon("eye"), "Only you can see this · ", close),
  );
  close.addEventListener("click", () => note.remove());
  list.append(note);
  announce(`${label}: ${failed.text}`);
  toEnd();
}
