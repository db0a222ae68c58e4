/**
 * Where a picture shows something: a brush that marks its pixels, by mouse, pen, finger or keys.
 *
 * Streamlit calls the default export again, with the same DOM, at every new `data` and at every change of
 * theme; one RegionBrush per DOM outlives that. What is marked is this element's own while it shows one
 * picture: the server hears of it after each stroke, and gives it back only where a picture is shown anew.
 */

const MOST_UNDONE = 30; // strokes
const STEP = 0.5; // of the brush's width: how far an arrow key moves it

export default function regionBrush({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".region-brush");
  return draw(root, RegionBrush, (brush) => brush.update(data, setStateValue));
}

class RegionBrush {
  constructor(root) {
    this.root = root;
    this.erasing = false;
    this.from = null; // where the pointer's stroke has come to
    this.find(".paint").onclick = () => this.erase(false);
    this.find(".erase").onclick = () => this.erase(true);
    this.find(".undo").onclick = () => this.undo();
    this.find(".clear").onclick = () => this.stroke(() => this.marked.fill(0));
    this.find(".width").oninput = () => this.showBrush();
    this.listen(this.find(".frame"));
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  update(data, send) {
    this.send = send;
    if (this.data?.name === data.name) return;
    this.data = data;
    const [width, height] = data.size;
    this.marked = markedBy(data.runs, width * height);
    this.before = [];
    this.at = [width / 2, height / 2];
    this.from = null;
    setAttributes(this.find(".picture"), { src: data.picture });
    setAttributes(this.find(".marked"), { width, height });
    this.find(".frame").style.aspectRatio = `${width} / ${height}`;
    this.show();
  }

  /* Strokes */

  /** Half the brush's width, in pixels of the picture. */
  get reach() {
    return (this.find(".width").value / 200) * Math.min(...this.data.size);
  }

  /** Do what changes the marks, in a way that can be undone, and tell the server. */
  stroke(change) {
    this.keep();
    change();
    this.finish();
  }

  keep() {
    this.before = [...this.before.slice(1 - MOST_UNDONE), this.marked.slice()];
  }

  finish() {
    const last = this.before.at(-1);
    if (last && last.every((each, place) => each === this.marked[place])) this.before.pop();
    else this.report();
    this.show();
  }

  undo() {
    if (!this.before.length) return;
    this.marked = this.before.pop();
    this.report();
    this.show();
  }

  report() {
    this.send("drawn", { name: this.data.name, runs: runsOf(this.marked) });
  }

  /** Mark, or unmark, what the brush covers on its way between two points. */
  sweep([x1, y1], [x2, y2]) {
    const [width, height] = this.data.size;
    const reach = this.reach;
    const [dx, dy] = [x2 - x1, y2 - y1];
    const length = dx * dx + dy * dy;
    const rows = [Math.min(y1, y2) - reach, Math.max(y1, y2) + reach];
    const columns = [Math.min(x1, x2) - reach, Math.max(x1, x2) + reach];
    for (let row = Math.max(0, Math.floor(rows[0])); row < Math.min(height, rows[1]); row++) {
      for (let column = Math.max(0, Math.floor(columns[0])); column < Math.min(width, columns[1]); column++) {
        const [x, y] = [column + 0.5 - x1, row + 0.5 - y1];
        const along = length ? Math.min(1, Math.max(0, (x * dx + y * dy) / length)) : 0;
        const away = (x - along * dx) ** 2 + (y - along * dy) ** 2;
        if (away <= reach * reach) this.marked[row * width + column] = Number(!this.erasing);
      }
    }
  }

  erase(wanted) {
    this.erasing = wanted;
    this.find(".paint").setAttribute("aria-pressed", !wanted);
    this.find(".erase").setAttribute("aria-pressed", wanted);
    this.root.classList.toggle("erasing", wanted);
  }

  /* Pointer and keys */

  listen(frame) {
    const place = (event) => {
      const box = frame.getBoundingClientRect();
      const [width, height] = this.data.size;
      return [((event.clientX - box.x) / box.width) * width, ((event.clientY - box.y) / box.height) * height];
    };
    frame.onpointerdown = (event) => {
      if (event.button !== 0 || !event.isPrimary) return;
      frame.setPointerCapture(event.pointerId);
      this.keep();
      this.goTo(place(event), true);
    };
    frame.onpointermove = (event) => {
      if (!event.isPrimary) return;
      for (const each of event.getCoalescedEvents?.() ?? []) this.goTo(place(each), this.from !== null);
      this.goTo(place(event), this.from !== null);
    };
    frame.onpointerup = frame.onpointercancel = () => {
      if (this.from === null) return;
      this.from = null;
      this.finish();
    };
    frame.onpointerleave = () => this.showBrush();
    frame.addEventListener("focus", () => this.showBrush());
    frame.addEventListener("blur", () => this.showBrush());
    frame.onkeydown = (event) => this.pressed(event);
  }

  /** Lead the pointer's brush to a point, painting on the way or not. */
  goTo(point, painting) {
    if (painting) this.sweep(this.from ?? point, point);
    if (painting) this.from = point;
    this.at = point;
    if (painting) this.paint();
    this.showBrush(true);
  }

  pressed(event) {
    const undone = event.key.toLowerCase() === "z" && !event.altKey;
    if (!undone && (event.ctrlKey || event.metaKey || event.altKey)) return;
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const wider = { "+": 1, "=": 1, "-": -1, "−": -1 }[event.key];
    if (way) this.step(way, event.shiftKey);
    else if (event.key === " " || event.key === "Enter") this.stroke(() => this.sweep(this.at, this.at));
    else if (wider) this.find(".width").value = Number(this.find(".width").value) + wider;
    else if (event.key === "Delete") this.find(".clear").click();
    else if (event.key.toLowerCase() === "e") this.erase(!this.erasing);
    else if (undone) this.undo();
    else return;
    this.showBrush();
    event.preventDefault();
    event.stopPropagation(); // the page has keys of its own
  }

  step([right, down], painting) {
    const [width, height] = this.data.size;
    const far = Math.max(1, 2 * STEP * this.reach);
    const from = this.at;
    this.at = [
      Math.min(width, Math.max(0, from[0] + right * far)),
      Math.min(height, Math.max(0, from[1] + down * far)),
    ];
    if (painting) this.stroke(() => this.sweep(from, this.at));
  }

  /* What is seen */

  show() {
    this.paint();
    this.showBrush();
    const count = this.marked.reduce((sum, each) => sum + each, 0);
    const share = (100 * count) / this.marked.length;
    const said = share && share < 1 ? "less than 1" : Math.round(share);
    this.find(".status").textContent = count
      ? `${said} % of the picture is marked.`
      : "Paint over what shows the class, with the mouse, a finger, or Space.";
    this.find(".frame").setAttribute("aria-label", `The picture, ${said} % marked. ${this.find(".keys").textContent}`);
    this.find(".undo").disabled = !this.before.length;
    this.find(".clear").disabled = !count;
  }

  /** Inside clear, outside darkened, with a border of two tones. */
  paint() {
    const [width, height] = this.data.size;
    const image = new ImageData(width, height);
    const any = this.marked.includes(1);
    const at = (row, column) =>
      row >= 0 && row < height && column >= 0 && column < width ? this.marked[row * width + column] : null;
    for (let row = 0, place = 0; any && row < height; row++) {
      for (let column = 0; column < width; column++, place++) {
        const own = this.marked[place];
        const other = 1 - own;
        const border =
          at(row - 1, column) === other ||
          at(row + 1, column) === other ||
          at(row, column - 1) === other ||
          at(row, column + 1) === other;
        if (border) image.data.set(own ? [255, 255, 255, 255] : [0, 0, 0, 200], 4 * place);
        else if (!own) image.data.set([12, 12, 16, 140], 4 * place);
      }
    }
    this.find(".marked").getContext("2d").putImageData(image, 0, 0);
  }

  showBrush(pointed = false) {
    const frame = this.find(".frame");
    const brush = this.find(".brush");
    brush.hidden = !pointed && !frame.matches(":focus-visible, :hover");
    const [width, height] = this.data.size;
    brush.style.left = `${(100 * this.at[0]) / width}%`;
    brush.style.top = `${(100 * this.at[1]) / height}%`;
    brush.style.width = `${(200 * this.reach) / width}%`;
    brush.style.aspectRatio = "1";
  }
}

/* Helpers without state */

/** A mask as the lengths of its runs in reading order, the first of what is not marked. */
function runsOf(marked) {
  const runs = [];
  let [length, own] = [0, 0];
  for (const each of marked) {
    if (each !== own) {
      runs.push(length);
      [length, own] = [0, each];
    }
    length += 1;
  }
  return [...runs, length];
}

function markedBy(runs, count) {
  const marked = new Uint8Array(count);
  let place = 0;
  runs.forEach((length, number) => {
    marked.fill(number % 2, place, place + length);
    place += length;
  });
  return marked;
}
