/**
 * Attribution maps side by side: a row a class, a column a method. Or a wall: groups of maps, each map under a
 * title of its own that can be clicked.
 *
 * Streamlit calls the default export again, with the same DOM, at every new `data` and at every change of
 * theme. What must outlive an update (zoom, cross-hair, decoded maps) sits in one HeatmapGrid per DOM.
 *
 * Positions are fractions of the picture: (0, 0) its upper left corner, (1, 1) its lower right one. `view`
 * is the square {x, y, size} in sight, the same for all maps, whatever their resolution.
 */

const HINT = "Point at a map for its values · drag a box to zoom all maps";
const KEYS_HINT = "Arrow keys go from map to map · Enter goes into one · + and − zoom";
const INSIDE_HINT = "Arrow keys move the cross-hair · + and − zoom · Escape goes back to the maps";
const SMALLEST_VIEW = 1 / 64;
const CLICK_SLACK = 5; // pixels a hand moves in a click that was not meant as a drag
const COARSE = 112; // maps narrower than this are interpolated by value, see `tint`
const FINE = 224;
const PART = " · "; // between what is said of a row
const STAGE_GAP = 24; // pixels between maps on stage
const STAGE_LEAST = 160; // pixels: narrower maps scroll
const STAGE_SMALLEST = 18; // pixels of a title that would not fit otherwise
const STAGE_TITLE = 1.25; // a title's size, as a share of the heading's
const CONFIDENCE = 1.96; // standard errors on either side: 95 %
const LEVELS = 255; // colours on either side of zero

export default function heatmapGrid({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".heatmap-grid");
  return draw(root, HeatmapGrid, (grid) => grid.update(data, setTriggerValue));
}

