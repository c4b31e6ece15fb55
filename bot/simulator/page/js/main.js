// Starts the page.

import { getSamples, reload } from "./api.js";
import { Composer } from "./composer.js";
import { byId, h } from "./dom.js";
import { startDrops } from "./drops.js";
import { connect } from "./live.js";
import { startMembers } from "./members.js";
import { startMessages } from "./message_list.js";
import { startModals } from "./modals.js";
import { startBanners } from "./notices.js";
import { startNotes } from "./notes.js";
import { startIntro } from "./samples.js";
import { startSidebar } from "./sidebar.js";
import { displayName, loadWorld, on, state } from "./state.js";
import { startCounting } from "./times.js";
import { startTraffic } from "./traffic.js";

const TYPING_MS = 8000;

function startTyping() {
  let timer = 0;
  on("typing", ({ channel_id: where, user_id: who }) => {
    if (where !== state.channelId || who === state.me.id) return;
    byId("typing").replaceChildren(h("b", {}, displayName(state.users.get(who))), " is typing…");
    clearTimeout(timer);
    timer = setTimeout(() => byId("typing").replaceChildren(), TYPING_MS);
  });
}

// "/" begins a command from anywhere, as it does in Discord.
function startShortcuts(composer) {
  document.addEventListener("keydown", (event) => {
    const writing = event.target.closest("input, textarea, select, dialog, [role=menu]");
    if (event.key !== "/" || writing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    composer.insert("/");
  });
}

async function start() {
  startSidebar();
  startMembers();
  startMessages();
  startNotes();
  startModals();
  startBanners();
  startTraffic();
  startTyping();
  startCounting();
  const composer = new Composer();
  startIntro(composer);
  startDrops(composer);
  startShortcuts(composer);
  for (const name of ["me", "linked"]) on(name, () => document.body.classList.toggle("linked", state.linked));
  await load();
  on("me", connect); // events are of one member, and so are the messages read when they begin
  connect();
}

// The page may be there before the simulator is.
async function load() {
  for (;;) {
    try {
      state.samples = await getSamples();
      await loadWorld();
      await reload(state.me.id); // a client that starts anew has no ephemeral messages
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}

start();
