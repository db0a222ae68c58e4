/** Thumbnails as a group of radio buttons: arrow keys move, one is chosen. A picture pasted anywhere is sent, too. */

const MOST_BYTES = 20 * 2 ** 20;

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
    this.paste = (event) => this.take(event);
    document.addEventListener("paste", this.paste);
  }

  close() {
    document.removeEventListener("paste", this.paste);
  }

  get buttons() {
    return [...this.group.querySelectorAll("button")];
  }

  update({ pictures, chosen }, send) {
    this.send = send;
    if (this.buttons.length !== pictures.length) this.group.replaceChildren(...pictures.flatMap(withKind));
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

  /** Sends the picture on the clipboard, if there is one; pasted text is none of ours. */
  take(event) {
    const file = [...(event.clipboardData?.files ?? [])].find(({ type }) => type.startsWith("image/"));
    if (!file) return;
    event.preventDefault();
    if (file.size > MOST_BYTES) {
      this.send("pasted", { bytes: file.size });
      return;
    }
    const reader = new FileReader();
    reader.onload = () => this.send("pasted", { content: reader.result.split(",")[1] });
    reader.readAsDataURL(file);
  }

  /** The outline follows at once; the server's answer confirms it. */
  pick({ dataset }) {
    this.check(dataset.id);
    this.send("picked", dataset.id);
  }
}

/** A picture's button, after its kind's name where it is the first of its kind. */
function withKind(picture, number, pictures) {
  if (pictures[number - 1]?.kind === picture.kind) return [thumbnail(picture)];
  const kind = element("span", "kind", picture.kind);
  kind.setAttribute("aria-hidden", "true");
  return [kind, thumbnail(picture)];
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
