// Where the page is: a view and what of it is shown, all of it in the address, so that a link shows what somebody saw.

/** The views, by the first word of the path. */
export type Place =
  | { readonly view: 'fleet' }
  | { readonly view: 'machine'; readonly machine: string }
  | { readonly view: 'system' }
  | { readonly view: 'alerts' };

export class Router {
  place: Place = $state.raw({ view: 'fleet' });
  /** What the address says behind `?`. */
  query: URLSearchParams = $state.raw(new URLSearchParams());

  /** The view's path and query as they were when it was left, to go back to where somebody was. */
  #left = '/';

  constructor() {
    this.#read();
    addEventListener('popstate', () => this.#read());
    // Links are links, for new tabs and for who copies them; an ordinary click stays on the page.
    addEventListener('click', (event) => {
      if (
        event.defaultPrevented ||
        event.button !== 0 ||
        event.metaKey ||
        event.ctrlKey ||
        event.shiftKey ||
        event.altKey
      )
        return;
      const link = event.target instanceof Element ? event.target.closest('a') : null;
      if (link === null || link.target !== '' || link.origin !== location.origin || link.hasAttribute('download'))
        return;
      if (placeOf(link.pathname) === undefined || link.getAttribute('href')?.startsWith('#')) return;
      event.preventDefault();
      this.go(link.pathname + link.search);
    });
  }

  /** Goes to a path of this page, `/m/db-01?pause=…`. What holds on every view, as `kiosk`, is taken along. */
  go(path: string): void {
    const to = new URL(path, location.href);
    for (const name of EVERYWHERE) {
      const value = this.query.get(name);
      if (value !== null && !to.searchParams.has(name)) to.searchParams.set(name, value);
    }
    if (to.pathname !== location.pathname) this.#left = location.pathname + location.search;
    if (to.href !== location.href) history.pushState(null, '', to);
    this.#read();
    scrollTo(0, 0);
  }

  /** Back to the fleet as it was when it was left. */
  back(): void {
    this.go(placeOf(new URL(this.#left, location.href).pathname)?.view === 'fleet' ? this.#left : '/');
  }

  /** Changes what the address says, without a step in the browser's history; undefined takes a name out. */
  set(changes: Readonly<Record<string, string | undefined>>): void {
    const to = new URL(location.href);
    for (const [name, value] of Object.entries(changes)) {
      if (value === undefined || value === '') to.searchParams.delete(name);
      else to.searchParams.set(name, value);
    }
    if (to.href === location.href) return;
    history.replaceState(null, '', to);
    this.#read();
  }

  #read(): void {
    const place = placeOf(location.pathname) ?? { view: 'fleet' };
    if (JSON.stringify(place) !== JSON.stringify(this.place)) this.place = place;
    this.query = new URLSearchParams(location.search);
  }
}

/** What is taken along from view to view. */
const EVERYWHERE = ['kiosk', 'theme', 'from', 'to', 'at', 'minutes', 'against'];

/** The address of a machine. A name may hold anything, also halves of characters. */
export function pathOfMachine(machine: string): string {
  return `/m/${encodeURIComponent(machine.replace(/\p{Surrogate}/gu, '\u{fffd}'))}`;
}

function placeOf(pathname: string): Place | undefined {
  if (pathname === '/' || pathname === '/index.html') return { view: 'fleet' };
  if (pathname === '/system') return { view: 'system' };
  if (pathname === '/alerts') return { view: 'alerts' };
  if (!pathname.startsWith('/m/')) return undefined;
  try {
    const machine = decodeURIComponent(pathname.slice('/m/'.length));
    return machine === '' ? undefined : { view: 'machine', machine };
  } catch {
    return undefined;
  }
}