class HeatmapGrid {
  constructor(root) {
    this.root = root;
    this.view = { x: 0, y: 0, size: 1 };
    this.cross = null; // {x, y} under the pointer
    this.drag = null; // {map, x, y, box}, in fractions of the map on screen
    this.decoded = new Map(); // content hash -> promise of the pixels
    this.cells = [];
    this.inside = null; // the cell whose cross-hair the arrow keys move
    this.byKey = false; // whether a map or title shows that it has the focus
    this.turn = 0;
    this.stop = new OneStop(root);
    root.addEventListener("focusin", (event) => this.told(event.target.matches(":focus-visible")));
    root.addEventListener("focusout", () => this.told(false));

    this.find(".reset").onclick = () => this.zoom(null);
    this.find(".body").onscroll = (event) => {
      this.find(".columns-window").scrollLeft = event.target.scrollLeft;
    };
    this.resizes = new ResizeObserver(() => this.fit());
    this.resizes.observe(root);

    this.film = null; // {shots, shown, timer, name}, where there is one
    this.find(".play").onclick = () => this.play(!this.film.timer);
    this.find(".scrubber").oninput = (event) => this.show(Number(event.target.value), true);
    // From the stage's strip: "toggle", or so many pictures on.
    this.remote = ({ detail }) => this.film && (detail === "toggle" ? this.play(!this.film.timer) : this.turnBy(detail));
    addEventListener("stage-film", this.remote);
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  close() {
    this.turn += 1; // whatever is still being decoded comes too late
    this.play(false);
    removeEventListener("stage-film", this.remote);
    this.resizes.disconnect();
  }

  /** Show `data`. The page keeps the old maps until all new ones are decoded, then changes at once. */
  async update(data, send) {
    const turn = ++this.turn;
    this.send = send;
    const shots = data.film?.shots ?? [];
    const maps = (cells) => cells.map((cell) => cell.map);
    const wanted = [data.picture, ...maps(data.cells), ...shots.flatMap(({ picture, cells }) => [picture, ...maps(cells)])];
    const own = data.cells.map((cell) => cell.picture);
    wanted.push(...own);
    const pixels = await Promise.all(wanted.map((packed) => this.decode(packed)));
    if (turn !== this.turn) return; // a newer update was faster, or is on its way
    const ids = new Set(wanted.map((packed) => packed?.id));
    for (const id of this.decoded.keys()) if (!ids.has(id)) this.decoded.delete(id);

    this.style(data, pixels[0]);
    this.arrange(data);
    data.cells.forEach((cell, i) => this.fill(cell, pixels[1 + i]));
    const beneath = pixels.slice(pixels.length - own.length);
    data.cells.forEach(({ row, column }, i) => this.lay(this.cells[row][column], own[i], beneath[i]));
    await this.load(data);
    this.fit();
  }

  /** Put a square's own picture beneath its map, where it is not the grid's. */
  lay(cell, packed, picture) {
    const under = packed && this.ground ? `${packed.id} ${this.theme}` : null;
    if (under === cell.under) return;
    cell.under = under;
    cell.ground = under && picture ? greyPicture(picture, this.palette) : null;
  }

  decode(packed) {
    if (!packed) return null;
    if (!this.decoded.has(packed.id)) {
      const pixels = unpack(packed).catch((error) => {
        console.error("heatmap_grid: a map could not be decoded", error);
        return null;
      });
      this.decoded.set(packed.id, pixels);
    }
    return this.decoded.get(packed.id);
  }

  /** What all maps have in common: colours, the grey picture, the shape of the squares. */
  style(data, picture) {
    this.theme = isDark(backgroundOf(this.root)) ? "dark" : "light";
    const overlay = data.overlay && picture !== null;
    this.smooth = data.smooth;
    this.signed = data.colours.signed;
    this.look = [this.theme, overlay, data.opacity, data.smooth, data.colours.name].join();
    // Over the picture the colour stays and its opacity grows. The picture itself is softened, so that the
    // colours stay visible over its blacks and whites.
    const palette = data.colours[this.theme];
    this.colours = overlay ? overColours(palette, data.opacity) : plainColours(palette);
    const under = overlay ? `${data.picture.id} ${this.theme}` : null;
    if (under !== this.under) {
      this.under = under;
      this.ground = under && greyPicture(picture, palette);
    }
    this.grey = this.ground; // until a film shows another
    const shape = (data.picture ?? data.cells.find((cell) => cell.map)?.map)?.shape ?? [1, 1];
    this.root.style.setProperty("--aspect", `${shape[1]} / ${shape[0]}`);
    const header = document.querySelector('[data-testid="stHeader"]');
    this.root.style.setProperty("--covered", `${header?.offsetHeight ?? 0}px`);
    const { color, fontFamily } = getComputedStyle(this.root);
    this.palette = palette;
    this.bars = { color, fontFamily, palette };
    this.aspect = shape[1] / shape[0];
    this.stage = typeof data.stage === "string";
    this.root.classList.toggle("stage", this.stage);
    this.find(".heading").textContent = data.stage ?? "";
    this.ramp = rampOf(this.colours, this.signed);
  }

  /** Build the squares unless they exist: a new map must not lose focus or scroll position. */
  arrange({ rows, columns, cells, wall }) {
    const squares = rows.map((_, r) => (wall ? cells.filter(({ row }) => row === r) : columns));
    const titles = wall && squares.map((line) => line.map(({ title, help }) => [title, help]));
    const labels = JSON.stringify([rows, columns, this.stage, titles]);
    if (labels === this.labels) return;
    this.find(".help").hidePopover();
    const hadFocus = this.root.contains(this.root.getRootNode().activeElement);
    this.labels = labels;
    this.root.style.setProperty("--columns", columns.length);
    this.root.classList.toggle("wall", Boolean(wall));
    this.find(".columns").replaceChildren(...columns.map((column) => this.columnLabel(column)));
    const body = this.find(".rows");
    body.replaceChildren();
    this.drag = this.inside = null;
    this.cells = rows.map((row, r) => {
      const label = element("div", r ? "row-label" : "row-label first", element("span", "", row));
      const line = withRole("row", element("div", "line", withRole("rowheader", label)));
      body.append(line);
      return squares[r].map(({ label, title, help }, c) => {
        const cell = this.buildCell(row, wall ? title : label, wall);
        if (wall) cell.title.append(this.titleButton(title, help, () => this.send("chosen", [r, c])));
        // On stage a map stands under its own title: what it does not have in common with the others.
        if (this.stage) cell.title.append(...stageTitle(row, label, rows, columns));
        line.append(withRole("gridcell", element("div", "line", cell.figure)));
        return cell;
      });
    });
    // The titles that tell more, and below them the maps; the maps come first.
    const maps = this.cells.map((line) => line.map(({ map }) => map));
    const buttons = this.cells.map((line) => line.map(({ title }) => title.firstElementChild));
    const above = [...this.find(".columns").children].map((each) => each.firstElementChild ?? null);
    const heads = above.length && above.every(Boolean) ? [above] : [];
    const lines = wall ? maps.flatMap((line, r) => [buttons[r], line]) : [...heads, ...maps];
    this.stop.update(lines, [wall ? 1 : heads.length, 0]);
    if (hadFocus) this.stop.elementAt(this.stop.place)?.focus();
  }

  columnLabel({ label, help }) {
    return element("div", "column", help ? this.titleButton(label, help) : label);
  }

  /** A title that tells more when it is pointed at. */
  titleButton(label, help, click = null) {
    const button = element("button", "", label);
    const bubble = this.find(".help");
    const show = () => {
      bubble.textContent = help;
      if (!bubble.matches(":popover-open")) bubble.showPopover();
      const { left, bottom } = button.getBoundingClientRect();
      bubble.style.left = `${Math.max(4, Math.min(left, innerWidth - bubble.offsetWidth - 8))}px`;
      bubble.style.top = `${bottom + 6}px`;
    };
    const hide = () => bubble.hidePopover();
    button.type = "button";
    button.setAttribute("aria-description", help);
    Object.assign(button, { onpointerenter: show, onfocus: show, onpointerleave: hide, onblur: hide });
    if (click) button.onclick = click;
    // A handler that returns false takes the key from the page.
    button.onkeydown = (event) => {
      if (event.key === "Escape") hide();
    };
    return button;
  }

  buildCell(row, column, wall) {
    const cell = { row, column, name: wall ? column : `${column} for ${row}`, pixels: null };
    const make = (name, tag, ...children) => (cell[name] = element(tag, name, ...children));
    cell.crossX = element("div", "cross x");
    cell.crossY = element("div", "cross y");
    make("canvas", "canvas");
    make("notice", "p");
    make("box", "div");
    make("value", "output");
    make("progress", "div", element("i", ""));
    make("laser", "div");
    make("title", "div");
    const { canvas, notice, crossX, crossY, laser, box, value, progress } = cell;
    make("map", "div", canvas, notice, crossX, crossY, laser, box, value, progress);
    for (const name of ["low", "unit", "high"]) make(name, "span");
    make("tick", "div");
    make("ramp", "div", cell.tick);
    make("scale", "div", cell.ramp, element("div", "numbers", cell.low, cell.unit, cell.high));
    make("caption", "figcaption");
    cell.figure = element("figure", "cell", cell.title, cell.map, cell.scale, cell.caption);
    cell.map.setAttribute("role", "img");
    this.listen(cell.map, cell);
    this.fill({ caption: [], status: "unavailable", message: "" }, null, cell);
    return cell;
  }

  /** Update one square. */
  fill(news, pixels, cell = this.cells[news.row]?.[news.column]) {
    if (!cell) return;
    const { status, message, caption, progress } = news;
    const ended = status === "failed" || status === "unavailable";
    cell.pixels = ended ? null : pixels;
    cell.bars = ended ? null : news.bars;
    cell.id = news.map?.id;
    cell.limit = news.limit;
    // Without a map the message is shown instead, and on a map that is done, but blank; else it is the caption's first line.
    const broken = news.map && !pixels ? "This map could not be read." : "";
    cell.notice.textContent = cell.pixels && status !== "done" ? "" : broken || message;
    const first = cell.pixels && status !== "done" && message ? [message] : [];
    const lines = [...first, ...caption];
    cell.caption.replaceChildren(...lines.map((line) => element("div", "", line)));

    const waiting = !ended && !cell.pixels && !cell.bars;
    cell.map.className = `map ${status}`;
    cell.map.classList.toggle("waiting", waiting);
    cell.map.classList.toggle("blank", status === "done" && Boolean(message));
    cell.map.classList.toggle("quiet", status === "unavailable" || status === "cancelled");
    cell.map.classList.toggle("empty", !cell.pixels);
    cell.map.classList.toggle("bars", Boolean(cell.bars));
    cell.map.setAttribute("aria-busy", String(status === "running" || status === "queued"));
    const words = [cell.notice.textContent || (status === "done" ? "" : status), ...lines, news.spoken];
    const label = `${cell.name}: ${words.filter(Boolean).join(". ")}`;
    cell.map.setAttribute("aria-label", label.replace(/: $/, ""));

    const known = typeof progress === "number";
    cell.progress.hidden = status !== "running";
    cell.progress.classList.toggle("unknown", !known);
    cell.progress.firstChild.style.width = `${known ? 100 * progress : 0}%`;

    cell.scale.classList.toggle("void", !cell.pixels);
    if (cell.pixels) {
      cell.low.textContent = this.signed ? signed(-cell.limit) : "0";
      cell.unit.textContent = cell.unit.title = news.unit;
      cell.high.textContent = this.signed ? signed(cell.limit) : signed(cell.limit).slice(1);
      cell.ramp.style.background = this.ramp;
    }
  }

  /* A film: pictures of the same squares, one after the other. What is computed so far can be looked through. */

  async load({ film, picture, overlay }) {
    this.find(".film").hidden = !film;
    if (!film) {
      this.play(false);
      this.film = null;
      return;
    }
    const before = this.film;
    const again = before?.name === film.name;
    if (!again) this.play(false);
    this.film = again ? before : { shown: 0, timer: 0, played: false, shots: [] };
    if (!again) this.play(false); // says what its button does
    const shots = film.shots.map(async (shot) => ({
      ...shot,
      grey: overlay && shot.picture && greyPicture(await this.decode(shot.picture), this.palette),
      pixels: await Promise.all(shot.cells.map((cell) => this.decode(cell.map))),
    }));
    Object.assign(this.film, { ...film, shots: await Promise.all(shots) });
    const { complete, played } = this.film;
    this.find(".scrubber").max = this.film.shots.length - 1;
    this.show(this.film.shown, false);
    if (complete && !played) {
      this.film.played = true;
      this.film.shown = 0;
      this.play(true);
    }
  }

  /** Show a picture of the film; by hand, which stops it. */
  show(number, byHand) {
    const { film } = this;
    if (byHand) this.play(false);
    film.shown = Math.max(0, Math.min(film.shots.length - 1, number));
    const shot = film.shots[film.shown];
    const waiting = film.complete ? "" : ` · ${film.shots.length} of ${film.planned} computed`;
    this.find(".scrubber").value = film.shown;
    this.find(".scrubber").setAttribute("aria-valuetext", shot?.label ?? "");
    this.find(".shot").textContent = `${shot?.label ?? ""}${waiting}`;
    if (!shot) return;
    this.grey = shot.grey || this.ground;
    shot.cells.forEach((cell, i) => this.fill(cell, shot.pixels[i]));
    this.paint();
  }

  turnBy(steps) {
    this.show(this.film.shown + steps, true);
  }

  play(on) {
    const { film } = this;
    if (!film) return;
    clearInterval(film.timer);
    film.timer = 0;
    if (on && film.shots.length > 1) {
      if (film.shown === film.shots.length - 1) this.show(0, false);
      film.timer = setInterval(() => {
        this.show(film.shown + 1, false);
        if (film.shown === film.shots.length - 1) this.play(false);
      }, film.milliseconds);
    }
    const button = this.find(".play");
    button.textContent = film.timer ? "❚❚" : "▶";
    button.setAttribute("aria-label", film.timer ? "Pause" : "Play");
  }

  /* Painting */

  /** On stage, make the maps as large as the screen allows; then draw them. */
  fit() {
    if (this.stage && this.cells.length) {
      const { style } = this.root;
      const heading = parseFloat(getComputedStyle(this.find(".heading")).fontSize);
      let title = STAGE_TITLE * heading;
      let best;
      // The second time with the titles' true size.
      for (let turn = 0; turn < 2; turn++) {
        best = this.largest(title);
        title = Math.max(STAGE_SMALLEST, Math.min(title, this.titleIn(best.width)));
      }
      style.setProperty("--columns", best.across);
      style.setProperty("--width", `${Math.floor(best.width)}px`);
      style.setProperty("--title", `${title}px`);
    }
    this.paint();
  }

  /** How many maps stand side by side, and how wide, under titles of a size in pixels. */
  largest(title) {
    const [rows, columns] = [this.cells.length, this.cells[0].length];
    const body = this.find(".body");
    const [cell] = this.cells[0];
    const lines = cell.title.childElementCount;
    const around = 1.3 * title * lines + cell.scale.offsetHeight + STAGE_GAP / 2;
    // One row or column may wrap; of several columns, as many rows stand in a line as leave no line shorter.
    const count = rows * columns;
    const several = rows > 1 && columns > 1;
    const all = [...Array(count).keys()].map((i) => i + 1);
    const offered = several ? all.filter((across) => across % columns === 0 && count % across === 0) : all;
    const sizes = offered.map((across) => {
      const wide = (body.clientWidth - 8 - STAGE_GAP * (across - 1)) / across;
      const high = body.clientHeight / Math.ceil(count / across) - around;
      return { across, width: Math.max(STAGE_LEAST, Math.min(wide, high * this.aspect)) };
    });
    return sizes.reduce((best, each) => (each.width > best.width + 1 ? each : best));
  }

  /** The size in pixels at which the longest title just fits a width. */
  titleIn(width) {
    const context = document.createElement("canvas").getContext("2d");
    context.font = `600 100px ${getComputedStyle(this.root).fontFamily}`;
    const parts = this.cells.flat().flatMap(({ title }) => [...title.children]);
    const longest = Math.max(...parts.map((part) => context.measureText(part.textContent).width));
    return (100 * width) / Math.max(1, longest);
  }

  /** Draw all squares; at most once per frame of the screen. */
  paint() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      const zoomed = this.view.size < 1;
      this.find(".reset").hidden = !zoomed;
      this.hint();
      for (const cell of this.cells.flat()) this.paintCell(cell);
      this.point();
    });
  }

  /** What can be done here, or how far the maps are zoomed. */
  hint() {
    const zoomed = `Zoomed ${(1 / this.view.size).toFixed(1)}× in all maps`;
    const said = this.inside ? INSIDE_HINT : this.byKey ? KEYS_HINT : this.view.size < 1 ? zoomed : HINT;
    this.find(".hint").textContent = said;
  }

  /** Whether it is the keyboard that moves about. */
  told(byKey) {
    this.byKey = byKey;
    this.hint();
  }

  paintCell(cell) {
    const { canvas, map } = cell;
    const width = Math.round(map.clientWidth * devicePixelRatio);
    const height = Math.round(map.clientHeight * devicePixelRatio);
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, width, height);
    const draw = (image, smooth) => {
      const source = [this.view.x * image.width, this.view.y * image.height];
      source.push(this.view.size * image.width, this.view.size * image.height);
      context.imageSmoothingEnabled = smooth || source[2] > width; // never drop pixels
      context.imageSmoothingQuality = "high";
      context.drawImage(image, ...source, 0, 0, width, height);
    };
    const ended = map.classList.contains("failed") || map.classList.contains("unavailable");
    const grey = cell.ground ?? this.grey;
    if (grey && !ended && !cell.bars) draw(grey, true);
    if (cell.bars) return drawBars(context, width, height, cell.bars, this.bars);
    if (!cell.pixels) return;
    const tinted = [cell.id, cell.limit, this.look].join();
    if (cell.tinted !== tinted) {
      cell.tinted = tinted;
      cell.tint = tint(cell.pixels, cell.limit, this.colours, this.smooth);
    }
    draw(cell.tint, this.smooth);
  }

  /** Cross-hair, values and the box being drawn: plain elements over the canvas, nothing is repainted. */
  point() {
    const { view, cross, drag } = this;
    const box = drag?.box;
    for (const cell of this.cells.flat()) {
      const onScreen = (axis) => (cross[axis] - view[axis]) / view.size;
      const at = cross && cell.pixels && { x: onScreen("x"), y: onScreen("y") };
      const seen = at && at.x >= 0 && at.x <= 1 && at.y >= 0 && at.y <= 1;
      for (const part of ["crossX", "crossY", "laser", "value", "tick"]) cell[part].hidden = !seen;
      if (seen) {
        cell.crossX.style.left = `${100 * at.x}%`;
        cell.crossY.style.top = `${100 * at.y}%`;
        Object.assign(cell.laser.style, { left: `${100 * at.x}%`, top: `${100 * at.y}%` });
        const { value, digits } = valueAt(cell.pixels, cross);
        cell.value.textContent = signed(value, digits);
        // Beside the cross, on the side that has room.
        const [right, below] = [at.x < 0.55, at.y < 0.2];
        cell.value.style.left = right ? `calc(${100 * at.x}% + 7px)` : "auto";
        cell.value.style.right = right ? "auto" : `calc(${100 - 100 * at.x}% + 6px)`;
        cell.value.style.top = below ? `calc(${100 * at.y}% + 7px)` : "auto";
        cell.value.style.bottom = below ? "auto" : `calc(${100 - 100 * at.y}% + 6px)`;
        const share = cell.limit > 0 ? Math.max(-1, Math.min(1, value / cell.limit)) : 0;
        cell.tick.style.left = `${this.signed ? 50 + 50 * share : 100 * Math.abs(share)}%`;
      }
      cell.box.hidden = !box || !cell.pixels;
      if (!box) continue;
      const [left, top, size] = [box.x, box.y, box.size].map((share) => `${100 * share}%`);
      Object.assign(cell.box.style, { left, top, width: size, height: size });
    }
  }

  /* Zoom and cross-hair */

  /** Zoom to the square `view`, moved inside the picture; null for the whole picture. */
  zoom(view) {
    const size = Math.min(1, Math.max(SMALLEST_VIEW, view?.size ?? 1));
    const inside = (start) => Math.min(1 - size, Math.max(0, start));
    this.view = { x: inside(view?.x ?? 0), y: inside(view?.y ?? 0), size };
    this.paint();
  }

  zoomAbout({ x, y }, factor) {
    const size = Math.min(1, Math.max(SMALLEST_VIEW, this.view.size / factor));
    const share = size / this.view.size;
    this.zoom({ x: x - (x - this.view.x) * share, y: y - (y - this.view.y) * share, size });
  }

  listen(map, cell) {
    const place = (event) => {
      const { left, top, width, height } = map.getBoundingClientRect();
      const clamp = (share) => Math.min(1, Math.max(0, share));
      return { x: clamp((event.clientX - left) / width), y: clamp((event.clientY - top) / height) };
    };
    const follow = (event) => {
      const { x, y } = place(event);
      const { view } = this;
      this.cross = { x: view.x + x * view.size, y: view.y + y * view.size };
      this.point();
    };
    map.onpointermove = (event) => {
      if (this.drag?.map === map) {
        const { clientX, clientY } = this.drag;
        const far = Math.hypot(event.clientX - clientX, event.clientY - clientY) > CLICK_SLACK;
        if (far) this.drag.box = squareBetween(this.drag, place(event));
      }
      follow(event);
    };
    map.onpointerdown = (event) => {
      follow(event);
      // A finger scrolls the page; its tap shows the values.
      if (event.button !== 0 || event.pointerType === "touch" || !cell.pixels) return;
      map.setPointerCapture(event.pointerId);
      this.drag = { map, ...place(event), clientX: event.clientX, clientY: event.clientY };
    };
    map.onpointerup = () => {
      if (this.stage) map.blur(); // its keys are the stage's, unless the Tab key led here
      const box = this.drag?.box;
      this.drag = null;
      if (!box || box.size < 0.02) return this.point();
      const { x, y, size } = this.view;
      this.zoom({ x: x + box.x * size, y: y + box.y * size, size: box.size * size });
    };
    map.onpointercancel = () => this.forget();
    map.onpointerleave = (event) => {
      if (event.pointerType !== "touch") this.forget();
    };
    map.onblur = () => this.forget();
    map.ondblclick = () => this.zoom(null);
    map.onkeydown = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (this.key(event.key, cell)) event.preventDefault();
    };
  }

  forget() {
    this.cross = null;
    this.drag = null;
    this.inside = null;
    this.point();
    this.hint();
  }

  /** Handle `key`; false for keys that belong to the page. */
  key(key, cell) {
    const { view } = this;
    const centre = { x: view.x + view.size / 2, y: view.y + view.size / 2 };
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (key === "Escape" && this.drag) {
      this.drag = null;
      this.point();
    } else if (key === "Escape" && this.inside) {
      this.forget();
      this.say("Back to the maps.");
    } else if (key === "Enter" && !this.inside && cell.pixels) {
      this.inside = cell;
      this.moveCross(cell, this.cross ?? centre);
      this.hint();
    } else if (key === "Escape" || key === "0") {
      if (key === "Escape" && view.size === 1) return false;
      this.zoom(null);
    } else if (key === "+" || key === "=") {
      this.zoomAbout(this.cross ?? centre, 1.5);
    } else if (key === "-" || key === "_") {
      this.zoomAbout(this.cross ?? centre, 1 / 1.5);
    } else if (moves[key] && this.inside) {
      // One unit of a coarse map; some pixels of a fine one, or the way would be long.
      const step = (axis, units) => moves[key][axis] * Math.max(1 / units, view.size / 40);
      const clamp = (share) => Math.min(1 - 1e-9, Math.max(0, share));
      const { width, height } = cell.pixels;
      const { x, y } = this.cross ?? centre;
      this.moveCross(cell, { x: clamp(x + step(0, width)), y: clamp(y + step(1, height)) });
    } else {
      return false;
    }
    return true;
  }

  /** The cross-hair to a place, which stays in sight; the value there is said. */
  moveCross(cell, place) {
    const { view } = this;
    this.cross = place;
    const follow = (axis) => Math.min(place[axis], Math.max(place[axis] - view.size, view[axis]));
    this.zoom({ x: follow("x"), y: follow("y"), size: view.size });
    const { value, digits, column, row } = valueAt(cell.pixels, place);
    this.say(`${signed(value, digits)} at column ${column + 1}, row ${row + 1}`);
  }

  /** To people who listen instead of looking. */
  say(text) {
    this.find(".live").textContent = text;
  }
}

