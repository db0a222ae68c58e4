/**
 * A table of axioms: a row a method, a column an axiom, and below it all cases of the cell that was clicked.
 *
 * Which cell that is the browser alone knows. `show` goes to the server with the case that a visitor wants to see.
 */

const tables = new WeakMap();
const MARKS = { holds: "✓", fails: "✗", none: "–" };

export default function axiomTable({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".axiom-table");
  if (!tables.has(root)) tables.set(root, new AxiomTable(root));
  return newest(root, () => tables.get(root).update(data, setTriggerValue));
}

class AxiomTable {
  constructor(root) {
    this.root = root;
    this.chosen = null;
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  update(data, send) {
    this.send = send;
    this.root.classList.toggle("dark", isDark(this.root));
    const drawn = JSON.stringify(data);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    this.data = data;
    this.root.style.setProperty("--columns", data.columns.length);
    const heads = ["", ...data.columns].map((title) => {
      const cell = element("th", "", title);
      cell.scope = "col";
      return cell;
    });
    this.find("thead tr").replaceChildren(...heads);
    const focused = this.root.contains(document.activeElement) || this.root.getRootNode().activeElement;
    this.buttons = [];
    const rows = data.rows.map((title, row) => {
      const head = element("th", "", title);
      head.scope = "row";
      const line = element("tr", "");
      line.append(head);
      data.cells[row].forEach((cell, column) => {
        const button = element("button", cell.state);
        button.type = "button";
        button.append(element("div", "verdict", `${MARKS[cell.state]} ${cell.verdict}`));
        for (const words of cell.words) button.append(element("div", "words", words));
        button.onclick = () => this.choose(row, column);
        const td = element("td", "");
        td.append(button);
        line.append(td);
        this.buttons.push({ button, row, column });
      });
      return line;
    });
    this.find("tbody").replaceChildren(...rows);
    this.showChosen();
    if (focused && this.chosen) this.buttonOf(this.chosen)?.focus({ preventScroll: true });
  }

  buttonOf([row, column]) {
    return this.buttons.find((each) => each.row === row && each.column === column)?.button;
  }

  choose(row, column) {
    const again = this.chosen?.[0] === row && this.chosen?.[1] === column;
    this.chosen = again ? null : [row, column];
    this.showChosen();
  }

  showChosen() {
    for (const { button, row, column } of this.buttons) {
      button.setAttribute("aria-pressed", String(this.chosen?.[0] === row && this.chosen?.[1] === column));
    }
    const cell = this.chosen && this.data.cells[this.chosen[0]]?.[this.chosen[1]];
    if (!cell) {
      this.find(".details").replaceChildren(element("div", "hint", this.data.hint));
      return;
    }
    const [row, column] = this.chosen;
    const list = element("ul", "");
    for (const one of cell.cases) {
      const item = element("li", "");
      item.append(element("span", `mark ${one.state}`, MARKS[one.state]));
      if (one.formula) item.append(element("code", "", one.formula));
      item.append(element("span", "", one.finding));
      if (one.show !== null) {
        const button = element("button", "show", "Show above");
        button.type = "button";
        button.onclick = () => this.send("show", one.show);
        item.append(button);
      }
      list.append(item);
    }
    const title = element("h4", "", `${this.data.rows[row]}: ${this.data.columns[column]}`);
    this.find(".details").replaceChildren(title, list);
  }
}
