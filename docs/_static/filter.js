/* Filters for a table of class "filterable", made from what the table says.

A page names the columns to choose from in <div class="table-filters" data-choices="A,B">; without
this script the div stays empty and the table whole. Text goes in as text, never as markup. */
(function () {
  "use strict";

  function make(tag, properties, children) {
    var element = document.createElement(tag);
    Object.assign(element, properties);
    (children || []).forEach(function (child) { element.append(child); });
    return element;
  }

  function words(cell) {
    return cell.textContent.replace(/\s+/g, " ").trim();
  }

  /* "yes (3)" is chosen as "yes". */
  function choice(cell) {
    return words(cell).replace(/ \(.*$/, "");
  }

  function labelled(text, control, number) {
    control.id = "filter-" + number;
    return make("div", { className: "table-filter" }, [
      make("label", { htmlFor: control.id, textContent: text }), control,
    ]);
  }

  function set_up(place, table) {
    var rows = Array.from(table.tBodies[0].rows);
    var heads = Array.from(table.tHead.rows[0].cells).map(words);
    var patients = heads.indexOf("Patients");
    var find = make("input", { type: "search", autocomplete: "off" });
    var selects = [];
    var told = make("p", { className: "table-filter-count" });
    told.setAttribute("role", "status");
    var clear = make("button", { type: "button", textContent: "Show all" });
    place.setAttribute("role", "search");
    place.setAttribute("aria-label", "Filter the table");
    place.append(labelled(place.dataset.text || "Find", find, 0));
    place.dataset.choices.split(",").forEach(function (name, i) {
      var column = heads.indexOf(name.trim());
      if (column < 0) { return; }
      var values = new Set(rows.map(function (row) { return choice(row.cells[column]); }));
      var options = Array.from(values).sort().map(function (value) {
        return make("option", { value: value, textContent: value });
      });
      var any = make("option", { value: "", textContent: "any" });
      var select = make("select", {}, [any].concat(options));
      selects.push({ column: column, select: select });
      place.append(labelled(heads[column], select, i + 1));
    });
    place.append(clear, told);

    function apply() {
      var wanted = find.value.toLowerCase().split(/\s+/).filter(Boolean);
      var shown = 0;
      var people = 0;
      rows.forEach(function (row) {
        var text = words(row).toLowerCase();
        var fits = wanted.every(function (word) { return text.includes(word); });
        fits = fits && selects.every(function (one) {
          return !one.select.value || choice(row.cells[one.column]) === one.select.value;
        });
        row.hidden = !fits;
        if (fits) {
          shown += 1;
          people += Number(words(row.cells[patients]).replace(/,/g, "")) || 0;
        }
      });
      told.textContent = shown + " of " + rows.length + " trials shown, " +
        people.toLocaleString("en-US") + " patients";
      clear.disabled = shown === rows.length;
    }

    find.addEventListener("input", apply);
    selects.forEach(function (one) { one.select.addEventListener("change", apply); });
    clear.addEventListener("click", function () {
      find.value = "";
      selects.forEach(function (one) { one.select.value = ""; });
      apply();
      find.focus();
    });
    apply();
  }

  document.querySelectorAll(".table-filters").forEach(function (place) {
    var table = document.querySelector("table.filterable");
    if (table) { set_up(place, table); }
  });
})();
