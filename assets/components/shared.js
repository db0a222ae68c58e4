/** What several components need. Stands before each component's code, in one module with it. */

/* Lifetime */

/**
 * Draws the newest data of an element with one object, in whatever order Streamlit asks.
 *
 * Streamlit calls a component again, with the same DOM, at every new data and at every change of theme. While
 * it loads the component's module it may ask for older data after newer ones, and then ends what was
 * overtaken. It ends the rest when the element has left the page.
 *
 * @param root the element that all calls share
 * @param Drawing the class of the object that outlives the calls: made with `root`, and closed at the end if
 *   it has a `close`
 * @param show draws this call's data with the object
 * @returns what the component has to return to Streamlit
 */
function draw(root, Drawing, show) {
  if (!draw.kept.has(root)) draw.kept.set(root, { drawing: new Drawing(root), calls: [] });
  const kept = draw.kept.get(root);
  const call = () => show(kept.drawing);
  kept.calls = [...kept.calls.slice(-3), call];
  call();
  return () => {
    if (!root.isConnected) {
      kept.drawing.close?.();
      draw.kept.delete(root);
      return;
    }
    const newest = kept.calls.at(-1);
    kept.calls = kept.calls.filter((each) => each !== call);
    if (call === newest) kept.calls.at(-1)?.();
  };
}
draw.kept = new WeakMap();

/* Elements */

/** A new element of a class, with strings or other elements in it. */
function element(tag, className = "", ...children) {
  const made = document.createElement(tag);
  made.className = className;
  made.append(...children);
  return made;
}

/** A new element of SVG with attributes, and text if there is any. */
function svgElement(tag, attributes, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  setAttributes(made, attributes);
  if (text !== undefined) made.textContent = text;
  return made;
}

/** Only what has changed: a data URL set again would be decoded again. */
function setAttributes(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
  }
}

/* Keyboard */

/**
 * Makes a table of elements one stop of the Tab key: arrow keys, Home and End move within it.
 *
 * An element marks with `preventDefault` the keys that it uses itself.
 */
class OneStop {
  constructor(area) {
    this.lines = [];
    this.place = [0, 0]; // line and position in it
    area.addEventListener("focusin", (event) => {
      const place = this.placeOf(event.target);
      if (place) this.settle(place);
    });
    area.addEventListener("keydown", (event) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      const place = this.placeOf(event.target);
      const next = place && this.next(place, event.key);
      if (!next) return;
      event.preventDefault();
      this.elementAt(next).focus();
    });
  }

  /** `lines` are rows of elements; the stop stays at its place, or goes to `first`, a place too. */
  update(lines, first = [0, 0]) {
    const known = this.lines.length > 0;
    this.lines = lines;
    this.settle(known ? this.place : first);
  }

  settle([line, position]) {
    if (!this.lines.length) return;
    line = Math.min(line, this.lines.length - 1);
    this.place = [line, Math.min(position, this.lines[line].length - 1)];
    for (const each of this.lines.flat()) each.tabIndex = -1;
    this.elementAt(this.place).tabIndex = 0;
  }

  elementAt([line, position]) {
    return this.lines[line][position];
  }

  placeOf(target) {
    const line = this.lines.findIndex((each) => each.includes(target));
    return line < 0 ? null : [line, this.lines[line].indexOf(target)];
  }

  /** Where a key leads; null for keys that lead nowhere. */
  next([line, position], key) {
    const end = this.lines[line].length - 1;
    const to = {
      ArrowLeft: [line, position - 1],
      ArrowRight: [line, position + 1],
      ArrowUp: [line - 1, position],
      ArrowDown: [line + 1, position],
      Home: [line, 0],
      End: [line, end],
    }[key];
    if (!to) return null;
    const inside = Math.min(this.lines.length - 1, Math.max(0, to[0]));
    return [inside, Math.min(this.lines[inside].length - 1, Math.max(0, to[1]))];
  }
}

/** The shape nearest to another one in the direction of an arrow key, by number; null for other keys. */
function nearestTowards(shapes, number, key) {
  const direction = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
  if (!direction) return null;
  const centre = (shape) => {
    const { x, y, width, height } = shape.getBBox();
    return [x + width / 2, y + height / 2];
  };
  const from = centre(shapes[number]);
  const distances = shapes.map((shape) => {
    const [x, y] = centre(shape).map((at, axis) => at - from[axis]);
    const ahead = x * direction[0] + y * direction[1];
    return ahead > 1e-6 ? ahead + 2 * Math.abs(x * direction[1] + y * direction[0]) : Infinity;
  });
  const nearest = Math.min(...distances);
  return nearest < Infinity ? distances.indexOf(nearest) : number;
}

/* Colours */

/** The page's background as [red, green, blue]. */
function backgroundOf(root) {
  const probe = element("i");
  probe.style.color = "var(--st-background-color)";
  root.append(probe);
  const colour = getComputedStyle(probe).color.match(/[\d.]+/g).map(Number);
  probe.remove();
  return colour.slice(0, 3);
}

/** The theme, which can be recognised by its colours only. */
function isDark([red, green, blue]) {
  return red + green + blue < 384;
}

/* Numbers */

/** Significant digits with a sign; a dash for what is missing. */
function signed(value, digits = 3) {
  if (value === null) return "–";
  if (!value) return "0";
  const size = Math.abs(value);
  const plain = size >= 1e-3 && size < 1e5;
  const power = () => size.toExponential(digits - 1).replace("e-", "e−").replace("e+", "e");
  return (value < 0 ? "−" : "+") + (plain ? shortest(size, digits) : power());
}

/** `digits` significant digits, without the exponent that toPrecision(2) gives 123. */
function shortest(size, digits) {
  const text = size.toPrecision(digits);
  return text.includes("e") ? String(Number(text)) : text;
}

/** A number with a true minus sign instead of a hyphen. */
function withMinus(number) {
  return String(number).replace("-", "−");
}

/** Round numbers between two ends, about so many of them. */
function ticksBetween(low, high, about) {
  const rough = (high - low) / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((each) => each * power >= rough);
  const ticks = [];
  for (let i = Math.ceil(low / step); i * step <= high; i++) ticks.push(Number((i * step).toPrecision(6)));
  return ticks;
}
