// Runs before the page is painted, so that a chosen theme never flashes. What was chosen lasts as long as the tab.
(() => {
  const root = document.documentElement;
  const chosen = sessionStorage.getItem("theme");
  if (chosen === "dark" || chosen === "light") root.dataset.theme = chosen;
})();
