/**
 * The stage's strip of controls, and its keys: everything a key does has a button here.
 *
 * What a key chooses is shown at once and sent as a whole ("the layer is this one", not "one up"), so that
 * fast presses are neither lost nor counted twice while the server still draws the last one.
 */

const SEND_EVERY = 200; // milliseconds, while a key is held down
const CURTAIN_WAITS = 3000; // milliseconds, should the server never answer
const STEPS = {
  ArrowLeft: ["layer", -1],
  ArrowRight: ["layer", 1],
  Home: ["layer", -Infinity],
  End: ["layer", Infinity],
  ArrowDown: ["count", -1],
  ArrowUp: ["count", 1],
  ",": ["depth", -1],
  ".": ["depth", 1],
};
const KEYS_OF = { method: "M", reference: "R", layer: "← →", count: "↑ ↓", depth: ", .", pin: "P", film: "V" };
const TURNS = { m: "method", r: "reference", v: "film", p: "pin" };
const TYPED_INTO =
  "input:not([type=range], [type=checkbox], [type=radio]), textarea, select, [contenteditable], " +
  "[role=textbox], [role=combobox], [role=searchbox]";
const ARROWS_OF_ITS_OWN = "input, [role=radio], [role=slider], [role=tab], [role=option], [role=grid], [role=img], summary";
const KEYS = [
  ["F", "to the stage, and back with what was chosen on it"],
  ["Esc", "back to exactly what was before the stage"],
  ["1 … 9", "this class alone; again, or 0: all classes"],
  ["M", "next method (Shift: the one before)"],
  ["← →", "layer: towards the pixels, towards the top (Home: the pixels, End: the top)"],
  ["↑ ↓", "more superpixels, fewer"],
  [", .", "on Randomisation: re-initialise less, more"],
  ["R", "next reference point (Shift: the one before)"],
  ["Space", "play a film, pause it; ← → then turn its pictures"],
  ["P", "on Explore: keep these maps beside the next ones; let them go"],
  ["V", "next film, after the last: none (Shift: the one before); as a file: below the maps"],
  ["drag", "zoom into all maps; double click: the whole picture again"],
  ["H", "hide the strip, show it"],
  ["?", "this list"],
];

export default function stageStrip({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".stage-strip");
  return draw(root, StageStrip, (strip) => strip.update(data, setTriggerValue));
}

