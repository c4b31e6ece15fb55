// A picture at its full size over the page.

import { h, icon } from "./dom.js";

/** Show `pictures[index]` large; arrows go through the others. */
export function openLightbox(pictures, index) {
  let at = index;
  const image = h("img", { class: "lightbox-picture", alt: "" });
  const title = h("p", { class: "lightbox-title" });
  const original = h("a", { class: "lightbox-link", target: "_blank", rel: "noopener" }, icon("link"), "Open original");
  const dialog = h("dialog", { class: "lightbox", "aria-label": "Picture" });
  const show = (next) => {
    at = (next + pictures.length) % pictures.length;
    const picture = pictures[at];
    image.src = picture.url;
    image.alt = picture.alt;
    original.href = picture.url;
    const size = picture.width ? ` · ${picture.width} × ${picture.height}` : "";
    title.textContent = picture.title + size;
  };
  const turn = (name, step, label) =>
    h("button", { class: `icon-button lightbox-${name}`, type: "button", "aria-label": label, onclick: () => show(at + step) }, icon(name));
  dialog.append(
    h("div", { class: "lightbox-stage" }, image),
    h("div", { class: "lightbox-bar" }, title, original),
    h("button", { class: "icon-button lightbox-close", type: "button", "aria-label": "Close", onclick: () => dialog.close() }, icon("close")),
  );
  if (pictures.length > 1) dialog.append(turn("left", -1, "Previous picture"), turn("right", 1, "Next picture"));
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.classList.contains("lightbox-stage")) dialog.close();
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") show(at - 1);
    if (event.key === "ArrowRight") show(at + 1);
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  show(at);
  dialog.showModal();
}
