// Writes editor.LICENCES.txt: the licences of all packages that are bundled into editor.js.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

const lock = JSON.parse(readFileSync("package-lock.json", "utf8"));
const texts = Object.entries(lock.packages).filter(([path, { dev }]) => path && !dev).map(([path, { version }]) => {
  const file = readdirSync(path).find((name) => /^licen[cs]e/i.test(name));
  return `${path.replace(/^.*node_modules\//, "")} ${version}\n\n${readFileSync(`${path}/${file}`, "utf8").trim()}\n`;
});
writeFileSync("editor.LICENCES.txt", `What is bundled into editor.js, and under which licences.\n\n${texts.join(`\n${"-".repeat(80)}\n\n`)}`);
