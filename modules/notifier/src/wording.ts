// How a notice looks where there is more than plain text.

import type { Notice } from './notice.ts';

/** A severity's colour, as on the page; what is over is green. */
export function colourOf({ kind, severity }: Pick<Notice, 'kind' | 'severity'>): string {
  if (kind === 'cleared') return '#2e9e5b';
  return { info: '#3b82c4', warning: '#e0a000', critical: '#d43f3a' }[severity];
}

/** Title, lines and link, for where there is only text. */
export function plainText({ title, text, link }: Notice): string {
  return [title, text, link].filter((part) => part !== undefined && part !== '').join('\n');
}

/** Lines and link: what stands below a title. */
export function bodyText({ title, text, link }: Notice): string {
  return [text, link].filter((part) => part !== undefined && part !== '').join('\n') || title;
}

/** A text in which `@all` and `<users/all>` call nobody: machines and sentences come from outside. */
export function callingNobody(text: string): string {
  return text.replace(/[@<]/g, '$&\u200b');
}
