// Files dropped anywhere on the chat.

import { byId } from "./dom.js";
import { channel, state } from "./state.js";

/** Hand dropped files to the composer. */
export function startDrops(composer) {
  const chat = byId("chat");
  const hint = byId("drop-hint");
  let depth = 0; // dragenter and dragleave come for every child
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  const set = (next) => {
    depth = Math.max(0, next);
    hint.hidden = depth === 0;
    hint.textContent = composer.form ? `Drop into /${composer.form.entry.label}` : `Upload to #${channel(state.channelId)?.name ?? "this conversation"}`;
  };
  chat.addEventListener("dragenter", (event) => carriesFiles(event) && set(depth + 1));
  chat.addEventListener("dragleave", (event) => carriesFiles(event) && set(depth - 1));
  chat.addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
  chat.addEventListener(
    "drop",
    (event) => {
      if (!carriesFiles(event)) return;
      set(0);
      if (event.target.closest(".tile")) return; // the option takes it itself
      event.preventDefault();
      composer.addFiles([...event.dataTransfer.files]);
    },
    true,
  );
  // Outside the chat the browser would open the file in place of the page.
  for (const name of ["dragover", "drop"]) window.addEventListener(name, (event) => event.preventDefault());
}
