// Rows of an editable table by keyboard: Alt with an arrow moves the row in which one writes,
// and after the move the same row has the focus again.
"use strict";

document.addEventListener("keydown", (event) => {
  if (!event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
  const row = event.target.closest("tr.movable");
  const button = row && row.querySelector(event.key === "ArrowUp" ? ".move-up" : ".move-down");
  if (!button || button.disabled) return;
  event.preventDefault();
  button.click();
});
// After the browser went to the row by itself, which takes the focus away.
window.addEventListener("load", () => setTimeout(() => {
  const moved = location.hash && document.getElementById(location.hash.slice(1));
  if (moved && moved.matches("tr.movable")) (moved.querySelector("textarea") || moved).focus();
}));
