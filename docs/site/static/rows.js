// A field above each long table: only rows that hold what is typed into it are shown.
document.addEventListener("DOMContentLoaded", () => {
  const chinese = document.documentElement.lang.startsWith("zh");
  for (const table of document.querySelectorAll("article table")) {
    const rows = [...table.querySelectorAll("tbody tr")];
    if (rows.length < 30) continue;
    const field = document.createElement("input");
    field.type = "search";
    field.className = "filter-rows";
    field.placeholder = chinese ? "在表中查找" : "Find in this table";
    field.setAttribute("aria-label", field.placeholder);
    field.addEventListener("input", () => {
      const wanted = field.value.trim().toLowerCase();
      for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
    });
    const above = table.closest(".table-wrapper") ?? table;
    above.parentNode.insertBefore(field, above);
  }
});
