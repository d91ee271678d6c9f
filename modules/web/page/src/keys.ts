// The keyboard: one listener; a view or a dialog puts its keys on top and takes them away when it goes.

/** What a key does. Returns false when it does nothing now, so that others may. */
export type Action = (event: KeyboardEvent) => unknown;

/** By `KeyboardEvent.key`; `Ctrl+k` is Ctrl or, on a Mac, Command. */
export type Bindings = Readonly<Record<string, Action>>;

export class Keys {
  readonly #layers: Bindings[] = [];

  constructor() {
    addEventListener('keydown', (event) => this.#press(event));
  }

  /** Puts keys on top; returns the function that takes them away. What is typed into a field is not for it, unless with Ctrl or Escape. */
  bind(bindings: Bindings): () => void {
    this.#layers.push(bindings);
    return () => {
      const at = this.#layers.indexOf(bindings);
      if (at !== -1) this.#layers.splice(at, 1);
    };
  }

  #press(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.altKey || event.isComposing) return;
    const dialog = event.target instanceof Element ? event.target.closest('dialog') : null;
    // A dialog has its own, and closes by itself.
    if (dialog?.open === true) return;
    // One that has just closed keeps the focus for a moment.
    const target = dialog === null ? event.target : null;
    const with_control = event.ctrlKey || event.metaKey;
    if (isTyping(target) && !with_control && event.key !== 'Escape') return;
    // A button answers to these itself.
    if (target instanceof HTMLButtonElement && (event.key === ' ' || event.key === 'Enter')) return;
    const name = with_control ? `Ctrl+${event.key}` : event.key;
    for (let i = this.#layers.length - 1; i >= 0; i--) {
      const action = this.#layers[i]?.[name];
      if (action === undefined || action(event) === false) continue;
      event.preventDefault();
      return;
    }
  }
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLInputElement ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement ||
    (target instanceof HTMLElement && target.isContentEditable)
  );
}
