// The first page: what the reader has kept in this browser.
document.querySelector("#shade").onclick = () => { remember("shade", isDark() ? "light" : "dark"); paint() };
paint();

function showYours() {
  const list = keeping.list();
  byId("yours").hidden = !list.length;
  byId("yours").querySelector("ul").replaceChildren(...list.map(([id, work]) => {
    const item = made("li"), link = made("a", work.title || work.file), gone = made("button", say("site delete"), "minor");
    link.href = `work.html#${id}`;
    gone.type = "button";
    gone.onclick = () => {
      if (gone.textContent === say("site delete")) { gone.textContent = say("site delete sure"); return; }
      keeping.remove(id);
      showYours();
    };
    item.append(link, made("span", new Date(work.when).toLocaleString(language), "small"), gone);
    return item;
  }));
}
showYours();
offline().then((can) => { byId("offline").textContent = say(can ? "site offline" : "site no offline") });
