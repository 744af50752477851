// The queue by keyboard: up and down move, a letter decides on the chosen rows, or on this one.
"use strict";

const KEPT = "somos-report-row";
const form = document.getElementById("reports");
const rows = [...document.querySelectorAll(".report-row")];
const boxOf = (row) => row.querySelector("input[name=folio]");
const current = () => rows.indexOf(document.activeElement.closest(".report-row"));

function go(index) {
  const row = rows[Math.max(0, Math.min(index, rows.length - 1))];
  if (row) {
    row.focus();
    row.scrollIntoView({ block: "nearest" });
  }
}

function decide(button) {
  const at = Math.max(0, current());
  const box = rows[at] && boxOf(rows[at]);
  if (!rows.some((row) => boxOf(row).checked) && box) {
    box.checked = true;
  }
  sessionStorage.setItem(KEPT, String(at));
  form.requestSubmit(button);
}

function onKey(event) {
  const typing = event.target.closest("input:not([type=checkbox]), select, textarea");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !rows.length) {
    return;
  }
  const at = current();
  const row = rows[at];
  const button = form.querySelector(`button[data-key="${CSS.escape(event.key)}"]`);
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    go(at < 0 ? 0 : at + (event.key === "ArrowDown" ? 1 : -1));
  } else if (button && row) {
    decide(button);
  } else if (event.key === "c" && row) {
    location.assign(`/panel/reportes/${encodeURIComponent(row.dataset.folio)}#corregir`);
  } else if (event.key === "Enter" && event.target === row) {
    location.assign(`/panel/reportes/${encodeURIComponent(row.dataset.folio)}`);
  } else if (event.key === " " && event.target === row && boxOf(row)) {
    boxOf(row).checked = !boxOf(row).checked;
  } else {
    return;
  }
  event.preventDefault();
}

document.addEventListener("keydown", onKey);
const all = document.getElementById("choose-all");
if (all) {
  all.addEventListener("change", () => rows.forEach((row) => { boxOf(row).checked = all.checked; }));
}
const kept = sessionStorage.getItem(KEPT);
sessionStorage.removeItem(KEPT);
if (kept !== null) {
  go(Number(kept));
}
