"use strict";
// Search, filters and sort. The page is whole without them.
(() => {
  const table = document.querySelector("table.ports");
  if (!table) return;
  const tools = document.querySelector(".tools");
  const input = tools.querySelector("input");
  const shown = tools.querySelector("output");
  const all = tools.querySelector(".all");
  const nothing = document.querySelector(".nothing");
  const blocks = [...table.querySelectorAll("tbody.block")].map((body) => ({
    body,
    section: document.getElementById(body.dataset.section),
    rows: [...body.querySelectorAll("tr.row")],
  }));
  const total = blocks.reduce((n, b) => n + b.rows.length, 0);
  const number = (n) => n.toLocaleString("en");

  // What can be found in a row: its texts, and those of its headings.
  const texts = new Map();
  function text(row, b) {
    if (!texts.has(row)) {
      b.head ??= b.section.querySelector("h2").textContent + " " + (b.body.querySelector("tr.head b")?.textContent ?? "");
      texts.set(row, ([...row.cells].map((c) => c.textContent).join(" ") + " " + b.head).toLowerCase());
    }
    return texts.get(row);
  }

  // The filters that are pressed, by group: a row needs one of each group.
  const wanted = new Map();
  const has = {
    section: (row, b, which) => which.has(b.section.id),
    port: (row, b, which) => which.has(row.cells[0].textContent + "/" + row.cells[1].textContent),
  };
  const hasWord = (row, b, which) => row.dataset.is.split(" ").some((word) => which.has(word));

  function press(button, { group, show }) {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", on);
    const which = wanted.get(group) ?? new Set();
    if (on) which.add(show);
    else which.delete(show);
    if (which.size) wanted.set(group, which);
    else wanted.delete(group);
    update();
  }

  function showAll() {
    wanted.clear();
    for (const b of document.querySelectorAll("[data-show] button")) b.setAttribute("aria-pressed", false);
    input.value = "";
    update();
  }

  function update() {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const groups = [...wanted].map(([group, which]) => [has[group] ?? hasWord, which]);
    const live = new Set();
    let n = 0;
    for (const b of blocks) {
      let found = 0;
      for (const row of b.rows) {
        row.hidden = !(groups.every(([test, which]) => test(row, b, which)) && words.every((w) => text(row, b).includes(w)));
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
    const rows = `${number(total)} ${total === 1 ? "row" : "rows"}`;
    const some = words.length > 0 || groups.length > 0;
    shown.textContent = some ? `${number(n)} of ${rows}` : rows;
    all.hidden = !some;
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
  for (const item of document.querySelectorAll("[data-show]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-pressed", false);
    button.append(...item.childNodes);
    button.addEventListener("click", () => press(button, item.dataset));
    item.append(button);
  }
  all.addEventListener("click", showAll);
  input.addEventListener("input", update);
  document.addEventListener("keydown", (e) => {
    if (e.key === "/" && document.activeElement !== input) {
      e.preventDefault();
      input.focus();
    } else if (e.key === "Escape") showAll();
  });
  tools.hidden = false;
  update();
})();
