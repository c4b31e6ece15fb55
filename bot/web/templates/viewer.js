// Shows a large picture in tiles: only those that are seen, at the size at which they are seen.
"use strict";
const viewer = document.getElementById("viewer");
const levels = JSON.parse(viewer.dataset.levels); // [[width, height], ...], full size first
const side = Number(viewer.dataset.side);
const [fullWidth, fullHeight] = levels[0];
const tiles = new Map(); // label -> img
const fingers = new Map(); // pointer id -> [x, y]
let scale = 1, left = 0, top_ = 0, asked = false;

viewer.replaceChildren();
viewer.style.maxHeight = getComputedStyle(viewer).height; // a narrow page needs less for all of it
viewer.style.height = "auto";
viewer.style.aspectRatio = `${fullWidth} / ${fullHeight}`;

function least() {
  return Math.min(viewer.clientWidth / fullWidth, viewer.clientHeight / fullHeight);
}

function all() {
  scale = least();
  left = (viewer.clientWidth - fullWidth * scale) / 2;
  top_ = (viewer.clientHeight - fullHeight * scale) / 2;
  soon();
}

function held(at, inside, shown) { // the picture stays in sight, or in the middle where it is smaller
  return shown <= inside ? (inside - shown) / 2 : Math.min(0, Math.max(inside - shown, at));
}

function zoom(factor, x, y) {
  const wanted = Math.min(4, Math.max(least(), scale * factor));
  left = x - ((x - left) * wanted) / scale;
  top_ = y - ((y - top_) * wanted) / scale;
  scale = wanted;
  soon();
}

function soon() {
  if (!asked) {
    asked = true;
    requestAnimationFrame(draw);
  }
}

function draw() {
  asked = false;
  left = held(left, viewer.clientWidth, fullWidth * scale);
  top_ = held(top_, viewer.clientHeight, fullHeight * scale);
  const pixels = scale * (window.devicePixelRatio || 1);
  const best = Math.min(levels.length - 1, Math.max(0, Math.floor(-Math.log2(pixels))));
  const wanted = new Set();
  // The smallest level lies below, so that there is something to see while others are on the way.
  for (const level of new Set([levels.length - 1, best])) {
    const step = 2 ** level * side * scale;
    const columns = Math.ceil(levels[level][0] / side), rows = Math.ceil(levels[level][1] / side);
    const first = Math.max(0, Math.floor(-left / step)), upper = Math.max(0, Math.floor(-top_ / step));
    for (let row = upper; row < rows && top_ + row * step < viewer.clientHeight; row++)
      for (let column = first; column < columns && left + column * step < viewer.clientWidth; column++)
        wanted.add(show(level, column, row, step));
  }
  for (const [label, img] of tiles)
    if (!wanted.has(label)) {
      img.remove();
      tiles.delete(label);
    }
}

function show(level, column, row, step) {
  const label = `${level}-${column}-${row}`;
  let img = tiles.get(label);
  if (!img) {
    img = new Image();
    img.alt = "";
    img.draggable = false;
    img.style.zIndex = levels.length - level;
    img.src = `zoom/${label}.jpg${location.search}`;
    tiles.set(label, img);
    viewer.append(img);
  }
  const size = 2 ** level * scale;
  // Half a pixel more hides the hairlines that rounding leaves between tiles.
  img.style.transform = `translate(${left + column * step}px, ${top_ + row * step}px) scale(${size * 1.001})`;
  return label;
}

function middle() {
  const points = [...fingers.values()];
  const x = points.reduce((sum, point) => sum + point[0], 0) / points.length;
  const y = points.reduce((sum, point) => sum + point[1], 0) / points.length;
  const apart = points.length < 2 ? 0 : Math.hypot(points[0][0] - points[1][0], points[0][1] - points[1][1]);
  return [x, y, apart];
}

function within(event) {
  const box = viewer.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}

viewer.addEventListener("pointerdown", (event) => {
  fingers.set(event.pointerId, within(event));
  viewer.setPointerCapture(event.pointerId);
});
viewer.addEventListener("pointermove", (event) => {
  if (!fingers.has(event.pointerId)) return;
  const [x, y, apart] = middle();
  fingers.set(event.pointerId, within(event));
  const [nextX, nextY, nextApart] = middle();
  left += nextX - x;
  top_ += nextY - y;
  if (apart && nextApart) zoom(nextApart / apart, nextX, nextY);
  soon();
});
for (const name of ["pointerup", "pointercancel"])
  viewer.addEventListener(name, (event) => fingers.delete(event.pointerId));
viewer.addEventListener("wheel", (event) => {
  event.preventDefault();
  zoom(Math.exp(-event.deltaY / 400), ...within(event));
}, { passive: false });
viewer.addEventListener("keydown", (event) => {
  const moves = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
  if (moves[event.key]) {
    left += moves[event.key][0];
    top_ += moves[event.key][1];
    soon();
  } else if (event.key === "+" || event.key === "=") nearer();
  else if (event.key === "-") farther();
  else return;
  event.preventDefault();
});
const nearer = () => zoom(1.5, viewer.clientWidth / 2, viewer.clientHeight / 2);
const farther = () => zoom(1 / 1.5, viewer.clientWidth / 2, viewer.clientHeight / 2);
document.getElementById("nearer").addEventListener("click", nearer);
document.getElementById("farther").addEventListener("click", farther);
document.getElementById("all").addEventListener("click", all);
new ResizeObserver(() => (scale <= least() * 1.001 ? all() : soon())).observe(viewer);
all();
