/** A new element of a class, with strings or other elements in it. */
function element(tag, className = "", ...children) {
  const made = document.createElement(tag);
  made.className = className;
  made.append(...children);
  return made;
}

/** The theme is known by its colours only. */
function isDark(root) {
  const probe = element("i");
  probe.style.color = "var(--st-background-color)";
  root.append(probe);
  const [red, green, blue] = getComputedStyle(probe).color.match(/[\d.]+/g).map(Number);
  probe.remove();
  return red + green + blue < 384;
}