/* Helpers without state */

/** The lines above a map on stage. A row's name goes on after " · " where something is pinned beside it. */
function stageTitle(row, column, rows, columns) {
  const [several, alone] = [rows.length > 1, columns.length === 1];
  const [name, ...rest] = row.split(PART);
  const state = rows.some((each) => each.includes(PART)) ? rest.join(PART) || "now" : "";
  const below = [state, several && !alone ? column : ""].filter(Boolean).join(PART);
  const lines = [element("b", "", several || alone ? name : column)];
  return below ? [...lines, element("span", "", below)] : lines;
}

function withRole(role, node) {
  node.setAttribute("role", role);
  return node;
}

/** Values with 95 % intervals as horizontal bars, in the order given: [[name, value, standard error or null], …]. */
function drawBars(context, width, height, { bars, limit }, { color, fontFamily, palette }) {
  const [positive, negative] = [palette.positive_over, palette.negative_over].map((rgb) => `rgb(${rgb.join()})`);
  const line = height / bars.length;
  const size = Math.min(0.6 * line, 0.045 * width);
  const left = 0.24 * width;
  const zero = left + (width - left) / 2;
  const along = (value) => zero + ((width - left) / 2) * Math.max(-1, Math.min(1, value / limit)) * 0.96;
  context.font = `${size}px ${fontFamily}`;
  context.textBaseline = "middle";
  context.textAlign = "right";
  bars.forEach(([name, value, error], i) => {
    const middle = (i + 0.5) * line;
    context.fillStyle = color;
    context.fillText(name, left - 0.02 * width, middle);
    context.fillStyle = value < 0 ? negative : positive;
    context.fillRect(Math.min(zero, along(value)), middle - 0.3 * line, Math.abs(along(value) - zero), 0.6 * line);
    if (error === null) return;
    const [low, high] = [along(value - CONFIDENCE * error), along(value + CONFIDENCE * error)];
    context.fillStyle = color;
    const thick = Math.max(2, 0.004 * width);
    context.fillRect(low, middle - thick / 2, Math.max(thick, high - low), thick);
    for (const end of [low, high]) context.fillRect(end - thick / 2, middle - 0.22 * line, thick, 0.44 * line);
  });
  context.fillStyle = color;
  context.fillRect(zero - 0.5, 0, 1, height);
}

