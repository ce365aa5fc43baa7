// The site's own switch between light and dark counts here too; without it the system's setting does.
try {
  const theme = localStorage.getItem("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch { /* storage may be forbidden; the page works without */ }
// In the package there is no site around these pages.
if (location.pathname.includes("/pages/atlas/"))
  addEventListener("DOMContentLoaded", () => document.querySelector(".home")?.remove());
