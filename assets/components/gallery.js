/** Thumbnails as a group of radio buttons: arrow keys move, one is chosen. */

export default function gallery({ data, parentElement, setTriggerValue }) {
  return draw(parentElement.querySelector(".gallery"), Gallery, (shown) => shown.update(data, setTriggerValue));
}

class Gallery {
  constructor(group) {
    this.group = group;
    group.onclick = (event) => {
      const button = event.target.closest("button");
      if (button) this.pick(button);
    };
    group.onkeydown = (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      const { buttons } = this;
      const at = buttons.indexOf(event.target.closest("button"));
      if (!step || at < 0) return;
      event.preventDefault();
      const next = buttons[(at + step + buttons.length) % buttons.length];
      next.focus();
      this.pick(next);
    };
  }

  get buttons() {
    return [...this.group.children];
  }

  update({ pictures, chosen }, send) {
    this.send = send;
    if (this.buttons.length !== pictures.length) this.group.replaceChildren(...pictures.map(thumbnail));
    this.check(chosen);
    if (chosen !== this.revealed) this.reveal((this.revealed = chosen));
    // Where none is chosen, the first one lets Tab into the group.
    const stop = this.buttons.find(({ dataset }) => dataset.id === chosen) ?? this.buttons[0];
    for (const button of this.buttons) button.tabIndex = button === stop ? 0 : -1;
  }

  check(chosen) {
    for (const button of this.buttons) button.setAttribute("aria-checked", String(button.dataset.id === chosen));
  }

  /** Scrolls the strip, and nothing else, so that a picture chosen elsewhere is seen. */
  reveal(chosen) {
    const button = this.buttons.find(({ dataset }) => dataset.id === chosen);
    if (!button) return;
    const { left, right } = this.group.getBoundingClientRect();
    const own = button.getBoundingClientRect();
    if (own.left < left) this.group.scrollLeft -= left - own.left + own.width;
    if (own.right > right) this.group.scrollLeft += own.right - right + own.width;
  }

  /** The outline follows at once; the server's answer confirms it. */
  pick({ dataset }) {
    this.check(dataset.id);
    this.send("picked", dataset.id);
  }
}

function thumbnail({ id, title, origin, image }) {
  const picture = element("img");
  Object.assign(picture, { src: image, alt: "" });
  const button = element("button", "", picture);
  Object.assign(button, { type: "button", title: `${title}\n${origin}` });
  button.dataset.id = id;
  button.setAttribute("role", "radio");
  button.setAttribute("aria-label", title);
  return button;
}