/** base64 of deflated bytes -> {levels, scale, width, height}; a level times the scale is a value. */
async function unpack({ data, shape: [height, width], scale, kind }) {
  const letters = atob(data);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i); // Uint8Array.from is ten times slower
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const buffer = await new Response(stream).arrayBuffer();
  const levels = kind === "uint8" ? new Uint8Array(buffer) : new Int16Array(buffer);
  if (levels.length !== width * height) throw new Error(`not ${width} × ${height} pixels`);
  return { levels, scale, width, height };
}

/** The map's own value there, and how many of its digits survived the 16 bits. */
function valueAt({ levels, scale, width, height }, { x, y }) {
  const column = Math.min(width - 1, Math.floor(x * width));
  const row = Math.min(height - 1, Math.floor(y * height));
  const level = levels[row * width + column];
  const digits = Math.min(3, Math.max(1, Math.floor(Math.log10(Math.abs(level) || 1))));
  return { value: level * scale, digits, column, row };
}

/** The largest square that a drag spans and that stays inside the map, from its first corner. */
function squareBetween(from, to) {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const room = (start, step) => (step < 0 ? start : 1 - start);
  const size = Math.min(Math.max(Math.abs(dx), Math.abs(dy)), room(from.x, dx), room(from.y, dy));
  return { x: dx < 0 ? from.x - size : from.x, y: dy < 0 ? from.y - size : from.y, size };
}

