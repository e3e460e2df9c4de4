// Keep the page for use without a network. The service worker comes after the engine is
// there, so that the first visit loads nothing twice at the same time.

export async function keepForOffline(base) {
  if (!('serviceWorker' in navigator) || window.top !== window) return;
  try {
    await navigator.serviceWorker.register(new URL('sw.js', base), { updateViaCache: 'none' });
  } catch {
    // without a service worker the page works, with a network
  }
}
