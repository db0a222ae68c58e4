/**
 * What speaks where: a picture whose places have the colours of classes, regions with their names, and a list
 * of the classes beside it.
 *
 * Streamlit calls the default export again, with the same DOM, at every new `data` and at every change of
 * theme; one RegionMap per DOM outlives that. A place or a class that is clicked is reported by the number of
 * its class; which classes are chosen comes back with the data.
 */

const FULL = 0.72; // opacity of the strongest place
const NAMED = 0.25; // a region is named where its strongest place has this share of the strongest of all

export default function regionMap({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".region-map");
  return draw(root, RegionMap, (map) => map.update(data, setTriggerValue));
}

class RegionMap {
  constructor(root) {
    this.root = root;
    this.paths = [];
    this.hovered = this.focused = null; // {cells: [...], cell}
    this.listen();
    this.resized = new ResizeObserver(() => this.arrangeNames());
    this.resized.observe(this.find(".frame"));
  }

  close() {
    this.resized.disconnect();
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  update(data, send) {
    this.send = send;
    const before = this.data;
    this.data = data;
    this.classOf = new Map(data.classes.map((each) => [each.number, each]));
    if (before?.board !== data.board) {
      this.hovered = this.focused = null;
      this.buildPlane();
    }
    this.fillPlane();
    this.fillNames();
    this.fillClasses();
    this.light();
  }

  /* The picture */

  buildPlane() {
    const { places, size, grid } = this.data;
    this.paths = places.map(({ outline }, number) => {
      const tabindex = number ? -1 : 0;
      return svgElement("path", { d: outline, "data-cell": number, role: "button", tabindex });
    });
    this.find(".cells").replaceChildren(...this.paths);
    this.fills = places.map(({ outline }) => svgElement("path", { d: outline }));
    this.find(".fills").replaceChildren(...this.fills);
    const [width, height] = size;
    setAttributes(this.find(".plane"), { viewBox: `0 0 ${width} ${height}` });
    this.find(".plane").style.aspectRatio = `${width} / ${height}`;
    setAttributes(this.find(".picture"), { width, height });
    // Outlines are in units of the positions, which at an inner layer are far fewer than pixels.
    const transform = `scale(${width / grid[0]} ${height / grid[1]})`;
    for (const part of [".fills", ".borders", ".cells", ".halo", ".outline"]) {
      setAttributes(this.find(part), { transform });
    }
  }

  fillPlane() {
    const { places, picture, regions } = this.data;
    setAttributes(this.find(".picture"), { href: picture });
    places.forEach((cell, number) => {
      const { colour } = this.classOf.get(cell.class) ?? { colour: "transparent" };
      setAttributes(this.fills[number], { fill: colour, "fill-opacity": (FULL * cell.strength).toFixed(3) });
      setAttributes(this.paths[number], {
        "aria-label": this.described(number),
        "aria-pressed": Boolean(this.classOf.get(cell.class)?.chosen),
      });
    });
    const borders = regions.map(({ outline, strength }) =>
      svgElement("path", { d: outline, "stroke-opacity": (0.15 + 0.75 * strength).toFixed(2) }),
    );
    this.find(".borders").replaceChildren(...borders);
  }

  /** One place in words. */
  described(number) {
    const { where, label, value, error, next, next_value, next_error } = this.data.places[number];
    const size = (amount, off) => signed(amount) + (off === null ? "" : ` ± ${signed(off).slice(1)}`);
    return `${where}: ${label} ${size(value, error)}, then ${next} ${size(next_value, next_error)}`;
  }

  /* Names of regions */

  fillNames() {
    const { regions, grid } = this.data;
    this.names = regions
      .filter(({ strength }) => strength >= NAMED)
      .map((region) => {
        const name = element("span", "", region.label);
        name.style.setProperty("--colour", this.classOf.get(region.class)?.colour ?? "transparent");
        name.style.left = `${(100 * region.at[0]) / grid[0]}%`;
        name.style.top = `${(100 * region.at[1]) / grid[1]}%`;
        return { name, region };
      });
    this.find(".names").replaceChildren(...this.names.map(({ name }) => name));
    this.arrangeNames();
  }

  /** The strongest first; what would cover another, moved inside the frame, is hidden. */
  arrangeNames() {
    if (!this.names) return;
    const frame = this.find(".frame").getBoundingClientRect();
    if (!frame.width) return;
    const placed = [];
    for (const { name } of this.names) {
      name.style.translate = "";
      let box = name.getBoundingClientRect();
      const right = Math.max(0, frame.left + 2 - box.left) - Math.max(0, box.right - frame.right + 2);
      const down = Math.max(0, frame.top + 2 - box.top) - Math.max(0, box.bottom - frame.bottom + 2);
      const zoom = box.width / name.offsetWidth || 1;
      name.style.translate = `${right / zoom}px ${down / zoom}px`;
      box = name.getBoundingClientRect();
      const covered = placed.some(
        (other) =>
          box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom,
      );
      name.classList.toggle("covered", covered);
      if (!covered) placed.push(box);
    }
  }

  /* The list of classes */

  fillClasses() {
    const { classes, listed, rest } = this.data;
    const focused = this.root.getRootNode().activeElement?.dataset?.class;
    const items = classes.slice(0, listed).map(({ number, label, colour, about, chosen }) => {
      const swatch = element("i");
      const button = element("button", "", swatch, element("b", "", label), element("span", "mark"), element("small", "", about));
      button.type = "button";
      button.dataset.class = number;
      button.setAttribute("aria-pressed", chosen);
      button.style.setProperty("--colour", colour);
      return element("li", "", button);
    });
    this.find(".classes").replaceChildren(...items);
    this.find(".rest").textContent = rest;
    this.find(".rest").hidden = !rest;
    if (focused !== undefined) this.find(`button[data-class="${focused}"]`)?.focus({ preventScroll: true });
  }

  /* Pointing and keys */

  light() {
    const lit = this.hovered ?? this.focused;
    const { places } = this.data;
    const outline = lit ? lit.cells.map((number) => places[number].outline).join("") : "";
    for (const part of [".halo", ".outline"]) setAttributes(this.find(part), { d: outline });
    this.find(".plane").classList.toggle("by-key", Boolean(lit) && lit === this.focused);
    const target = lit?.cell === undefined ? lit?.target : places[lit.cell].class;
    for (const button of this.root.querySelectorAll("button")) {
      button.classList.toggle("lit", Boolean(lit) && Number(button.dataset.class) === target);
    }
    const names = this.find(".names");
    names.classList.toggle("dimmed", lit?.cell === undefined && Boolean(lit));
    for (const { name, region } of this.names) name.classList.toggle("lit", region.class === target);
    this.find(".status").textContent =
      lit?.cell === undefined ? this.data.hint : `${this.described(lit.cell)}. ${this.data.unit}`;
  }

  listen() {
    const cellOf = (target) => {
      const found = target.closest?.("path[data-cell]");
      return found ? Number(found.dataset.cell) : null;
    };
    const classOf = (target) => {
      const found = target.closest?.("button[data-class]");
      return found ? Number(found.dataset.class) : null;
    };
    const pointed = (target) => {
      const [cell, number] = [cellOf(target), classOf(target)];
      if (cell !== null) return { cell, cells: [cell] };
      if (number === null) return null;
      const own = this.data.places.flatMap((each, at) => (each.class === number && each.strength > 0 ? [at] : []));
      return { target: number, cells: own };
    };
    const choose = (target) => {
      const cell = cellOf(target);
      const number = cell === null ? classOf(target) : this.data.places[cell].class;
      if (number !== null) this.send("chosen", number);
    };
    this.root.addEventListener("pointerover", (event) => {
      this.hovered = pointed(event.target);
      this.light();
    });
    this.root.addEventListener("pointerleave", () => {
      this.hovered = null;
      this.light();
    });
    this.root.addEventListener("click", (event) => choose(event.target));
    this.root.addEventListener("focusin", (event) => {
      const cell = cellOf(event.target);
      if (cell !== null) {
        for (const stop of this.paths) if (stop.tabIndex === 0) stop.setAttribute("tabindex", -1);
        this.paths[cell].setAttribute("tabindex", 0);
      }
      this.focused = event.target.matches(":focus-visible") ? pointed(event.target) : null;
      this.light();
    });
    this.root.addEventListener("focusout", () => {
      this.focused = null;
      this.light();
    });
    this.root.addEventListener("keydown", (event) => {
      const cell = cellOf(event.target);
      if (cell === null || event.ctrlKey || event.metaKey || event.altKey) return;
      const next = nearestTowards(this.paths, cell, event.key);
      if (event.key === "Enter" || event.key === " ") {
        if (!event.repeat) choose(event.target);
      } else if (event.key === "Escape" && this.focused) {
        this.focused = null;
        this.light();
      } else if (next !== null) {
        this.paths[next].focus({ preventScroll: true });
      } else {
        return;
      }
      event.preventDefault();
    });
  }
}
