/**
 * One entry in the browser's history for each thing that a person did.
 *
 * Streamlit adds an entry whenever the server writes another address, also where the server only completes what
 * a link leaves out, such as the layer of a network that has just been loaded. Back would then lead to what
 * completes itself again. Without anything done by a person, a new address of the same page takes the place of
 * the one before. And on the way to another page, Streamlit first writes the other's settings below the address of
 * the one that is left: that page takes the place of this.
 */

const DEEDS = ["pointerup", "keydown", "change"];

export default function address() {
  if (history.pushState.watched) return;
  const push = history.pushState.bind(history);
  let done = false;
  let leaving = false;
  const notice = (event) => {
    if (event.isTrusted) done = true;
  };
  for (const deed of DEEDS) addEventListener(deed, notice, true);
  // Back and Forward can be keys.
  addEventListener("popstate", () => (done = leaving = false));
  history.pushState = (state, title, url) => {
    const stays = new URL(url ?? "", location.href).pathname === location.pathname;
    const completed = !done && (stays || leaving);
    leaving = stays && (done || leaving);
    done = false;
    if (completed) history.replaceState(state, title, url);
    else push(state, title, url);
  };
  history.pushState.watched = true;
}
