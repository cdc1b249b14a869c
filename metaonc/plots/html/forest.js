// Sorting, folding and sources of forest plots. Without this script the page is a plain table whose
// numbers link to their sources.
(() => {
  "use strict";

  const NEXT = { none: "ascending", ascending: "descending", descending: "none" };

  function text(node) {
    return node.textContent.replace(/\s+/g, " ").trim();
  }

  // Order of two rows by one column; rows without a value come last in either direction.
  function comparison(column, numeric, direction) {
    const value = (row) => {
      const cell = row.cells[column];
      if (!numeric) return text(cell);
      return cell.dataset.sort === undefined ? "" : Number(cell.dataset.sort);
    };
    return (first, second) => {
      const [a, b] = [value(first), value(second)];
      if (a === "" || b === "") return (a === "") - (b === "");
      const sign = direction === "descending" ? -1 : 1;
      return sign * (numeric ? a - b : a.localeCompare(b, "en", { numeric: true }));
    };
  }

  function sort(root, heading) {
    const direction = NEXT[heading.getAttribute("aria-sort") || "none"];
    for (const other of root.querySelectorAll("th[aria-sort]")) other.removeAttribute("aria-sort");
    if (direction !== "none") heading.setAttribute("aria-sort", direction);
    const numeric = heading.dataset.kind === "number";
    const order =
      direction === "none"
        ? (first, second) => first.dataset.order - second.dataset.order
        : comparison(heading.cellIndex, numeric, direction);
    for (const body of root.querySelector("table").tBodies) {
      const rows = [...body.querySelectorAll("tr.study")];
      if (!rows.length) continue;
      const after = rows[rows.length - 1].nextSibling;
      for (const row of rows.sort(order)) body.insertBefore(row, after);
    }
    root.querySelector(".status").textContent =
      direction === "none"
        ? "Studies in their first order."
        : `Studies sorted by ${text(heading)}, ${direction}.`;
  }

  function fold(button) {
    const open = button.getAttribute("aria-expanded") !== "true";
    button.setAttribute("aria-expanded", String(open));
    button.closest("tbody").classList.toggle("folded", !open);
  }

  // One tooltip, filled from the list of sources; it stays while it is pointed at, Escape closes it.
  function tooltip(root) {
    const tip = document.createElement("div");
    tip.className = "tip";
    tip.setAttribute("role", "tooltip");
    tip.hidden = true;
    root.append(tip);
    let leaving;
    let shown;

    function show(link) {
      clearTimeout(leaving);
      const source = document.getElementById(link.getAttribute("href").slice(1));
      if (!source) return;
      tip.textContent = text(source.lastElementChild);
      tip.hidden = false;
      shown = link;
      place(link);
    }
    function place(link) {
      const box = link.getBoundingClientRect();
      const { offsetWidth: width, offsetHeight: height } = tip;
      const room = document.documentElement.clientWidth - width - 8;
      const below = box.bottom + 6;
      const fits = below + height < window.innerHeight || box.top < height + 6;
      tip.style.left = `${Math.max(8, Math.min(box.left, room))}px`;
      tip.style.top = `${fits ? below : box.top - height - 6}px`;
    }
    const hide = () => {
      tip.hidden = true;
    };
    const leave = () => {
      clearTimeout(leaving);
      leaving = setTimeout(hide, 200);
    };
    const linkOf = (node) =>
      node.closest?.("a.source") || node.closest?.("td.plot")?.parentNode.querySelector("a.source");

    root.addEventListener("mouseover", (event) => {
      if (tip.contains(event.target)) return clearTimeout(leaving);
      const link = linkOf(event.target);
      return link ? show(link) : leave();
    });
    root.addEventListener("mouseleave", leave);
    root.addEventListener("focusin", (event) => {
      const link = event.target.closest("a.source");
      return link ? show(link) : hide();
    });
    root.addEventListener("focusout", hide);
    root.addEventListener("click", (event) => {
      const link = event.target.closest("a.source");
      if (!link || event.pointerType !== "touch") return;
      event.preventDefault(); // a finger cannot hover: it asks for the source, not for the way there
      show(link);
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") hide();
    });
    const follow = () => {
      if (!tip.hidden) place(shown);
    };
    document.addEventListener("scroll", follow, { passive: true, capture: true });
    window.addEventListener("resize", follow);
  }

  for (const root of document.querySelectorAll(".metaonc-forest:not([data-ready])")) {
    root.dataset.ready = "";
    root.querySelectorAll("tr.study").forEach((row, i) => {
      row.dataset.order = i;
    });
    for (const button of root.querySelectorAll("thead button")) {
      button.addEventListener("click", () => sort(root, button.parentNode));
    }
    for (const button of root.querySelectorAll("button[aria-expanded]")) {
      button.addEventListener("click", () => fold(button));
    }
    tooltip(root);
  }
})();
