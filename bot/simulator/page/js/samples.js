// The sample pictures: a panel to pick from, and the card that offers a pair to begin with.

import { sampleFile } from "./api.js";
import { byId, fill, h, icon, layerOf, place } from "./dom.js";
import { slashCommands } from "./permissions.js";
import { channel, on, state } from "./state.js";

const ATTACHMENT = 11;

/** Open the panel; those for `option` come first. */
export function openSamples(anchor, { option = "", onPick }) {
  const dialog = h("div", { class: "floating samples", role: "dialog", "aria-label": "Sample pictures", tabindex: "-1" });
  const close = () => {
    dialog.remove();
    document.removeEventListener("mousedown", outside, true);
    if (anchor.isConnected) anchor.focus({ preventScroll: true });
  };
  const outside = (event) => dialog.contains(event.target) || close();
  const pick = (sample) => {
    close();
    onPick(sample);
  };
  const groups = [...new Set(state.samples.map((sample) => sample.option))];
  groups.sort((a, b) => Number(b === option) - Number(a === option));
  for (const group of groups) dialog.append(section(group, pick));
  dialog.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    close();
  });
  layerOf(anchor).append(dialog);
  document.addEventListener("mousedown", outside, true);
  place(dialog, anchor, { above: true });
  dialog.querySelector("button")?.focus({ preventScroll: true });
}

function section(group, pick) {
  return h(
    "div",
    { class: "samples-group" },
    h("p", { class: "menu-heading" }, `For ${group}`),
    h(
      "div",
      { class: "samples-grid" },
      state.samples
        .filter((sample) => sample.option === group)
        .map((sample) =>
          h(
            "button",
            { class: "sample", type: "button", onclick: () => pick(sample) },
            h("img", { src: sample.url, alt: "", loading: "lazy" }),
            h("span", {}, sample.title),
          ),
        ),
    ),
  );
}

/** Keep the head of the channel: its name, and a pair of samples to try the bot with. */
export function startIntro(composer) {
  const chosen = {};
  const draw = () => drawIntro(composer, chosen);
  for (const name of ["world", "channel", "me"]) on(name, draw);
}

// The command that can take one sample of each kind, whatever it is called.
function fittingCommand() {
  const kinds = [...new Set(state.samples.map((sample) => sample.option))];
  if (!kinds.length) return null;
  const takes = (entry, kind) => entry.options.some((o) => o.type === ATTACHMENT && o.name === kind);
  const entry = slashCommands().find((one) => kinds.every((kind) => takes(one, kind)));
  return entry ? { entry, kinds } : null;
}

function drawIntro(composer, chosen) {
  const open = channel(state.channelId);
  const title = open?.name ? `Welcome to #${open.name}` : "Your direct messages with the bot";
  const fitting = open?.guild_id ? fittingCommand() : null;
  fill(
    byId("intro"),
    h("span", { class: "intro-mark" }, icon(open?.name ? "hash" : "at")),
    h("h2", {}, title),
    h("p", { class: "faint" }, open?.topic ? `${open.topic}. ` : "", "This is a simulated Discord on this computer: the bot is real, the members are yours to play."),
    fitting ? tryCard(composer, fitting, chosen) : null,
  );
}

function tryCard(composer, { entry, kinds }, chosen) {
  const card = h("section", { class: "try", "aria-label": "Try it" });
  const draw = () => {
    for (const kind of kinds) chosen[kind] ??= state.samples.find((sample) => sample.option === kind);
    fill(
      card,
      h(
        "div",
        { class: "try-pictures" },
        kinds.flatMap((kind, index) => [index ? h("span", { class: "try-plus", "aria-hidden": "true" }, "+") : "", picture(chosen, kind, draw)]),
      ),
      h(
        "div",
        { class: "try-words" },
        h("p", { class: "try-title" }, "Try it with a sample pair"),
        h("p", { class: "faint" }, "Press a picture to swap it."),
        h(
          "button",
          { class: "button button-primary", type: "button", id: "try", onclick: () => start(composer, entry, kinds, chosen) },
          `Fill in /${entry.label}`,
        ),
      ),
    );
  };
  draw();
  return card;
}

// Each press brings the next sample of the kind.
function picture(chosen, kind, draw) {
  const swap = () => {
    const all = state.samples.filter((sample) => sample.option === kind);
    chosen[kind] = all[(all.indexOf(chosen[kind]) + 1) % all.length];
    draw();
    document.querySelector(`.try [data-key="${kind}"]`)?.focus();
  };
  return h(
    "button",
    { class: "try-picture", type: "button", "aria-label": `${kind}: ${chosen[kind].title}. Show the next`, dataset: { key: kind }, onclick: swap },
    h("img", { src: chosen[kind].url, alt: "" }),
    h("span", {}, chosen[kind].title),
  );
}

async function start(composer, entry, kinds, chosen) {
  const files = await Promise.all(kinds.map((kind) => sampleFile(chosen[kind])));
  composer.startCommand(entry, Object.fromEntries(kinds.map((kind, index) => [kind, files[index]])));
}
