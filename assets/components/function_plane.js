/**
 * A function's plane with two handles, the point and the reference, and each method's attributions as bars.
 *
 * A handle moves at once; where it is goes to the server with a revision, now and then while it is dragged. Until the
 * server has answered the last revision the handles stay where the visitor put them.
 */

const SIZE = 400;
const LEFT = 32;
const TOP = 8;
const GRID = 0.05; // of dragged coordinates
const EVERY = 140; // milliseconds between two reports of a drag
const HANDLES = ["point", "reference"];

let count = 0;

export default function functionPlane({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".function-plane");
  return draw(root, FunctionPlane, (plane) => plane.update(data, setStateValue));
}

class FunctionPlane {
  constructor(root) {
    this.root = root;
    this.revision = 0;
    this.held = null;
    this.coordinates = null;
    const id = `function-plane-${(count += 1)}`;
    this.find(".arrow").id = `${id}-arrow`;
    this.find("line.path:not(.halo)").setAttribute("marker-end", `url(#${id}-arrow)`);
    this.find("clipPath").id = `${id}-inside`;
    this.find(".clipped").setAttribute("clip-path", `url(#${id}-inside)`);
    for (const name of HANDLES) this.listen(name, this.find(`.handle.${name}`));
    // Texts in the picture keep their size on the screen, however small the picture is.
    this.resizes = new ResizeObserver(() => {
      const stage = this.find(".stage");
      root.style.setProperty("--unit", stage.viewBox.baseVal.width / (stage.clientWidth || 1));
    });
    this.resizes.observe(this.find(".stage"));
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  close() {
    clearTimeout(this.timer);
    this.resizes.disconnect();
  }

  listen(name, handle) {
    handle.onpointerdown = (event) => {
      if (event.button) return;
      handle.setPointerCapture(event.pointerId);
      const at = this.toPlane(event);
      this.held = { name, off: [this.coordinates[name][0] - at[0], this.coordinates[name][1] - at[1]] };
      handle.classList.add("held");
      handle.focus({ preventScroll: true, focusVisible: false });
      event.preventDefault();
    };
    handle.onpointermove = (event) => {
      if (this.held?.name !== name) return;
      const at = this.toPlane(event);
      this.move(name, [at[0] + this.held.off[0], at[1] + this.held.off[1]]);
      this.report(EVERY);
    };
    const release = () => {
      if (this.held?.name !== name) return;
      this.held = null;
      handle.classList.remove("held");
      this.report(0);
    };
    handle.onpointerup = release;
    handle.onpointercancel = release;
    handle.onkeydown = (event) => {
      const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
      if (!step) return;
      const length = event.shiftKey ? 1 : 0.1;
      const [x, y] = this.coordinates[name];
      this.move(name, [x + length * step[0], y + length * step[1]]);
      this.report(EVERY);
      event.preventDefault();
    };
  }

  /** The pointer's coordinates in the plane. */
  toPlane(event) {
    const stage = this.find(".stage");
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(stage.getScreenCTM().inverse());
    const { reach } = this.data;
    return [((at.x - LEFT) / SIZE) * 2 * reach - reach, reach - ((at.y - TOP) / SIZE) * 2 * reach];
  }

  toScreen([x, y]) {
    const { reach } = this.data;
    return [LEFT + ((x + reach) / (2 * reach)) * SIZE, TOP + ((reach - y) / (2 * reach)) * SIZE];
  }

  move(name, to) {
    const { reach } = this.data;
    const kept = to.map((value) => {
      const snapped = Math.round(value / GRID) * GRID;
      return Number(Math.min(reach, Math.max(-reach, snapped)).toFixed(2));
    });
    this.coordinates = { ...this.coordinates, [name]: kept };
    this.moved = true;
    this.drawHandles();
  }

  /** Report the handles' coordinates to the server, at most once every `pause` milliseconds. */
  report(pause) {
    if (!this.moved) return;
    const tell = () => {
      this.timer = null;
      this.told = performance.now();
      this.moved = false;
      this.revision += 1;
      this.send("coordinates", { revision: this.revision, ...this.coordinates });
    };
    const wait = pause - (performance.now() - (this.told ?? -Infinity));
    if (wait <= 0) {
      clearTimeout(this.timer);
    this.resizes.disconnect();
      tell();
    } else this.timer ??= setTimeout(tell, wait);
  }

  update(data, send) {
    this.send = send;
    this.root.classList.toggle("dark", isDark(backgroundOf(this.root)));
    const before = this.data;
    const busy = this.held || this.moved || this.revision > data.revision;
    this.data = busy && before ? { ...data, reach: before.reach } : data;
    // The old picture stays while a drag is about to change the window.
    if (busy && before && before.reach !== data.reach) {
      for (const part of ["picture", "contours", "labels"]) this.data[part] = before[part];
    }
    if (!busy || !this.coordinates) {
      this.revision = Math.max(this.revision, data.revision);
      this.coordinates = { point: data.point, reference: data.reference };
    }
    this.drawPicture();
    this.drawHandles();
    this.drawBars();
  }

  drawPicture() {
    const { picture, contours, labels, reach } = this.data;
    const drawn = JSON.stringify([picture, contours, labels, reach]);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    setAttributes(this.find(".picture"), { href: picture });
    const unit = `translate(${LEFT} ${TOP}) scale(${SIZE})`;
    this.find(".contours").replaceChildren(...contours.map((d) => svgElement("path", { d, transform: unit })));
    this.find(".labels").replaceChildren(
      ...labels.map(([x, y, text]) => svgElement("text", { x: LEFT + SIZE * x, y: TOP + SIZE * y }, text)),
    );
    const [x0, y0] = this.toScreen([0, 0]);
    this.find(".zero").replaceChildren(
      svgElement("line", { x1: LEFT, x2: LEFT + SIZE, y1: y0, y2: y0 }),
      svgElement("line", { x1: x0, x2: x0, y1: TOP, y2: TOP + SIZE }),
    );
    const step = reach > 5 ? 5 : 2;
    const ticks = [];
    for (let value = -reach + (reach % step); value <= reach; value += step) {
      const [x, y] = this.toScreen([value, value]);
      ticks.push(svgElement("text", { x, y: TOP + SIZE + 15, "text-anchor": "middle" }, withMinus(value)));
      ticks.push(svgElement("text", { x: LEFT - 6, y: y + 4, "text-anchor": "end" }, withMinus(value)));
    }
    ticks.push(svgElement("text", { class: "name", x: LEFT + SIZE - 50, y: TOP + SIZE + 15, "text-anchor": "middle" }, "x"));
    ticks.push(svgElement("text", { class: "name", x: LEFT - 14, y: TOP + 54, "text-anchor": "end" }, "y"));
    this.find(".ticks").replaceChildren(...ticks);
  }

  drawHandles() {
    const screen = {};
    for (const name of HANDLES) {
      const [x, y] = (screen[name] = this.toScreen(this.coordinates[name]));
      const handle = this.find(`.handle.${name}`);
      const [px, py] = this.coordinates[name];
      setAttributes(handle, {
        transform: `translate(${x} ${y})`,
        "aria-valuenow": px,
        "aria-valuemin": -this.data.reach,
        "aria-valuemax": this.data.reach,
        "aria-valuetext": `x ${withMinus(px)}, y ${withMinus(py)}`,
      });
      const atRight = x > LEFT + SIZE - 80;
      const atTop = y < TOP + 24;
      setAttributes(handle.querySelector("text"), {
        x: atRight ? -13 : 13,
        y: atTop ? 22 : name === "reference" ? 20 : -9,
        "text-anchor": atRight ? "end" : "start",
      });
    }
    const [ax, ay] = screen.reference;
    const [bx, by] = screen.point;
    const length = Math.hypot(bx - ax, by - ay);
    const short = length > 24 ? (length - 10) / length : 1;
    for (const line of this.root.querySelectorAll("line.path")) {
      setAttributes(line, { x1: ax, y1: ay, x2: ax + (bx - ax) * short, y2: ay + (by - ay) * short });
      line.style.visibility = length > 24 ? "visible" : "hidden";
    }
  }

  drawBars() {
    const { methods, change } = this.data;
    this.find(".key.due b").textContent = change === null ? "not defined" : number(change);
    const ends = [0, change ?? 0];
    for (const { values } of methods) if (values) ends.push(...values, values[0] + values[1]);
    let [low, high] = [Math.min(...ends), Math.max(...ends)];
    const room = 0.04 * (high - low) || 1;
    [low, high] = [low - room, high + room];
    const percent = (value) => `${(100 * (value - low)) / (high - low)}%`;
    const rows = methods.map(({ title, note, values, problem }) => {
      const name = element("div", "name", title);
      name.setAttribute("role", "rowheader");
      if (note) name.append(element("div", "note", note));
      if (!values) return rowOf(name, element("div", "problem", problem));
      const total = values[0] + values[1];
      const plot = element("div", "plot");
      plot.append(at(element("div", "origin"), percent(0)));
      if (change !== null) plot.append(at(element("div", "due"), percent(change)));
      ["x", "y"].forEach((axis, i) => {
        const bar = at(element("div", `bar ${axis}`), percent(Math.min(0, values[i])));
        bar.style.width = `${(100 * Math.abs(values[i])) / (high - low)}%`;
        plot.append(bar);
      });
      plot.append(at(element("div", "sum"), percent(total)));
      const off = change !== null && Math.abs(total - change) > 1e-3 * Math.max(1, Math.abs(change));
      const numbers = element("div", "numbers");
      numbers.append(
        element("span", "x", number(values[0])),
        element("span", "y", number(values[1])),
        element("span", `total${off ? " off" : ""}`, number(total)),
      );
      return rowOf(name, plot, numbers);
    });
    this.find(".bars").replaceChildren(...rows);
    const plot = element("div", "plot");
    for (const value of ticksBetween(low, high, 4)) plot.append(at(element("span", "", withMinus(value)), percent(value)));
    const numbers = element("div", "numbers");
    numbers.append(element("span", "x", "x"), element("span", "y", "y"), element("span", "", "sum"));
    this.find(".scale").replaceChildren(element("div", ""), plot, numbers);
  }
}

function rowOf(...parts) {
  const row = element("div", "bar-row");
  row.setAttribute("role", "row");
  row.append(...parts);
  return row;
}

function at(part, left) {
  part.style.left = left;
  return part;
}

function number(value) {
  const digits = Math.abs(value) >= 1000 ? value.toPrecision(3) : value.toFixed(Math.abs(value) >= 100 ? 1 : 2);
  return withMinus(Number(digits) === 0 ? "0" : digits);
}
