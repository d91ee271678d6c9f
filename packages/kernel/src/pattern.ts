// AMQP's topic patterns: words between dots, `*` for exactly one word, `#` for none or more.
// https://www.rabbitmq.com/tutorials/amqp-concepts#exchange-topic and AMQP 0-9-1, section 3.1.3.3.

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
