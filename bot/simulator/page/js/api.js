// The page's API under /sim/; bot/simulator/README.md describes it.

/** What could not be done, with the simulator's own sentence. */
export class Refused extends Error {}

async function answerOf(response) {
  if (response.ok) return response.status === 204 ? null : response.json();
  const body = await response.json().catch(() => ({}));
  throw new Refused(body.error ?? `The simulator answered ${response.status}.`);
}

async function call(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Refused("The simulator cannot be reached.");
  }
  return answerOf(response);
}

function form(fields) {
  const data = new FormData();
  for (const [name, value] of fields) {
    if (value instanceof File) data.append(name, value, value.name);
    else data.append(name, value);
  }
  return data;
}

const json = (body) => ({
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});

export const getState = () => call("/sim/state");
export const getMessages = (user) => call(`/sim/messages?${new URLSearchParams({ user })}`);
export const setLocale = (user, locale) => call("/sim/locale", json({ user, locale }));
export const reload = (user) => call(`/sim/reload?${new URLSearchParams({ user })}`, { method: "POST" });
export const getTraffic = (limit) => call(`/sim/traffic?limit=${limit}`);
export const getSamples = () => call("/sim/samples");

export const postMessage = (user, channel, content, files, sticker = "") =>
  call("/sim/messages", {
    method: "POST",
    body: form([
      ["user", user],
      ["channel", channel],
      ["content", content],
      ["sticker", sticker],
      ...files.map((file, index) => [`file${index}`, file]),
    ]),
  });

/** Forward a message to a channel. */
export const forwardMessage = (id, user, channel) =>
  call("/sim/messages", {
    method: "POST",
    body: form([
      ["user", user],
      ["channel", channel],
      ["forward", id],
    ]),
  });

export const deleteMessage = (id, user) =>
  call(`/sim/messages/${id}?${new URLSearchParams({ user })}`, { method: "DELETE" });

// An option may be called like one of the form's own fields, so each is sent as `option:name`.
const invocation = ({ command, subcommand = "", user, channel, options = {}, extra = {} }) => ({
  method: "POST",
  body: form([
    ["command", command],
    ["subcommand", subcommand],
    ["user", user],
    ["channel", channel],
    ...Object.entries(extra),
    ...Object.entries(options).map(([name, value]) => [`option:${name}`, value]),
  ]),
});

export const runCommand = (entry) => call("/sim/commands", invocation(entry));

export const autocomplete = (entry, focused) =>
  call("/sim/autocomplete", invocation({ ...entry, extra: { focused } })).then((a) => a.choices);

export const press = (messageId, customId, user, values = []) =>
  call("/sim/components", json({ message_id: messageId, custom_id: customId, user, values }));

/** Send a modal; `files` are lists of files by the custom id of an upload field. */
export function submitModal(interactionId, user, fields, files = {}) {
  const uploads = Object.entries(files).flatMap(([name, list]) => list.map((file) => [name, file]));
  if (!uploads.length) return call("/sim/modals", json({ interaction_id: interactionId, user, fields }));
  const rest = [["interaction_id", interactionId], ["user", user], ["fields", JSON.stringify(fields)]];
  return call("/sim/modals", { method: "POST", body: form([...rest, ...uploads]) });
}

/** A sample picture as a file, as if it had been chosen from a disk. */
export async function sampleFile(sample) {
  const response = await fetch(sample.url);
  const blob = await response.blob();
  return new File([blob], sample.filename, { type: blob.type });
}
