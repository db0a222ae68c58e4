/**
 * Makes inert, for mouse, keyboard and screen reader alike, what a class's followers cannot change.
 *
 * Hidden or dead for the mouse alone, a control would still be reached by the Tab key.
 */

const CONTROLS = [
  "stButtonGroup",
  "stCheckbox",
  "stFileUploader",
  "stMultiSelect",
  "stNumberInput",
  "stRadio",
  "stSelectbox",
  "stSlider",
  "stTextInput",
]
  .map((name) => `[data-testid="stMain"] [data-testid="${name}"]`)
  .join(", ");

export default function followersView({ parentElement }) {
  return draw(parentElement.querySelector(".followers-view"), FollowersView, () => {});
}

class FollowersView {
  constructor() {
    this.observer = new MutationObserver(() => this.still());
    this.observer.observe(document.body, { childList: true, subtree: true });
    this.still();
  }

  still() {
    for (const control of document.querySelectorAll(CONTROLS)) control.inert = true;
  }

  close() {
    this.observer.disconnect();
    for (const control of document.querySelectorAll(CONTROLS)) control.inert = false;
  }
}