/* Colours: RGBA for the shares -1 ... 0 ... +1 of the limit, 2 * LEVELS + 1 of them */

function coloursFrom(colourOf) {
  const colours = new Uint8ClampedArray(4 * (2 * LEVELS + 1));
  for (let i = -LEVELS; i <= LEVELS; i++) colours.set(colourOf(i / LEVELS), 4 * (i + LEVELS));
  return colours;
}

function overColours({ positive_over, negative_over }, opacity) {
  return coloursFrom((share) => [...(share < 0 ? negative_over : positive_over), 255 * opacity * Math.abs(share)]);
}

function plainColours({ ground, positive, negative }) {
  return coloursFrom((share) => {
    const stops = [ground, ...(share < 0 ? negative : positive)];
    const height = Math.abs(share) * (stops.length - 1);
    const stop = Math.min(stops.length - 2, Math.floor(height));
    const [low, high, along] = [stops[stop], stops[stop + 1], height - stop];
    return [...low.map((channel, i) => channel + along * (high[i] - channel)), 255];
  });
}

/** From limit to limit; of a scale without signs from 0 on. */
function rampOf(colours, signed) {
  const stops = [];
  for (let i = 0; i <= 8; i++) {
    const share = signed ? i / 8 : 0.5 + i / 16;
    const [red, green, blue, alpha] = colours.slice(4 * Math.round(share * 2 * LEVELS));
    stops.push(`rgb(${red} ${green} ${blue} / ${alpha / 255})`);
  }
  return `linear-gradient(to right, ${stops.join(", ")})`;
}

