// Keeps the reader's work, and the site, in this browser, and nowhere else.
const keeping = (() => {
  const BEGINNING = `chalkgrad ${new URL(".", location.href).pathname} `;  // another site may have the same storage
  const key = (id) => `${BEGINNING}${id}`;
  const read = (name) => { try { return JSON.parse(localStorage.getItem(name)) } catch { return null } };
  return {
    // What was kept: {title, file, source, when}; null if nothing was
    get: (id) => read(key(id)),
    // Returns "" if it is kept, else the name of the text that says why not
    put(id, work) {
      try {
        localStorage.setItem(key(id), JSON.stringify({ ...work, when: Date.now() }));
        return "";
      } catch (error) {
        return error?.name === "QuotaExceededError" || error?.name === "NS_ERROR_DOM_QUOTA_REACHED" ? "site storage full" : "site storage forbidden";
      }
    },
    remove(id) { try { localStorage.removeItem(key(id)) } catch {} },
    // All that is kept, the newest first, as [id, work]
    list() {
      let names = [];
      try { names = Object.keys(localStorage) } catch {}
      const found = names.filter((name) => name.startsWith(BEGINNING)).map((name) => [name.slice(BEGINNING.length), read(name)]);
      return found.filter(([, work]) => work?.source !== undefined).sort(([, one], [, other]) => other.when - one.when);
    },
    // Called with what another tab has kept of this
    watch(id, changed) { addEventListener("storage", (event) => { if (event.key === key(id)) changed(read(key(id))) }) },
  };
})();

// Keeps the site itself, to work without a network; resolves to whether the browser does so
async function offline() {
  try {
    const registration = await navigator.serviceWorker.register("offline.js");
    const began = registration.active ?? registration.waiting ?? registration.installing;
    return await new Promise((done) => {
      const look = () => { if (registration.active || began.state === "redundant") done(!!registration.active) };
      began.addEventListener("statechange", look);
      look();
    });
  } catch {
    return false;
  }
}
