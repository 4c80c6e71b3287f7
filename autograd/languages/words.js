// What a page says: say() is that of Python. The language is the one that was chosen when the page was made, or else
// the browser's. The page's own HTML is in English, and is said in that language at once.
"use strict";
const spoken = JSON.parse(document.getElementById("texts").textContent);
const language = spoken.chosen || [...navigator.languages, "en"].map((each) => each.slice(0, 2)).find((each) => each === "en" || spoken[each]) || "en";
const separated = (n) => Number(n).toLocaleString("en").replaceAll(",", spoken.separators?.[language] ?? ",");  // as that of Python
const say = (key, ...parts) => (spoken[language]?.[key] ?? spoken.en?.[key] ?? key)
  .replace(/\{(\d)(:,)?\}/g, (place, i, comma) => (i in parts ? (comma ? separated(parts[i]) : parts[i]) : place));

document.documentElement.lang = language;
if (language !== "en") {
  const inOther = new Map(Object.keys(spoken[language]).map((key) => [spoken.en?.[key] ?? key, spoken[language][key]]));
  const told = (text) => inOther.has(text.trim()) ? text.replace(text.trim(), () => inOther.get(text.trim())) : text;
  document.title = told(document.title);
  for (const element of document.querySelectorAll("body, body *:not(svg, svg *, pre, script, style, noscript)")) {
    for (const name of ["title", "aria-label", "placeholder"]) if (element.hasAttribute(name)) element.setAttribute(name, told(element.getAttribute(name)));
    for (const node of element.childNodes) if (node.nodeType === Node.TEXT_NODE) node.data = told(node.data);
  }
}
