// Light or dark: the system's choice, until the reader makes one. Kept in this browser.

const KEY = 'theme';
const CHOICES = ['system', 'light', 'dark'] as const;

export type Choice = (typeof CHOICES)[number];

export class Theme {
  choice: Choice = $state('system');

  /** @param asked what the address says, for a screen on a wall; it holds for this page alone */
  constructor(asked: string | null) {
    this.#show(choiceOf(asked) ?? choiceOf(stored()) ?? 'system');
  }

  /** The next choice in turn. */
  turn(): void {
    this.choose(CHOICES[(CHOICES.indexOf(this.choice) + 1) % CHOICES.length] as Choice);
  }

  choose(choice: Choice): void {
    this.#show(choice);
    try {
      if (choice === 'system') localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, choice);
    } catch {
      // A browser that keeps nothing: it holds until the page is left.
    }
  }

  #show(choice: Choice): void {
    this.choice = choice;
    if (choice === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = choice;
  }
}

function choiceOf(text: string | null): Choice | undefined {
  return CHOICES.find((choice) => choice === text);
}

function stored(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
