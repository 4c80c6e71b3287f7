// Keeps the site in the browser, so that it begins fast, and without a network.
const VERSION = "{{version}}", FILES = {{files}}, LATER = {{later}};
const HOME = new URL(".", location.href).href, NAME = `chalkgrad ${HOME} ${VERSION}`;

self.addEventListener("install", (event) => event.waitUntil((async () => {
  const cache = await caches.open(NAME);
  await cache.addAll(FILES.map((file) => new Request(HOME + file, { cache: "no-cache" })));
})()));

self.addEventListener("activate", (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name.startsWith(`chalkgrad ${HOME} `) && name !== NAME) await caches.delete(name);
  await self.clients.claim();
  const cache = await caches.open(NAME);
  for (const file of LATER) await cache.add(HOME + file).catch(() => 0);  // the reference, which nobody waits for
})()));

self.addEventListener("fetch", (event) => {
  const address = event.request.url.replace(/[?#].*/, "");
  if (event.request.method !== "GET" || !address.startsWith(HOME)) return;
  const file = address === HOME ? `${HOME}index.html` : address;
  event.respondWith((async () => (await (await caches.open(NAME)).match(file)) ?? fetch(event.request))());
});
