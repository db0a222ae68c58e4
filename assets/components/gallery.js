// Thumbnails as a group of radio buttons: arrow keys move, one is chosen.

export default function ({ data, parentElement, setTriggerValue }) {
  const group = parentElement.querySelector(".gallery");
  return newest(group, () => show(group, data, setTriggerValue));
}

function show(group, data, setTriggerValue) {
  if (group.childElementCount !== data.pictures.length) {
    group.replaceChildren(...data.pictures.map(thumbnail));
  }
  const buttons = [...group.children];
  for (const button of buttons) {
    const chosen = button.dataset.id === data.chosen;
    button.setAttribute("aria-checked", String(chosen));
    button.tabIndex = chosen ? 0 : -1;
  }
  if (!buttons.some((button) => button.tabIndex === 0)) {
    buttons[0].tabIndex = 0;
  }

  const pick = (button) => {
    // The outline follows at once; the server's answer confirms it.
    for (const other of buttons) {
      other.setAttribute("aria-checked", String(other === button));
    }
    setTriggerValue("picked", button.dataset.id);
  };
  group.onclick = (event) => {
    const button = event.target.closest("button");
    if (button) {
      pick(button);
    }
  };
  group.onkeydown = (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const at = buttons.indexOf(event.target.closest("button"));
    if (step && at >= 0) {
      event.preventDefault();
      const next = buttons[(at + step + buttons.length) % buttons.length];
      next.focus();
      pick(next);
    }
  };
}

function thumbnail({ id, title, image }) {
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.id = id;
  button.title = title;
  button.setAttribute("role", "radio");
  button.setAttribute("aria-label", title);
  const picture = document.createElement("img");
  picture.src = image;
  picture.alt = "";
  button.append(picture);
  return button;
}
