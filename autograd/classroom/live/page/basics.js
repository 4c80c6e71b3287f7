// What every page needs: its elements, and what is known of who looks at it.
"use strict";
const byId = (id) => document.getElementById(id);
const root = document.documentElement, isTeacher = root.dataset.role === "teacher";

const made = (kind, text = "", name = "") => {
  const element = document.createElement(kind);
  element.textContent = text;
  if (name) element.className = name;
  return element;
};

// What is asked arrives in the order in which it was asked; but nothing waits long for what gets no answer
const me = Math.random().toString(36).slice(2, 10);  // this page, which need not be told what it has asked for itself
const post = (address) => Promise.race([fetch(address, { method: "POST" }).catch(() => 0), new Promise((done) => setTimeout(done, 2000))]);
let asked = Promise.resolve();
const ask = (action, parameters = {}) => asked = asked.then(() => post(`${action}?${new URLSearchParams({ ...parameters, by: me })}`));
const remember = (name, value) => { try { localStorage.setItem(name, value) } catch {} };
const remembered = (name) => { try { return localStorage.getItem(name) } catch { return null } };

const prefersDark = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (remembered("shade") ?? (prefersDark.matches ? "dark" : "light")) === "dark";
const paint = () => { root.classList.toggle("dark", isDark()); scheme(isDark()) };
prefersDark.onchange = paint;

// A document that is parsed to be copied from; it never becomes part of the page
const unread = window.trustedTypes?.createPolicy("drawing", { createHTML: (text) => text }) ?? { createHTML: (text) => text };

// What rendered Markdown may be made of; the server lets no other HTML through either
const TEXT = new Set("h1 h2 h3 h4 h5 h6 p em strong s code pre ul ol li table thead tbody tr th td blockquote hr br a".split(" "));
function copiedText(node) {
  if (node.nodeType === Node.TEXT_NODE) return document.createTextNode(node.data);
  if (node.nodeType !== Node.ELEMENT_NODE) return null;
  if (node.localName === "img") return document.createTextNode(node.getAttribute("alt") ?? "");
  const copy = TEXT.has(node.localName) ? document.createElement(node.localName) : document.createDocumentFragment();
  if (node.localName === "a" && /^https?:\/\//i.test(node.getAttribute("href") ?? "")) {
    copy.href = node.getAttribute("href");
    copy.target = "_blank";
    copy.rel = "noopener noreferrer";
  }
  if (node.localName === "ol" && node.start > 1) copy.start = node.start;
  copy.append(...[...node.childNodes].map(copiedText).filter(Boolean));
  return copy;
}

function text(html) {
  const element = made("div", "", "text");
  const body = new DOMParser().parseFromString(unread.createHTML(html), "text/html").body;
  element.append(...[...body.childNodes].map(copiedText).filter(Boolean));
  return element;
}

// Lines of code in their colours; each has its number in the file
function code(content) {
  const list = made("ol");
  list.append(...content.lines.map((pieces, i) => {
    const item = made("li");
    item.dataset.line = content.first + i;
    const indent = pieces.map(([, text]) => text).join("").match(/^ */)[0].length;  // where it goes on if it is broken
    if (indent) item.style.setProperty("--indent", `${Math.min(indent, 16)}ch`);
    item.append(...pieces.map(([kind, text]) => (kind ? made("span", text, kind) : text)));
    if (!pieces.length) item.append("\n");
    return item;
  }));
  return list;
}
