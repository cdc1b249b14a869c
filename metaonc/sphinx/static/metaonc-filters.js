/* Filters for tables, made from what the table says.

A page names the columns to choose from in <div class="metaonc-filters" data-choices="A,B"> before
the table; without this script the div stays empty and the table whole. Text goes in as text, never
as markup. */
(function () {
  "use strict";

  var SUMMED = "Patients";

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

  function set_up(place, table, number) {
    var rows = Array.from(table.tBodies[0].rows);
    var head = table.tHead.rows[table.tHead.rows.length - 1];
    var heads = Array.from(head.cells).map(words);
    var summed = heads.indexOf(SUMMED);
    var find = make("input", { type: "search", autocomplete: "off" });
    var selects = [];
    var told = make("p", { className: "metaonc-filter-count" });
    var clear = make("button", { type: "button", textContent: "Show all" });

    function add(text, control) {
      control.id = "metaonc-filter-" + number + "-" + place.children.length;
      place.append(make("div", { className: "metaonc-filter" }, [
        make("label", { htmlFor: control.id, textContent: text }), control,
      ]));
    }

    told.setAttribute("role", "status");
    place.setAttribute("role", "search");
    place.setAttribute("aria-label", "Filter the table");
    add(place.dataset.text || "Find", find);
    place.dataset.choices.split(",").forEach(function (name) {
      var column = heads.indexOf(name.trim());
      if (column < 0) { return; }
      var values = new Set(rows.map(function (row) { return choice(row.cells[column]); }));
      var options = Array.from(values).sort().map(function (value) {
        return make("option", { value: value, textContent: value });
      });
      var any = make("option", { value: "", textContent: "any" });
      var select = make("select", {}, [any].concat(options));
      selects.push({ column: column, select: select });
      add(heads[column], select);
    });
    place.append(clear, told);

    function apply() {
      var wanted = find.value.toLowerCase().split(/\s+/).filter(Boolean);
      var shown = 0;
      var sum = 0;
      rows.forEach(function (row) {
        var text = words(row).toLowerCase();
        var fits = wanted.every(function (word) { return text.includes(word); });
        fits = fits && selects.every(function (one) {
          return !one.select.value || choice(row.cells[one.column]) === one.select.value;
        });
        row.hidden = !fits;
        if (fits) {
          shown += 1;
          sum += summed < 0 ? 0 : Number(words(row.cells[summed]).replace(/,/g, "")) || 0;
        }
      });
      told.textContent = shown + " of " + rows.length + " shown" +
        (summed < 0 ? "" : ", " + sum.toLocaleString("en-US") + " patients");
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

  document.querySelectorAll(".metaonc-filters").forEach(function (place, number) {
    var table = place.parentElement.querySelector("table");
    if (table) { set_up(place, table, number); }
  });
})();
