// Keep the page for use without a network. The service worker comes a while after the
// engine is there, so that it does not take the processor from the first table.

const WHILE = 3000;

export async function keepForOffline(base) {
  await new Promise((resolve) => setTimeout(resolve, WHILE));
  if (!('serviceWorker' in navigator) || window.top !== window) return;
  try {
    await navigator.serviceWorker.register(new URL('sw.js', base), { updateViaCache: 'none' });
  } catch {
    // without a service worker the page works, with a network
  }
}
