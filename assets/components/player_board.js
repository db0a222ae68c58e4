/**
 * The game played by hand: superpixels that are taken out of a picture, and a list of them with their values.
 *
 * Streamlit calls the default export again, with the same DOM, at every new `data` and at every change of
 * theme; one PlayerBoard per DOM outlives that.
 *
 * Who is absent is known by the server, but a click counts at once: it goes into `pending` with a revision
 * of its own, and all of `pending` goes to the server. The server's `absent` contains the clicks up to its
 * `revision`; younger ones are applied on top, so that an answer that is late never undoes a click.
 */

const CONFIDENCE = 1.96; // standard errors on either side: 95 %
const BY_NUMBER = -1;

let count = 0;

export default function playerBoard({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".player-board");
  return draw(root, PlayerBoard, (board) => board.update(data, setStateValue));
}

class PlayerBoard {
  constructor(root) {
    this.root = root;
    this.revision = 0;
    this.pending = []; // [revision, player, absent]
    this.absent = new Set();
    this.paths = [];
    this.rows = [];
    this.hovered = null; // {player, part}: part is "picture" or "list"
    this.focused = null;

    // Ids are shared by all boards of a page.
    const id = `player-board-${(count += 1)}`;
    root.querySelector("clipPath").id = `${id}-removed`;
    this.find(".hatch").id = `${id}-hatch`;
    this.find(".covered").setAttribute("clip-path", `url(#${id}-removed)`);
    this.find(".hatched").setAttribute("fill", `url(#${id}-hatch)`);

    this.pairStop = new OneStop(this.find(".left")); // an SVG that listens for focus is a stop of the Tab key;
    this.listen(this.find(".stage"), "path[data-player]", "picture");
    this.listen(this.find("tbody"), "tr", "list");
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  update(data, send) {
    this.send = send;
    this.root.inert = Boolean(data.read_only); // out of the way of keys, too
    const { positive_over, negative_over } = data.colours[isDark(backgroundOf(this.root)) ? "dark" : "light"];
    this.root.style.setProperty("--positive", `rgb(${positive_over})`);
    this.root.style.setProperty("--negative", `rgb(${negative_over})`);
    if (data.board !== this.data?.board) {
      this.pending = [];
      this.hovered = this.focused = null;
    }
    if (this.data?.sort_by !== data.sort_by) this.order = { by: data.sort_by, up: false };
    const before = this.data;
    this.data = data;

    this.revision = Math.max(this.revision, data.revision);
    this.pending = this.pending.filter(([revision]) => revision > data.revision);
    this.absent = new Set(data.absent);
    for (const [, player, absent] of this.pending) setMember(this.absent, player, absent);

    if (before?.board !== data.board) this.buildPicture();
    this.fillPicture();
    const pairs = JSON.stringify(data.pairs);
    if (pairs !== this.shownPairs) this.drawPairs();
    this.shownPairs = pairs;
    const layout = JSON.stringify([data.outlines.length, data.methods.map(({ title }) => title)]);
    if (layout !== this.layout) this.buildList();
    this.layout = layout;
    this.fillList();
    this.sort();
    this.showAbsent();
    this.light();
  }

  /* The picture */

  buildPicture() {
    const paths = this.data.outlines.map((outline, player) => {
      const tabindex = player ? -1 : 0;
      return svgElement("path", { d: outline, "data-player": player, role: "checkbox", tabindex });
    });
    this.find(".segments").replaceChildren(...paths);
    this.paths = paths;
  }

  fillPicture() {
    const { size, grid, picture, reference } = this.data;
    const [width, height] = size;
    setAttributes(this.find(".stage"), { viewBox: `0 0 ${width} ${height}` });
    this.find(".stage").style.aspectRatio = `${width} / ${height}`;
    for (const part of [".picture", ".reference", ".hatched"]) setAttributes(this.find(part), { width, height });
    setAttributes(this.find(".picture"), { href: picture });
    if (reference) setAttributes(this.find(".reference"), { href: reference });
    this.find(".reference").toggleAttribute("hidden", !reference);
    this.find(".hatched").toggleAttribute("hidden", Boolean(reference));
    const unit = width / 36;
    setAttributes(this.find(".hatch"), { width: unit, height: unit });
    setAttributes(this.find(".hatch-ground"), { width: unit, height: unit });
    setAttributes(this.find(".hatch-line"), { width: unit / 4, height: unit });
    // Outlines are in units of the labels, which at an inner layer are far fewer than pixels.
    const transform = `scale(${width / grid[0]} ${height / grid[1]})`;
    for (const part of [".removed", ".segments", ".dim", ".halo", ".outline", ".pairs"]) {
      setAttributes(this.find(part), { transform });
    }
  }

  /* Pairs of players: a line each, which takes its two out */

  drawPairs() {
    const lines = this.data.pairs.map((pair) => {
      const [[x1, y1], [x2, y2]] = pair.ends;
      const d = `M${x1} ${y1}L${x2} ${y2}`;
      const width = 1.5 + 4 * Math.abs(pair.strength);
      const line = svgElement("g", {
        class: pair.strength < 0 ? "negative" : "",
        role: "button",
        "aria-label": `Players ${pair.players[0]} and ${pair.players[1]}: ${pair.said}; take both out`,
      });
      line.append(
        svgElement("path", { class: "rim", d, "stroke-width": width + 2.5 }),
        svgElement("path", { class: "line", d, "stroke-width": width }),
        svgElement("path", { class: "reach", d }),
      );
      const point = (pointed) => {
        this.pointed = pointed ? pair : null;
        this.showStatus();
      };
      line.onpointerenter = line.onfocus = () => point(true);
      line.onpointerleave = line.onblur = () => point(false);
      line.onclick = () => this.leaveOut(pair.players);
      line.onkeydown = (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        if (!event.repeat) this.leaveOut(pair.players);
      };
      return line;
    });
    this.pointed = null;
    this.find(".pairs").toggleAttribute("hidden", !lines.length);
    this.find(".pairs").replaceChildren(...lines);
    this.pairStop.update(lines.length ? [lines] : []);
  }

  /* The list */

  buildList() {
    const { methods, outlines } = this.data;
    this.find(".columns").classList.toggle("wide", methods.length > 2);
    this.find("table").style.setProperty("--methods", methods.length);
    const headers = [{ title: "Player" }, ...methods].map(({ title }, i) => this.header(title, i - 1));
    this.headers = headers;
    this.find("thead tr").replaceChildren(...headers.map(({ cell }) => cell));
    this.rows = outlines.map((_, player) => {
      const input = element("input", "");
      Object.assign(input, { type: "checkbox", tabIndex: -1 });
      const name = element("td", "", element("label", "", input, element("span", "", String(player))));
      const cells = methods.map(() => {
        const cell = { bar: element("div", "bar"), whisker: element("div", "whisker") };
        cell.number = element("span", "number");
        const plot = element("div", "plot", cell.bar, element("div", "zero"), cell.whisker);
        cell.td = element("td", "", element("div", "cell", plot, cell.number));
        return cell;
      });
      const row = element("tr", "", name, ...cells.map(({ td }) => td));
      row.dataset.player = player;
      return { row, input, cells };
    });
    this.shown = null;
    this.find("tbody").replaceChildren();
  }

  header(title, by) {
    const button = element("button", "", title);
    button.type = "button";
    button.onclick = () => {
      this.order = { by, up: this.order.by === by ? !this.order.up : by === BY_NUMBER };
      this.sort();
      this.find(".window").scrollTop = 0;
    };
    const scale = element("div", "scale");
    const axis = element("div", "axis", scale, element("span", "number"));
    const cell = element("th", "", button, axis);
    cell.scope = "col";
    return { cell, scale };
  }

  /** Bars, whiskers and numbers: all methods on one axis. */
  fillList() {
    const { methods } = this.data;
    const axis = axisOf(methods);
    const percent = (value) => 100 * ((value - axis.low) / (axis.high - axis.low));
    this.find("table").style.setProperty("--zero", `${percent(0)}%`);
    const lines = axis.ticks.map((tick) => `linear-gradient(var(--line) 0 0) ${percent(tick)}% 0 / 1px 100% no-repeat`);
    this.find("table").style.setProperty("--ticks", lines.join(", "));
    for (const { scale } of this.headers.slice(1)) {
      scale.replaceChildren(
        ...axis.ticks.map((tick) => {
          const at = percent(tick);
          const edge = at < 12 ? "left-most" : at > 88 ? "right-most" : "";
          const label = element("span", edge, withMinus(tick));
          label.style.left = `${at}%`;
          return label;
        }),
      );
    }
    this.rows.forEach(({ cells }, player) => {
      cells.forEach(({ td, bar, whisker, number }, i) => {
        const { title, values, errors } = methods[i];
        const [value, error] = [values[player], errors?.[player] ?? null];
        span(bar, value === null ? null : [Math.min(value, 0), Math.max(value, 0)], percent);
        bar.classList.toggle("negative", value < 0);
        const reach = CONFIDENCE * error;
        span(whisker, value === null || error === null ? null : [value - reach, value + reach], percent);
        number.textContent = signed(value);
        const within = error === null ? "" : ` ± ${signed(reach).slice(reach ? 1 : 0)} (95 %)`;
        td.title = `${title}: ${number.textContent}${within}`;
      });
      const said = cells.map(({ td }) => td.title).join(". ");
      for (const each of [this.paths[player], this.rows[player].input]) setAttributes(each, { "aria-description": said });
    });
  }

  /** Sort the rows; does nothing where they are in order already. */
  sort() {
    const values = this.data.methods[this.order.by]?.values;
    const by = values ? this.order.by : BY_NUMBER;
    const up = values || this.order.by === BY_NUMBER ? this.order.up : true;
    const sign = up ? 1 : -1;
    const missing = (player) => Number(values[player] === null); // last, either way
    const compare = (a, b) => missing(a) - missing(b) || sign * (values[a] - values[b]) || a - b;
    const players = this.rows.map((_, player) => player);
    players.sort(values ? compare : (a, b) => sign * (a - b));
    this.headers.forEach(({ cell }, i) => {
      if (i - 1 === by) cell.setAttribute("aria-sort", up ? "ascending" : "descending");
      else cell.removeAttribute("aria-sort");
    });
    const shown = players.join();
    if (shown === this.shown) return;
    this.shown = shown;
    this.players = players;
    const focus = this.root.getRootNode().activeElement;
    this.find("tbody").replaceChildren(...players.map((player) => this.rows[player].row));
    const first = this.rows[players[0]];
    if (!this.rows.some(({ input }) => input.tabIndex === 0) && first) first.input.tabIndex = 0;
    if (focus?.matches("tbody input")) focus.focus({ preventScroll: true });
  }

  /* Who is absent */

  toggle(player) {
    this.change([player]);
  }

  /** These players are absent afterwards, and no others. */
  leaveOut(players) {
    const all = this.rows.map((_, player) => player);
    this.change(all.filter((player) => this.absent.has(player) !== players.includes(player)));
  }

  /** Who was present is absent afterwards, and the other way round. */
  change(players) {
    if (!players.length) return;
    for (const player of players) {
      const absent = !this.absent.has(player);
      this.revision += 1;
      this.pending.push([this.revision, player, absent]);
      setMember(this.absent, player, absent);
    }
    this.showAbsent();
    this.send("toggles", { board: this.data.board, entries: this.pending });
  }

  showAbsent() {
    const { outlines } = this.data;
    setAttributes(this.find(".removed"), { d: [...this.absent].map((player) => outlines[player]).join("") });
    outlines.forEach((_, player) => {
      const present = !this.absent.has(player);
      const label = `Player ${player}, ${present ? "present" : "removed"}`;
      setAttributes(this.paths[player], { "aria-checked": present, "aria-label": label });
      const { row, input } = this.rows[player];
      row.classList.toggle("absent", !present);
      input.checked = present;
      input.setAttribute("aria-label", `Player ${player} present`);
    });
    this.showStatus();
  }

  showStatus() {
    const lit = this.hovered ?? this.focused;
    const { kind } = this.data;
    const players = this.paths.length === 1 ? kind : `${kind}s`;
    const total = `${this.absent.size} of ${this.paths.length} ${players} removed`;
    const values = lit && this.data.methods.map(({ title, values }) => `${title} ${signed(values[lit.player])}`);
    const pair = this.pointed && `Players ${this.pointed.players.join(" and ")}: ${this.pointed.said}`;
    const about = pair ?? (lit ? [`Player ${lit.player}`, ...values].join(" · ") : "click to remove, or bring back");
    this.find(".status").textContent = `${total} · ${about}`;
  }

  /* Pointing: a superpixel and its row light up together */

  light() {
    const lit = this.hovered ?? this.focused;
    const outline = lit ? this.data.outlines[lit.player] : "";
    const [width, height] = this.data.grid;
    // Pointing into the picture shows the position already: the picture is not dimmed.
    const dim = lit && (lit.part === "list" || lit === this.focused);
    setAttributes(this.find(".dim"), { d: dim ? `M0 0H${width}V${height}H0Z${outline}` : "" });
    for (const part of [".halo", ".outline"]) setAttributes(this.find(part), { d: outline });
    this.find(".stage").classList.toggle("by-key", Boolean(lit) && lit === this.focused);
    this.find("tr.lit")?.classList.remove("lit");
    const row = lit && this.rows[lit.player].row;
    row?.classList.add("lit");
    if (lit && (lit.part === "picture" || lit === this.focused)) this.reveal(row);
    this.showStatus();
  }

  /** Scroll the list, and only the list, as far as needed. */
  reveal(row) {
    const scroller = this.find(".window");
    const head = this.find("thead").offsetHeight;
    const [frame, box] = [scroller.getBoundingClientRect(), row.getBoundingClientRect()];
    if (box.top < frame.top + head) scroller.scrollTop -= frame.top + head - box.top;
    else if (box.bottom > frame.bottom) scroller.scrollTop += box.bottom - frame.bottom;
  }

  /** Pointer and keys, in the picture and in the list. */
  listen(area, selector, part) {
    const playerOf = (target) => {
      const found = target.closest?.(selector);
      return found ? Number(found.dataset.player) : null;
    };
    const hover = (player) => {
      if (player === (this.hovered?.player ?? null)) return;
      this.hovered = player === null ? null : { player, part };
      this.light();
    };
    area.onpointerover = (event) => hover(playerOf(event.target));
    area.onpointerleave = () => hover(null);
    area.onclick = (event) => {
      if (event.target.closest("label") && event.target.tagName !== "INPUT") return; // its box is clicked next
      const player = playerOf(event.target);
      if (player !== null) this.toggle(player);
    };
    // Not on the picture itself: an SVG that listens for focus is a stop of the Tab key.
    const around = part === "picture" ? area.parentElement : area;
    around.addEventListener("focusin", (event) => {
      const player = playerOf(event.target);
      if (player === null) return;
      const stops = part === "picture" ? this.paths : this.rows.map(({ input }) => input);
      for (const stop of stops) if (stop.tabIndex === 0) stop.setAttribute("tabindex", -1);
      stops[player].setAttribute("tabindex", 0);
      this.focused = event.target.matches(":focus-visible") ? { player, part } : null;
      this.light();
    });
    around.addEventListener("focusout", () => {
      this.focused = null;
      this.light();
    });
    area.onkeydown = (event) => {
      const player = playerOf(event.target);
      if (player === null || event.ctrlKey || event.metaKey || event.altKey) return;
      const next = part === "picture" ? nearestTowards(this.paths, player, event.key) : this.beside(player, event.key);
      if (event.key === "Enter" || (event.key === " " && part === "picture")) {
        if (!event.repeat) this.toggle(player);
      } else if (event.key === "Escape") {
        // The picture without the outline and the shade; the next key brings them back.
        if (!this.focused) return;
        this.focused = null;
        this.light();
      } else if (next !== null) {
        const stop = part === "picture" ? this.paths[next] : this.rows[next].input;
        stop.focus({ preventScroll: part === "list" });
      } else {
        return;
      }
      event.preventDefault();
    };
  }

  /** The next player of the list, in the order in sight. */
  beside(player, key) {
    const steps = { ArrowUp: -1, ArrowDown: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity };
    if (!(key in steps)) return null;
    const to = this.players.indexOf(player) + steps[key];
    return this.players[Math.min(this.players.length - 1, Math.max(0, to))];
  }
}

/* Helpers without state */

function setMember(set, member, wanted) {
  if (wanted) set.add(member);
  else set.delete(member);
}

/** Stretch a part of a bar from one value to another; hide it where there are none. */
function span(part, ends, percent) {
  part.hidden = !ends;
  if (!ends) return;
  const [from, to] = ends.map(percent);
  part.style.left = `${from}%`;
  part.style.width = `${to - from}%`;
}

/**
 * The axis for all bars. It has room for the whiskers, but not for more of them than the bars themselves
 * take on either side: the first errors of an estimate would press its values flat.
 */
function axisOf(methods) {
  let [low, high, least, most] = [0, 0, 0, 0];
  for (const { values, errors } of methods) {
    values.forEach((value, player) => {
      const reach = CONFIDENCE * (errors?.[player] ?? 0);
      [low, high] = [Math.min(low, value ?? 0), Math.max(high, value ?? 0)];
      if (value !== null) [least, most] = [Math.min(least, value - reach), Math.max(most, value + reach)];
    });
  }
  const room = high - low || 1;
  [low, high] = [Math.max(least, low - room), Math.min(most, high + room)];
  if (high - low === 0) [low, high] = [-1, 1];
  const margin = 0.02 * (high - low);
  [low, high] = [low - margin, high + margin];
  return { low, high, ticks: ticksBetween(low, high, 3.5) };
}
