// What a few typed letters mean: the places where they stand in a text, in order, and how good that is.

/**
 * How well `typed` fits `text`: higher is better, undefined is not at all. Each word of it must stand in the text; at the front of
 * a word counts more than inside, and of equals the shorter text wins.
 */
export function fitOf(typed: string, text: string): number | undefined {
  const haystack = text.toLowerCase();
  let fit = 0;
  for (const word of typed.toLowerCase().split(/\s+/)) {
    if (word === '') continue;
    const at = haystack.indexOf(word);
    if (at === -1) return undefined;
    const before = haystack.charAt(at - 1);
    fit += at === 0 ? 3 : /[^\p{L}\p{N}]/u.test(before) ? 2 : 1;
  }
  return fit - text.length / 1000;
}
