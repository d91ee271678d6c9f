// Tells rows whether they are on the screen or near it, with one observer for all of them.

/** How far outside the screen is near. */
const MARGIN = '50%';

/** What wants to know. */
export interface Nearable {
  near: boolean;
}

export class Nearness {
  readonly #targets = new WeakMap<Element, Nearable>();
  readonly #observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        const nearable = this.#targets.get(target);
        if (nearable !== undefined) nearable.near = isIntersecting;
      }
    },
    { rootMargin: MARGIN },
  );

  /** Makes an attachment that keeps `nearable.near` right for the element it is attached to. */
  watch(nearable: Nearable): (element: Element) => () => void {
    return (element) => {
      this.#targets.set(element, nearable);
      this.#observer.observe(element);
      return () => this.#observer.unobserve(element);
    };
  }
}
