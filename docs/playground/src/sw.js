// The service worker: every file of one build under the build's hash. A page uses the
// build that it was opened with; a new one is used when the old pages are closed.

const NAME = `archcalc-${BUILD_HASH}`;
const home = new URL('./', self.location.href);
const own = new Set(BUILD_FILES.map((file) => new URL(file, home).href));

self.addEventListener('install', (event) => {
  const requests = BUILD_FILES.map((file) => new Request(new URL(file, home), { cache: 'no-cache' }));
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll(requests)));
});

self.addEventListener('activate', (event) => {
  const remove = async () => {
    const names = await caches.keys();
    const old = names.filter((name) => name.startsWith('archcalc-') && name !== NAME);
    await Promise.all(old.map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(remove());
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const address = new URL(request.url);
  address.search = address.hash = '';
  if (request.method !== 'GET') return;
  const isHome = request.mode === 'navigate' && address.href === home.href;
  const file = isHome ? new URL('index.html', home).href : address.href;
  if (!own.has(file)) return;
  const answer = async () => {
    const cache = await caches.open(NAME);
    return (await cache.match(file)) ?? fetch(request);
  };
  event.respondWith(answer());
});
