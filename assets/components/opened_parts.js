/**
 * A picture's parts from coarse to fine: a click opens a part into the two that it was merged from, and a list
 * beside the picture holds the way back.
 *
 * Streamlit calls the default export again, with the same DOM, at every new `data` and at every change of
 * theme; one OpenedParts per DOM outlives that. What is opened or joined is reported by the part's number;
 * which parts are in sight comes back with the data.
 */

const FULL = 0.66; // opacity of the part with the largest |value|
const FAINTEST = 0.02; // of what is seen; below, no colour at all

export default function openedParts({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".opened-parts");
  return draw(root, OpenedParts, (parts) => parts.update(data, setTriggerValue));
}

class OpenedParts {
  constructor(root) {
    this.root = root;
    this.paths = [];
    this.hovered = this.focused = null; // number of a part
    this.listStop = new OneStop(this.find(".rows"));
    this.listen();
    this.resized = new ResizeObserver(() => this.arrangeTags());
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
    this.root.inert = Boolean(data.read_only);
    const { positive_over, negative_over } = data.colours[isDark(backgroundOf(this.root)) ? "dark" : "light"];
    this.root.style.setProperty("--positive", `rgb(${positive_over})`);
    this.root.style.setProperty("--negative", `rgb(${negative_over})`);
    const held = this.root.getRootNode().activeElement;
    const before = held?.dataset?.part === undefined ? null : { part: Number(held.dataset.part), svg: held.tagName === "path" };
    const insideBefore = this.insideOf(before?.part);
    this.data = data;
    this.partOf = new Map(data.parts.map((each) => [each.number, each]));
    if (!this.partOf.has(this.hovered)) this.hovered = null;
    if (!this.partOf.has(this.focused)) this.focused = null;
    this.fillPlane();
    this.fillTags();
    this.fillRows();
    if (before) this.keepFocus(before, insideBefore);
    this.light();
  }

  /** The parts that one lies in, the smallest first. */
  insideOf(number) {
    return this.partOf?.get(number)?.inside ?? [];
  }

  get shown() {
    return this.data.parts.filter(({ opened }) => !opened);
  }

  /** The focus goes to what has become of the part that had it: its first half, or what it was joined to. */
  keepFocus({ part, svg }, inside) {
    const stops = svg ? this.paths : [...this.root.querySelectorAll(".rows button")];
    const of = (number) => stops.find((each) => Number(each.dataset.part) === number);
    const half = stops.find((each) => this.insideOf(Number(each.dataset.part)).includes(part));
    const next = of(part) ?? half ?? inside.map(of).find(Boolean);
    next?.focus({ preventScroll: true });
  }

  /* The picture */

  fillPlane() {
    const { size, grid, picture } = this.data;
    const [width, height] = size;
    const largest = Math.max(...this.shown.map(({ value }) => Math.abs(value)));
    setAttributes(this.find(".plane"), { viewBox: `0 0 ${width} ${height}` });
    this.find(".plane").style.aspectRatio = `${width} / ${height}`;
    setAttributes(this.find(".picture"), { width, height, href: picture });
    this.fills = this.shown.map(({ outline, value }) => {
      const strength = largest ? Math.abs(value) / largest : 0;
      const opacity = strength < FAINTEST ? 0 : FULL * strength;
      return svgElement("path", { d: outline, class: value < 0 ? "negative" : "", "fill-opacity": opacity.toFixed(3) });
    });
    this.find(".fills").replaceChildren(...this.fills);
    this.paths = this.shown.map((each, place) =>
      svgElement("path", {
        d: each.outline,
        "data-part": each.number,
        class: each.halves ? "" : "single",
        role: "button",
        tabindex: place ? -1 : 0,
        "aria-label": `${this.described(each)}${each.halves ? "; open it" : ""}`,
        "aria-disabled": !each.halves,
      }),
    );
    this.find(".cells").replaceChildren(...this.paths);
    // Outlines are in units of the positions, which at an inner layer are far fewer than pixels.
    const transform = `scale(${width / grid[0]} ${height / grid[1]})`;
    for (const part of [".fills", ".cells", ".halo", ".outline"]) setAttributes(this.find(part), { transform });
  }

  /** A part in words. */
  described({ name, value }) {
    return `${name}: ${signed(value)}`;
  }

  fillTags() {
    const { grid } = this.data;
    this.tags = this.shown.map((part) => {
      const tag = element("span", "", signed(part.value, 2));
      tag.style.left = `${(100 * part.at[0]) / grid[0]}%`;
      tag.style.top = `${(100 * part.at[1]) / grid[1]}%`;
      return { tag, part };
    });
    this.tags.sort((one, other) => Math.abs(other.part.value) - Math.abs(one.part.value));
    this.find(".tags").replaceChildren(...this.tags.map(({ tag }) => tag));
    this.arrangeTags();
  }

