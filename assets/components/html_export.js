
/* The page of a grid that was taken home: no server, and switches for what the app's sidebar decides. */

const taken = JSON.parse(document.querySelector("#data").textContent);
const controls = document.querySelector(".controls");
const choice = (name) => controls.elements[name];

function showTaken() {
  document.documentElement.style.colorScheme = choice("theme").value;
  const overlay = choice("view").value === "overlay";
  const data = { ...taken, overlay, smooth: choice("drawing").value === "smooth" };
  heatmapGrid({ data, parentElement: document.querySelector("#maps").shadowRoot });
}

choice("view").value = taken.overlay ? "overlay" : "plain";
choice("drawing").value = taken.smooth ? "smooth" : "blocks";
controls.hidden = false;
controls.onchange = showTaken;
matchMedia("(prefers-color-scheme: dark)").onchange = showTaken;
showTaken();
