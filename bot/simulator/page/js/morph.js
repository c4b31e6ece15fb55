// Turning what is on screen into what it should be, in place. A message that is edited twice a
// second must not lose the focus, an open list, or a click that is half done.

const KEPT_ATTRIBUTES = ["open", "aria-expanded", "aria-controls", "aria-activedescendant"];

/**
 * Make `old` like `fresh`. Listeners stay with the elements that stay, so they look things up by
 * id. An element with `data-whole` is kept as it is while that says the same, else replaced.
 */
export function morph(old, fresh) {
  if (!sameKind(old, fresh)) {
    old.replaceWith(fresh);
    return;
  }
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
    return;
  }
  if (old.dataset.whole) return;
  copyAttributes(old, fresh);
  const wanted = [...fresh.childNodes];
  wanted.forEach((child, index) => {
    const present = old.childNodes[index];
    if (present) morph(present, child);
    else old.append(child);
  });
  while (old.childNodes.length > wanted.length) old.lastChild.remove();
}

function sameKind(old, fresh) {
  if (old.nodeName !== fresh.nodeName) return false;
  if (old.nodeType !== Node.ELEMENT_NODE) return true;
  return old.dataset?.key === fresh.dataset?.key && old.dataset?.whole === fresh.dataset?.whole;
}

function copyAttributes(old, fresh) {
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !KEPT_ATTRIBUTES.includes(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value && !KEPT_ATTRIBUTES.includes(name)) old.setAttribute(name, value);
  }
}
