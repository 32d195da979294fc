// The button that changes between the light and the dark theme.

import { byId, mark, say } from "./dom.js";

const SYSTEM = matchMedia("(prefers-color-scheme: dark)");

/** Whether the page is dark now: as its viewer chose, or as the system is. */
export function dark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : SYSTEM.matches;
}

/** Makes the button work; `changed` is called after each change of the theme. */
export function themeButton(changed) {
  const name = () => {
    say(byId("theme"), dark() ? "Light" : "Dark");
    mark(byId("theme"), "aria-label", dark() ? "Light theme" : "Dark theme");
  };
  const change = () => {
    name();
    changed();
  };
  byId("theme").addEventListener("click", () => {
    const theme = dark() ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    sessionStorage.setItem("theme", theme);
    change();
  });
  SYSTEM.addEventListener("change", change);
  name();
}
