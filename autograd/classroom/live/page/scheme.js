// Light or dark, whatever the system prefers: turns the rules that ask for one of them on or off.
// A page within the live page, which may be any, has these names too.
const rulesOfSchemes = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]).filter((rule) => rule.media?.mediaText.includes("prefers-color-scheme"));
const meantFor = rulesOfSchemes.map((rule) => rule.media.mediaText);
function scheme(isDark) {
  document.documentElement.style.colorScheme = isDark ? "dark" : "light";
  rulesOfSchemes.forEach((rule, i) => { rule.media.mediaText = /dark/.test(meantFor[i]) === isDark ? meantFor[i].replace(/\(prefers-color-scheme: *\w+\)/, "(min-width: 0)") : "not all" });
}
