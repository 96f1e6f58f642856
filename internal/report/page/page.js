"use strict";
// Search and sort. The page is whole without either.
(() => {
  const table = document.querySelector("table.ports");
  if (!table) return;
  const tools = document.querySelector(".tools");
  const input = tools.querySelector("input");
  const shown = tools.querySelector("output");
  const nothing = document.querySelector(".nothing");
  const blocks = [...table.querySelectorAll("tbody.block")].map((body) => ({
    body,
    section: document.getElementById(body.dataset.section),
    rows: [...body.querySelectorAll("tr.row")],
  }));
  const total = blocks.reduce((n, b) => n + b.rows.length, 0);

  // What can be found in a row: its texts, and those of its headings.
  const texts = new Map();
  for (const b of blocks) {
    const head = b.section.querySelector("h2").textContent + " " + (b.body.querySelector("tr.head b")?.textContent ?? "");
    for (const row of b.rows) {
      const cells = [...row.cells].map((c) => c.textContent).join(" ");
      texts.set(row, (cells + " " + head).toLowerCase());
    }
  }

  function search() {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const live = new Set();
    let n = 0;
    for (const b of blocks) {
      let found = 0;
      for (const row of b.rows) {
        row.hidden = !words.every((w) => texts.get(row).includes(w));
        if (!row.hidden) found++;
      }
      b.body.hidden = found === 0;
      if (found) live.add(b.section);
      n += found;
    }
    for (const b of blocks) b.section.hidden = !live.has(b.section);
    for (const lane of document.querySelectorAll(".lane[data-section]"))
      lane.hidden = !live.has(document.getElementById(lane.dataset.section));
    nothing.hidden = n > 0;
    const all = `${total} ${total === 1 ? "row" : "rows"}`;
    shown.textContent = words.length ? `${n} of ${all}` : all;
  }

  const isAddress = (text) => /^[0-9a-f]{32}$/.test(text); // as sixteen bytes
  const key = (row, i) => row.cells[i].dataset.sort ?? row.cells[i].textContent;

  function sort(header, i) {
    const up = header.getAttribute("aria-sort") !== "ascending";
    for (const th of table.tHead.rows[0].cells) th.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", up ? "ascending" : "descending");
    for (const b of blocks) {
      b.rows.sort((one, two) => {
        const x = key(one, i), y = key(two, i);
        if (!x || !y) return !x - !y; // what is not known goes last
        const order = x.localeCompare(y, "en", { numeric: !isAddress(x) });
        return up ? order : -order;
      });
      b.body.append(...b.rows);
    }
  }

  [...table.tHead.rows[0].cells].forEach((th, i) => {
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-label", "sort by " + th.textContent);
    th.classList.add("sortable");
    th.addEventListener("click", () => sort(th, i));
    th.append(button);
  });
  input.addEventListener("input", search);
  document.addEventListener("keydown", (e) => {
    if (e.key === "/" && document.activeElement !== input) {
      e.preventDefault();
      input.focus();
    } else if (e.key === "Escape" && document.activeElement === input) {
      input.value = "";
      search();
    }
  });
  tools.hidden = false;
  search();
})();
