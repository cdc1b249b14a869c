// Filters of tables and the search of a report. Without this script the pages are whole, and only
// these two are missing. What pages and records say goes in as text, never as markup.
(() => {
  "use strict";

  function make(tag, properties = {}, children = []) {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  }

  function words(node) {
    return node.textContent.replace(/\s+/g, " ").trim();
  }

  // Without case and accents: "Rozenblit" and "rózenblit" are the same to who searches.
  function folded(text) {
    return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  }

  function asked(text) {
    return folded(text).split(/\s+/).filter(Boolean);
  }

  // Filters -------------------------------------------------------------------------------------

  // "yes (3)" is chosen as "yes".
  function choice(cell) {
    return words(cell).replace(/ \(.*$/, "");
  }

  function labelled(text, control) {
    return make("div", {}, [make("label", {}, [make("span", { textContent: text }), make("br"), control])]);
  }

  function filter(box) {
    const table = box.querySelector("table");
    const rows = [...table.tBodies[0].rows];
    const heads = [...table.tHead.rows[table.tHead.rows.length - 1].cells].map(words);
    const find = make("input", { type: "search", autocomplete: "off" });
    const selects = JSON.parse(box.dataset.choices || "[]").map((name) => {
      const column = heads.indexOf(name);
      const values = [...new Set(rows.map((row) => choice(row.cells[column])))].sort();
      const options = values.map((value) => make("option", { value, textContent: value }));
      const select = make("select", {}, [make("option", { value: "", textContent: "any" }), ...options]);
      return { column, name, select };
    });
    const clear = make("button", { type: "button", textContent: "Show all" });
    const told = make("p", { className: "told" });
    told.setAttribute("role", "status");
    const place = make("div", { className: "filters" }, [
      ...(box.dataset.searched ? [labelled(box.dataset.searched, find)] : []),
      ...selects.map((one) => labelled(one.name, one.select)),
      clear,
      told,
    ]);
    place.setAttribute("role", "group");
    place.setAttribute("aria-label", "Filter the table");
    box.before(place);

    function apply() {
      const wanted = asked(find.value);
      let shown = 0;
      for (const row of rows) {
        const text = folded(words(row));
        row.hidden = !(
          wanted.every((word) => text.includes(word)) &&
          selects.every((one) => !one.select.value || choice(row.cells[one.column]) === one.select.value)
        );
        shown += row.hidden ? 0 : 1;
      }
      told.textContent = `${shown} of ${rows.length} rows shown`;
      clear.disabled = shown === rows.length;
    }
    find.addEventListener("input", apply);
    for (const one of selects) one.select.addEventListener("change", apply);
    clear.addEventListener("click", () => {
      find.value = "";
      for (const one of selects) one.select.value = "";
      apply();
      find.focus();
    });
    apply();
  }

  // Search --------------------------------------------------------------------------------------

  const MOST = 60;

  function rank(entry, wanted) {
    const heading = folded(`${entry.title} ${entry.heading}`);
    const text = folded(entry.text);
    let score = 0;
    for (const word of wanted) {
      const named = heading.includes(word);
      const times = text.split(word).length - 1;
      if (!named && !times) return 0;
      score += (named ? 20 : 0) + (folded(entry.title) === word ? 30 : 0) + Math.min(times, 8);
    }
    return score;
  }

  // A few words around the first hit, with every hit marked.
  function snippet(entry, wanted) {
    const parts = entry.text.split(" ");
    const hits = (part) => wanted.some((word) => folded(part).includes(word));
    const first = Math.max(0, parts.findIndex(hits) - 8);
    const shown = parts.slice(first, first + 32);
    const line = make("p", {}, [first ? "… " : ""]);
    for (const part of shown) line.append(hits(part) ? make("mark", { textContent: part }) : part, " ");
    line.append(first + 32 < parts.length ? "…" : "");
    return line;
  }

  function search(index, text) {
    const wanted = asked(text);
    const found = index
      .map((entry) => ({ entry, score: wanted.length ? rank(entry, wanted) : 0 }))
      .filter((one) => one.score)
      .sort((a, b) => b.score - a.score);
    const results = document.getElementById("results");
    results.replaceChildren(
      ...found.slice(0, MOST).map(({ entry }) => {
        const name = [entry.title, entry.heading].filter(Boolean).join(": ");
        const link = make("a", { href: entry.file, textContent: name });
        const chapter = entry.chapter && entry.chapter !== entry.title ? ` ${entry.chapter}` : "";
        return make("li", {}, [link, make("span", { className: "aside", textContent: chapter }), snippet(entry, wanted)]);
      }),
    );
    const more = found.length > MOST ? `; the first ${MOST} are shown` : "";
    document.getElementById("found").textContent = wanted.length
      ? `${found.length} ${found.length === 1 ? "place" : "places"} with “${text}”${more}`
      : "Type what you look for above.";
  }

  function startSearch(index) {
    const field = document.querySelector('header input[type="search"]');
    field.value = new URLSearchParams(location.search).get("q") || "";
    field.addEventListener("input", () => search(index, field.value));
    field.form.addEventListener("submit", (event) => {
      event.preventDefault();
      search(index, field.value);
    });
    search(index, field.value);
  }

  // Only what is too wide for the window can be reached to scroll it.
  function reachable() {
    for (const box of document.querySelectorAll(".scroll, pre")) {
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  }

  for (const box of document.querySelectorAll("[data-choices], [data-searched]")) filter(box);
  if (window.metaoncIndex) startSearch(window.metaoncIndex);
  reachable();
  window.addEventListener("resize", reachable);
  window.addEventListener("beforeprint", () => {
    for (const closed of document.querySelectorAll("details:not([open])")) closed.open = true;
  });
})();
