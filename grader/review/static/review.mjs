// Ctrl and Enter saves from the comment too; a new page says what it is at its beginning.
document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("form.give");
  if (form && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    form.requestSubmit(form.querySelector("button.main"));
  }
});
