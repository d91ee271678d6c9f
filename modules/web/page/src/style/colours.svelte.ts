// The page's colours for who draws on a canvas, which knows no tokens.

/** What a canvas takes for a token, `--value-0`, as it is now. */
export function colourOf(token: string): string {
  // Asked of an element: what a token says itself is not worked out.
  const asked = document.createElement('i');
  asked.style.color = `var(${token})`;
  asked.hidden = true;
  document.body.append(asked);
  const { color } = getComputedStyle(asked);
  asked.remove();
  return color;
}

/** Which colours hold: changes when the system's scheme or the reader's choice does. Read it where colours are taken. */
export class Scheme {
  /** Grows with each change. */
  changes = $state(0);

  constructor() {
    const changed = () => {
      this.changes++;
    };
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed);
    new MutationObserver(changed).observe(document.documentElement, { attributeFilter: ['data-theme'] });
  }
}
