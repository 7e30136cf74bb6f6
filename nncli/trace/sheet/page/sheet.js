"use strict";
// Saves the answers as the table that `nncli grade` reads.

const sheet = JSON.parse(document.getElementById("sheet").textContent);
const blanks = [...document.querySelectorAll("input[data-blank]")];

function quoted(text) {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The table with each answer appended to its row. */
function filledIn() {
  const answers = new Map(blanks.map(({ dataset, value }) => [dataset.blank, value.trim()]));
  return sheet.table.split("\n").map((row) => {
    const answer = answers.get(row.split(",", 1)[0]);
    return answer ? row + quoted(answer) : row;
  }).join("\n");
}

function fileName() {
  const name = document.getElementById("name").value.trim().replaceAll(/[^\p{L}\p{N}._-]+/gu, "_");
  return sheet.file || `${name || "answers"}.csv`;
}

function count() {
  const done = blanks.filter(({ value }) => value.trim() !== "").length;
  document.getElementById("done").textContent = `${done} of ${blanks.length} filled in`;
}

document.getElementById("save").addEventListener("click", () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([filledIn()], { type: "text/csv" }));
  link.download = fileName();
  link.click();
  URL.revokeObjectURL(link.href);
});
document.getElementById("print").addEventListener("click", () => window.print());
document.addEventListener("input", count);
window.addEventListener("beforeunload", (event) => {
  if (blanks.some(({ value }) => value.trim() !== "")) event.preventDefault();
});
count();