class StageStrip {
  constructor(root) {
    this.root = root;
    this.wanted = {}; // what was chosen here and is not yet in the server's data, by role
    this.hidden = false;
    this.listener = (event) => this.hear(event);
    // Before the page's own listeners: Streamlit has an R and a C of its own.
    addEventListener("keydown", this.listener, true);
    this.find(".open").append("⤢ Stage");
    this.find(".open").title = "Maps alone and large (key F)";
    this.find(".open").onclick = () => this.say("up");
    this.find(".opening .film").append("▶ Film");
    this.find(".opening .film").title = "The maps from the pixels to the top, or stage by stage, on stage";
    this.find(".opening .film").onclick = () => this.say("play");
    this.find(".show").setAttribute("aria-label", "Show the strip (key H)");
    this.find(".show").onclick = () => this.hide(false);
    this.find(".keys").append(keyList());
    // A click leaves the focus where it was, or the next space would press the button again.
    root.onpointerdown = (event) => event.preventDefault();
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  close() {
    removeEventListener("keydown", this.listener, true);
    clearTimeout(this.timer);
    clearTimeout(this.patience);
    document.documentElement.style.removeProperty("--stage-strip");
  }

  update(data, send) {
    this.send = send;
    const before = this.data;
    this.data = data;
    if (before && before.on !== data.on) this.scroll(data.on);
    if (this.going === data.on) this.arrive();
    for (const { role, value } of data.controls) if (this.wanted[role] === value) delete this.wanted[role];
    if (!data.on) {
      this.wanted = {};
      this.help(false);
    }
    this.find(".open").hidden = data.on || !data.available;
    this.find(".opening .film").hidden = data.on || !data.playable;
    this.drawStrip();
  }

  /** To the top on stage; afterwards to where the page was. */
  scroll(on) {
    const main = document.querySelector('[data-testid="stMain"]');
    if (!main) return;
    if (on) this.place = main.scrollTop;
    const top = on ? 0 : this.place ?? 0;
    // The page is still being put together.
    for (const wait of [0, 150, 500]) setTimeout(() => (main.scrollTop = top), wait);
  }

  /**
   * Whether the maps are on stage, or on their way there. The next key may come before the server's answer:
   * F right after Escape goes up again.
   */
  get on() {
    return this.next ? rises(this.next) : this.going ?? this.data.on;
  }

  /** The server has drawn what the curtain was asked for. */
  arrive() {
    clearTimeout(this.patience);
    this.going = undefined;
    const { next } = this;
    this.next = undefined;
    if (next && rises(next) !== this.data.on) this.say(next);
  }

  /* Keys */

  hear(event) {
    const { data } = this;
    if (!data?.available || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    const [target] = event.composedPath();
    if (target.matches?.(TYPED_INTO)) return;
    const own = target.matches?.(ARROWS_OF_ITS_OWN) || target.matches?.("button");
    const pressed = event.key === " " && !target.matches?.("[type=range]");
    if (own && (/^(Arrow|Home$|End$)/.test(event.key) || pressed)) return;
    if (this.press(event.key, event.shiftKey)) {
      event.preventDefault();
      event.stopPropagation(); // which the page's history, at the window too, still hears
    }
  }

  /** Do what a key does; false for keys that are not the stage's. */
  press(key, shift) {
    const letter = key.toLowerCase();
    const { on } = this;
    if (letter === "f") this.say(on ? "down" : "up");
    else if (!on) return false;
    else if (key === "Escape") this.helping ? this.help(false) : this.say("back");
    else if (key === "?") this.help(!this.helping);
    else if (letter === "h") this.hide(!this.hidden);
    else if (key === " ") this.playFilm();
    else if (STEPS[key]?.[0] === "layer" && this.filmed) this.tellFilm(STEPS[key][1]);
    else if (STEPS[key]) this.step(...STEPS[key]);
    else if (TURNS[letter]) this.step(TURNS[letter], shift ? -1 : 1, true);
    else if (/^\d$/.test(key)) this.pick(Number(key));
    else return false;
    return true;
  }

  /** Whether a film is on. */
  get filmed() {
    const film = this.control("film");
    return Boolean(film) && film.value !== film.options[0][0];
  }

  /** Space: the page's first film, or the one that is on goes on and stops. */
  playFilm() {
    if (this.filmed) this.tellFilm("toggle");
    else this.step("film", 1, true);
  }

  tellFilm(detail) {
    dispatchEvent(new CustomEvent("stage-film", { detail }));
  }

  control(role) {
    const control = this.data.controls.find((each) => each.role === role);
    return control && { ...control, value: this.wanted[role] ?? control.value };
  }

  /** The option so many places on; `around`: after the last comes the first. */
  step(role, by, around = false) {
    const control = this.control(role);
    if (!control) return;
    const { options, value } = control;
    const last = options.length - 1;
    const at = options.findIndex(([text]) => text === value) + by;
    const next = around ? (at + options.length) % options.length : Math.max(0, Math.min(last, at));
    if (options[next] && options[next][0] !== value) this.choose(role, options[next][0]);
  }

  /** The class of a number key. */
  pick(number) {
    const control = this.control("class");
    if (!control) return;
    const everything = control.options.find(([text]) => text === "all")?.[0];
    const classes = control.options.filter(([text]) => text !== "all");
    const text = number ? classes[number - 1]?.[0] : everything;
    if (text !== undefined) this.choose("class", text === control.value ? everything ?? text : text);
  }

  choose(role, text) {
    this.wanted[role] = text;
    const [, title] = this.control(role).options.find(([option]) => option === text);
    this.find(".live").textContent = `${this.control(role).title}: ${title}`;
    this.drawStrip();
    const wait = (this.sent ?? 0) + SEND_EVERY - performance.now();
    clearTimeout(this.timer);
    if (wait <= 0) this.say("");
    else this.timer = setTimeout(() => this.say(""), wait);
  }

  /** Tell the server: the curtain, and all that was chosen and is not shown yet. */
  say(curtain) {
    if (curtain && this.going !== undefined) {
      this.next = curtain;
      return;
    }
    if (curtain) {
      this.going = rises(curtain);
      this.patience = setTimeout(() => this.arrive(), CURTAIN_WAITS);
    }
    clearTimeout(this.timer);
    this.sent = performance.now();
    this.send("said", { curtain, chosen: { ...this.wanted }, at: this.sent });
  }

  /* The strip */

  drawStrip() {
    const { on, controls } = this.data;
    const strip = this.find(".strip");
    strip.hidden = !on || this.hidden;
    this.find(".show").hidden = !on || !this.hidden;
    if (on) {
      const drawn = controls.map(({ role }) => this.control(role));
      const seen = JSON.stringify([drawn, this.helping]);
      if (seen !== this.seen) strip.replaceChildren(...drawn.map((each) => this.group(each)), this.rest());
      this.seen = seen;
    }
    const height = on && !this.hidden ? strip.offsetHeight : 0;
    document.documentElement.style.setProperty("--stage-strip", `${height}px`);
  }

  group(control) {
    if (control.role === "pin") return this.pin(control);
    return control.role === "class" ? this.classes(control) : this.stepper(control);
  }

  classes({ title, options, value }) {
    const group = element("div", "group classes");
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", title);
    let number = 0;
    for (const [text, label] of options) {
      const all = text === "all";
      if (all && options.length === 2) continue; // one class is all of them
      number += all ? 0 : 1;
      const button = this.button(all ? "0" : String(number), label, () => this.choose("class", text));
      if (all) button.textContent = "all";
      button.setAttribute("aria-pressed", String(text === value));
      group.append(button);
    }
    return group;
  }

  pin({ title, options, value }) {
    const pinned = value !== options[0][0];
    const button = this.button(pinned ? "Unpin" : "Pin", `${title}: maps beside the next ones (P)`, () => {
      this.step("pin", 1, true);
    });
    button.setAttribute("aria-pressed", String(pinned));
    return element("div", "group pin", button);
  }

  stepper({ role, title, options, value }) {
    const around = Object.values(TURNS).includes(role);
    const at = options.findIndex(([text]) => text === value);
    const keys = KEYS_OF[role];
    const back = this.button("◀", `${title}: back (${keys})`, () => this.step(role, -1, around));
    const on = this.button("▶", `${title}: on (${keys})`, () => this.step(role, 1, around));
    back.disabled = !around && at <= 0;
    on.disabled = !around && at === options.length - 1;
    if (around && options.length < 2) back.disabled = on.disabled = true;
    const label = element("span", "value", element("small", "", title), options[at]?.[1] ?? value);
    const group = element("div", `group ${role}`, back, label, on);
    if (role === "film") group.prepend(this.button("▶❚", "Play a film, pause it (space)", () => this.playFilm()));
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", title);
    return group;
  }

  rest() {
    const help = this.button("?", "All keys (?)", () => this.help(!this.helping));
    help.setAttribute("aria-expanded", String(Boolean(this.helping)));
    return element(
      "div",
      "group rest",
      help,
      this.button("▾", "Hide the strip (H)", () => this.hide(true)),
      this.button("F", "Back with what was chosen here (F)", () => this.say("down")),
      this.button("Esc", "Back to exactly what was before (Esc)", () => this.say("back")),
    );
  }

  button(text, label, press) {
    const button = element("button", "", text);
    Object.assign(button, { type: "button", title: label, onclick: press });
    button.setAttribute("aria-label", label);
    return button;
  }

  hide(hidden) {
    this.hidden = hidden;
    this.drawStrip();
  }

  help(shown) {
    this.helping = shown;
    const keys = this.find(".keys");
    if (keys.matches(":popover-open") !== shown) keys.togglePopover(shown);
    if (this.data.on) this.drawStrip();
  }
}

/** Whether a word for the curtain is one that opens the stage. */
function rises(curtain) {
  return curtain === "up" || curtain === "play";
}

function keyList() {
  const list = element("dl");
  for (const [key, meaning] of KEYS) list.append(element("dt", "", key), element("dd", "", meaning));
  return list;
}