  /** The largest values first; what would cover another is hidden. */
  arrangeTags() {
    if (!this.tags) return;
    const placed = [];
    for (const { tag } of this.tags) {
      const box = tag.getBoundingClientRect();
      const covered = placed.some(
        (other) =>
          box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom,
      );
      tag.classList.toggle("covered", covered);
      if (!covered) placed.push(box);
    }
  }

  /* The list: every part in sight below those that it lies in */

  fillRows() {
    const { parts, largest } = this.data;
    const rows = parts.map((part) => {
      const { number, name, value, inside, opened, halves } = part;
      const share = largest ? Math.min(1, Math.abs(value) / largest) : 0;
      const bar = element("i", value < 0 ? "negative" : "");
      bar.style.width = `${(100 * share).toFixed(1)}%`;
      const mark = element("span", "mark", opened ? "▾" : halves ? "▸" : "");
      mark.setAttribute("aria-hidden", "true");
      const button = element(
        "button",
        "",
        mark,
        element("span", "name", name),
        element("span", "bar", bar),
        element("span", "number", signed(value)),
      );
      button.type = "button";
      button.dataset.part = number;
      if (opened || halves) button.setAttribute("aria-expanded", opened);
      else button.setAttribute("aria-disabled", "true");
      const row = element("li", opened ? "opened" : "", button);
      row.style.setProperty("--depth", Math.min(inside.length, 9));
      row.setAttribute("aria-level", inside.length + 1);
      return row;
    });
    this.find(".rows").replaceChildren(...rows);
    this.listStop.update(rows.map((row) => [row.firstElementChild]));
  }

  /* Pointing and keys */

  light() {
    const lit = this.hovered ?? this.focused;
    const part = this.partOf.get(lit);
    const own = this.shown.filter(({ number }) => number === lit || this.insideOf(number).includes(lit));
    const outline = part ? own.map((each) => each.outline).join("") : "";
    for (const path of [".halo", ".outline"]) setAttributes(this.find(path), { d: outline });
    for (const button of this.root.querySelectorAll("button")) {
      button.classList.toggle("lit", Number(button.dataset.part) === lit);
    }
    this.find(".status").textContent = part ? this.sentence(part) : this.data.hint;
  }

  sentence(part) {
    const then = part.opened ? "a click joins it again" : part.halves ? "a click opens it" : "it cannot be opened";
    return `${this.described(part)}; ${then}.`;
  }

  choose(number) {
    const part = this.partOf.get(number);
    if (part?.opened) this.send("chosen", ["join", number]);
    else if (part?.halves) this.send("chosen", ["open", number]);
  }

  listen() {
    const partAt = (target) => {
      const found = target.closest?.("[data-part]");
      return found ? Number(found.dataset.part) : null;
    };
    this.root.addEventListener("pointerover", (event) => {
      this.hovered = partAt(event.target);
      this.light();
    });
    this.root.addEventListener("pointerleave", () => {
      this.hovered = null;
      this.light();
    });
    this.root.addEventListener("click", (event) => {
      const number = partAt(event.target);
      if (number !== null) this.choose(number);
    });
    this.root.addEventListener("focusin", (event) => {
      const number = partAt(event.target);
      if (event.target.tagName === "path") {
        for (const stop of this.paths) stop.setAttribute("tabindex", stop === event.target ? 0 : -1);
      }
      this.focused = event.target.matches(":focus-visible") ? number : null;
      this.light();
    });
    this.root.addEventListener("focusout", () => {
      this.focused = null;
      this.light();
    });
    this.root.addEventListener("keydown", (event) => this.keyed(event, partAt(event.target)));
  }

  keyed(event, number) {
    if (number === null || event.ctrlKey || event.metaKey || event.altKey) return;
    const onPicture = event.target.tagName === "path";
    if (event.key === "Backspace") {
      const [around] = this.insideOf(number);
      if (!event.repeat && around !== undefined) this.send("chosen", ["join", around]);
    } else if (onPicture && (event.key === "Enter" || event.key === " ")) {
      if (!event.repeat) this.choose(number);
    } else if (onPicture) {
      const next = nearestTowards(this.paths, this.paths.indexOf(event.target), event.key);
      if (next === null) return;
      this.paths[next].focus({ preventScroll: true });
    } else {
      return;
    }
    event.preventDefault();
  }
}
