/**
 * Shows the newest data of an element, in whatever order Streamlit asks. Stands before each component's code.
 *
 * While Streamlit loads a component's module it may ask for older data after newer ones, and then ends what
 * was overtaken. It ends the rest when the element has left the page.
 *
 * @param root the element that all calls share
 * @param show draws this call's data
 * @param close called once the element has left the page
 * @returns what the component has to return to Streamlit
 */
function newest(root, show, close = () => {}) {
  const call = { show };
  newest.calls.set(root, [...(newest.calls.get(root) ?? []).slice(-3), call]);
  show();
  return () => {
    if (!root.isConnected) return close();
    const calls = newest.calls.get(root);
    const others = calls.filter((each) => each !== call);
    newest.calls.set(root, others);
    if (call === calls.at(-1)) others.at(-1)?.show();
  };
}
newest.calls = new WeakMap();

