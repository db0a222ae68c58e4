/**
 * A table of axioms: a row a method, a column an axiom. The cases of the cell that was clicked open below its row.
 *
 * Which cell that is the browser alone knows. `show` goes to the server with the case that a visitor wants to see.
 */

const MARKS = { holds: "✓", fails: "✗", none: "–" };

export default function axiomTable({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".axiom-table");
  return draw(root, AxiomTable, (table) => table.update(data, setTriggerValue));
}

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

class AxiomTable {
  constructor(root) {
    this.root = root;
    this.chosen = null;
    this.details = this.find(".details"); // stands in the table while a cell is open
    this.stop = new OneStop(this.find("tbody"));
    root.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.chosen) return;
      const [row, column] = this.chosen;
      const inDetails = this.details.contains(event.target);
      this.choose(row, column);
      if (inDetails) this.stop.elementAt([row, column]).focus();
      event.preventDefault();
    });
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  update(data, send) {
    this.send = send;
    this.root.classList.toggle("dark", isDark(backgroundOf(this.root)));
    const before = this.data;
    this.data = data;
    if (same(before?.rows, data.rows) && same(before.columns, data.columns)) {
      if (same(before, data)) return;
    } else this.build();
    for (const { button, row, column } of this.buttons) {
      const cell = data.cells[row][column];
      if (same(button.cell, cell)) continue;
      button.cell = cell;
      button.className = cell.state;
      const words = cell.words.map((each) => element("div", "words", each));
      button.replaceChildren(element("div", "verdict", `${MARKS[cell.state]} ${cell.verdict}`), ...words);
    }
    this.showChosen();
  }

  /** Lays out the cells, and keeps them when their words change, so that no click is lost. */
  build() {
    const { rows, columns } = this.data;
    this.root.style.setProperty("--columns", columns.length);
    const heads = ["", ...columns].map((title) => {
      const cell = element("th", "", title);
      cell.scope = "col";
      return cell;
    });
    this.find("thead tr").replaceChildren(...heads);
    this.buttons = [];
    const lines = rows.map((title, row) => {
      const head = element("th", "", title);
      head.scope = "row";
      const line = element("tr", "");
      line.append(head);
      columns.forEach((_, column) => {
        const button = element("button", "");
        button.type = "button";
        button.onclick = () => this.choose(row, column);
        const td = element("td", "");
        td.append(button);
        line.append(td);
        this.buttons.push({ button, row, column });
      });
      return line;
    });
    this.lines = lines;
    this.find("tbody").replaceChildren(...lines);
    this.stop.update(lines.map((line) => [...line.querySelectorAll("button")]));
  }

  choose(row, column) {
    const again = this.chosen?.[0] === row && this.chosen?.[1] === column;
    this.chosen = again ? null : [row, column];
    this.showChosen();
    if (this.chosen) this.details.scrollIntoView({ block: "nearest" });
  }

  showChosen() {
    for (const { button, row, column } of this.buttons) {
      button.setAttribute("aria-pressed", String(this.chosen?.[0] === row && this.chosen?.[1] === column));
    }
    this.find(".opened")?.remove();
    const cell = this.chosen && this.data.cells[this.chosen[0]]?.[this.chosen[1]];
    if (!cell) {
      this.root.append(this.details);
      this.details.replaceChildren(element("div", "hint", this.data.hint));
      return;
    }
    const [row, column] = this.chosen;
    const wide = element("td", "", this.details);
    wide.colSpan = this.data.columns.length + 1;
    this.lines[row].after(element("tr", "opened", wide));
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
    this.details.replaceChildren(title, list);
  }
}
