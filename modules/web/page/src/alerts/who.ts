// Who acts, where nobody has to log in: the name that somebody typed last, kept in this browser.

const KEY = 'who';

export function whoWas(): string {
  try {
    return localStorage.getItem(KEY) ?? '';
  } catch {
    return '';
  }
}

export function keepWho(name: string): void {
  try {
    localStorage.setItem(KEY, name);
  } catch {
    // A browser that keeps nothing: it is typed again.
  }
}
