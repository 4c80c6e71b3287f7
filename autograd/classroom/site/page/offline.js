// Keeps the site in the browser, so that it begins fast, and without a network.
const VERSION = "{{version}}", FILES = {{files}}, LATER = {{later}};
const HOME = new URL(".", location.href).href, NAME = `chalkgrad ${HOME} ${VERSION}`;

self.addEventListener("install", (event) => event.waitUntil((async () => {
  const cache = await caches.open(NAME);
  await Promise.all(FILES.map((file) => keep(cache, file)));
})()));

// What is packed is kept unpacked, which saves time at every visit. What a server sent on to another address is kept too
async function keep(cache, file) {
  const answer = await fetch(HOME + file, { cache: "no-cache" });
  if (!answer.ok) throw new Error(`${file}: ${answer.status}`);
  let body = await answer.arrayBuffer();
  const [first, second] = new Uint8Array(body);
  if (first === 0x1f && second === 0x8b) body = new Blob([body]).stream().pipeThrough(new DecompressionStream("gzip"));
  await cache.put(HOME + file, new Response(body, { headers: { "content-type": answer.headers.get("content-type") ?? "" } }));
}

self.addEventListener("activate", (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name.startsWith(`chalkgrad ${HOME} `) && name !== NAME) await caches.delete(name);
  await self.clients.claim();
  const cache = await caches.open(NAME);
  for (const file of LATER) await keep(cache, file).catch(() => 0);  // the reference, which nobody waits for
})()));

self.addEventListener("fetch", (event) => {
  const address = event.request.url.replace(/[?#].*/, "");
  if (event.request.method !== "GET" || !address.startsWith(HOME)) return;
  const file = address === HOME ? `${HOME}index.html` : address;
  event.respondWith((async () => (await (await caches.open(NAME)).match(file)) ?? fetch(event.request))());
});
