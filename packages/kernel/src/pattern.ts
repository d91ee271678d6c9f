// AMQP's topic patterns: words between dots, `*` for exactly one word, `#` for none or more.
// https://www.rabbitmq.com/tutorials/amqp-concepts#exchange-topic and AMQP 0-9-1, section 3.1.3.3.

import { patternInvalid } from './errors.ts';
import { KEY_BYTES_MAX } from './topic.ts';

/**
 * Checks a binding pattern from outside.
 *
 * @throws CodedError `PATTERN_INVALID` when it is empty, has control characters or takes more than 255 bytes
 */
export function checkPattern(pattern: string): void {
  if (pattern === '') throw patternInvalid(pattern, 'it is empty');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not pass.
  if (/[\u0000-\u001f\u007f]/.test(pattern)) throw patternInvalid(pattern, 'it holds control characters');
  const pattern_bytes = Buffer.byteLength(pattern);
  if (pattern_bytes > KEY_BYTES_MAX) {
    throw patternInvalid(pattern, `it takes ${pattern_bytes} bytes of at most ${KEY_BYTES_MAX}`);
  }
}

/**
 * Makes a matcher for a binding pattern. Runs in time proportional to words of pattern × words of key, whatever the
 * pattern, so that `#.#.#` from outside cannot stall a process.
 */
export function compilePattern(pattern: string): (key: string) => boolean {
  if (pattern === '#') return () => true;
  const wanted = pattern.split('.');
  // The common case `#.word`: the key ends in that word.
  if (wanted.length === 2 && wanted[0] === '#' && wanted[1] !== '#' && wanted[1] !== '*') {
    const word = wanted[1] as string;
    const ending = `.${word}`;
    return (key) => key === word || key.endsWith(ending);
  }
  if (!wanted.includes('#') && !wanted.includes('*')) return (key) => key === pattern;
  return (key) => matchWords(wanted, key.split('.'));
}

function matchWords(wanted: readonly string[], words: readonly string[]): boolean {
  // `reach[i]`: the pattern read so far can match the first i words.
  let reach = new Array<boolean>(words.length + 1).fill(false);
  reach[0] = true;
  for (const want of wanted) {
    const next = new Array<boolean>(words.length + 1).fill(false);
    if (want === '#') {
      let open = false;
      for (let i = 0; i <= words.length; i++) {
        open ||= reach[i] === true;
        next[i] = open;
      }
    } else {
      for (let i = 0; i < words.length; i++) {
        next[i + 1] = reach[i] === true && (want === '*' || want === words[i]);
      }
    }
    reach = next;
  }
  return reach[words.length] === true;
}
