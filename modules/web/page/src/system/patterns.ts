// Binding patterns, as the page needs them: who may hear which family, and whether what somebody typed is one.

/** The longest pattern that a tap takes: a routing key's. */
const PATTERN_BYTES_MAX = 255;

/** The family that carries every instance's counts. */
export const PULSE = 'pulse';

/** Whether a message `<any source>.<family>` may fit a pattern. */
export function mayHear(pattern: string, family: string): boolean {
  const last = pattern.slice(pattern.lastIndexOf('.') + 1);
  return last === family || last === '*' || last === '#';
}

/** Whether a text can be a pattern: words between dots, each a text, `*` for one word or `#` for any number. */
export function isPattern(text: string): boolean {
  if (text === '' || new TextEncoder().encode(text).length > PATTERN_BYTES_MAX) return false;
  return text.split('.').every((word) => word === '*' || word === '#' || /^[^\s*#]+$/u.test(word));
}
