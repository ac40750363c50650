// Puts theme, density and language on <html> before the first paint. The app does the same later from
// src/lib/preferences.ts; this copy only exists because a module runs after the page is painted.
(function () {
  var root = document.documentElement;
  var saved = {};
  try {
    saved = JSON.parse(localStorage.getItem("switchboard.preferences") || "{}") || {};
  } catch {
    // Storage is blocked or holds something else: the defaults below are right.
  }
  var dark = saved.theme === "dark" || (saved.theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  root.dataset.mantineColorScheme = dark ? "dark" : "light";
  if (saved.density === "compact" || saved.density === "comfortable") root.dataset.density = saved.density;
  var language = saved.language || navigator.language || "en";
  root.lang = language.slice(0, 2) === "zh" ? "zh-CN" : "en";
})();