function canvasOf(width, height, paintInto) {
  const canvas = element("canvas", "");
  Object.assign(canvas, { width, height });
  const image = new ImageData(width, height);
  paintInto(image.data);
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

function greyPicture({ levels, width, height }, { darkest, contrast }) {
  return canvasOf(width, height, (rgba) => {
    levels.forEach((level, i) => rgba.fill(darkest + contrast * level, 4 * i, 4 * i + 3).fill(255, 4 * i + 3, 4 * i + 4));
  });
}

/**
 * A map in colours, at its own resolution. A coarse map that is to look smooth is interpolated here, as
 * numbers: between two colours lies zero, while blending the colours themselves would give a third one.
 */
function tint(pixels, limit, colours, smooth) {
  const { levels, width, height } = smooth && pixels.width < COARSE ? enlarge(pixels) : pixels;
  const factor = limit > 0 ? (pixels.scale / limit) * LEVELS : 0;
  const words = new Uint32Array(colours.buffer);
  return canvasOf(width, height, (rgba) => {
    const out = new Uint32Array(rgba.buffer);
    for (let i = 0; i < out.length; i++) {
      const share = Math.round(levels[i] * factor);
      out[i] = words[LEVELS + Math.min(LEVELS, Math.max(-LEVELS, share))];
    }
  });
}

/** Bilinear, pixel centres on pixel centres, as image resizing elsewhere in the app. */
function enlarge({ levels, width, height }) {
  const wide = FINE;
  const high = Math.round((FINE * height) / width);
  const large = new Float32Array(wide * high);
  const weigh = (i, from, to) => {
    const source = Math.min(from - 1, Math.max(0, ((i + 0.5) * from) / to - 0.5));
    const low = Math.floor(source);
    return [low, Math.min(from - 1, low + 1), source - low];
  };
  for (let y = 0; y < high; y++) {
    const [top, bottom, down] = weigh(y, height, high);
    for (let x = 0; x < wide; x++) {
      const [left, right, along] = weigh(x, width, wide);
      const row = (r) => (1 - along) * levels[r * width + left] + along * levels[r * width + right];
      large[y * wide + x] = (1 - down) * row(top) + down * row(bottom);
    }
  }
  return { levels: large, width: wide, height: high };
}
