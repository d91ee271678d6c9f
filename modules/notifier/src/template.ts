// Templates: a text with {{title}} and others in it. In JSON they stand inside its texts, so that whatever a sentence
// holds, JSON it stays.

import type { Tools } from './channel.ts';
import type { Notice } from './notice.ts';

/** What may stand between the braces. */
const FIELDS: Readonly<Record<string, (notice: Notice) => unknown>> = {
  key: ({ key }) => key,
  kind: ({ kind }) => kind,
  severity: ({ severity }) => severity,
  group: ({ group }) => group,
  title: ({ title }) => title,
  text: ({ text }) => text,
  count: ({ count }) => count,
  time: ({ time_ms }) => new Date(time_ms).toISOString(),
  time_ms: ({ time_ms }) => time_ms,
  link: ({ link = '' }) => link,
  machine: ({ alerts }) => alerts[0]?.machine ?? '',
  rule: ({ alerts }) => alerts[0]?.alert.rule ?? '',
  resource: ({ alerts }) => alerts[0]?.alert.resource ?? '',
  sentence: ({ alerts }) => alerts[0]?.alert.sentence ?? '',
  alerts: ({ alerts }) => alerts,
};

const PLACE = /\{\{\s*([^{}]*?)\s*\}\}/g;

/**
 * Makes a function that fills in a template. In JSON, a text that is nothing but one place becomes what stands there: a
 * number for `"{{count}}"`, a list for `"{{alerts}}"`.
 *
 * @throws CodedError `CHANNEL_INVALID` for a place that is unknown, and for JSON that is none
 */
export function readTemplate(template: string, content_type: string, tools: Tools): (notice: Notice) => string {
  for (const [, name = ''] of template.matchAll(PLACE)) {
    if (Object.hasOwn(FIELDS, name)) continue;
    throw tools.refuse('template', `nothing is called {{${name}}}`, `one of ${Object.keys(FIELDS).join(', ')}`);
  }
  if (!/[/+]json\b/.test(content_type)) return (notice) => fill(template, notice);
  let tree: unknown;
  try {
    tree = JSON.parse(template);
  } catch (error) {
    const why = `it is no JSON (${error instanceof Error ? error.message : ''})`;
    throw tools.refuse('template', why, 'JSON with the {{…}} inside its texts, or another content_type');
  }
  return (notice) => JSON.stringify(filledIn(tree, notice));
}

function filledIn(tree: unknown, notice: Notice): unknown {
  if (typeof tree === 'string') {
    const whole = /^\{\{\s*([^{}]*?)\s*\}\}$/.exec(tree)?.[1];
    return whole === undefined ? fill(tree, notice) : FIELDS[whole]?.(notice);
  }
  if (Array.isArray(tree)) return tree.map((each) => filledIn(each, notice));
  if (typeof tree !== 'object' || tree === null) return tree;
  return Object.fromEntries(Object.entries(tree).map(([name, value]) => [name, filledIn(value, notice)]));
}

function fill(text: string, notice: Notice): string {
  return text.replace(PLACE, (_place, name: string) => {
    const value = FIELDS[name]?.(notice);
    return typeof value === 'string' ? value : JSON.stringify(value);
  });
}
