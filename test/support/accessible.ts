// What axe-core finds on a page: what keeps somebody from reading or using it.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults, Result } from 'axe-core';
import type { Page } from 'playwright-core';

/** Of its four degrees those that nobody gets past. */
const GRAVE: readonly unknown[] = ['serious', 'critical'];

/** Places that are named of one violation. */
const PLACES_MAX = 8;

/** The engine as text. Evaluated by the browser's tools, it needs no leave of the page's Content-Security-Policy. */
const source = () => readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What is seriously or critically wrong with the page as it stands, a paragraph each; none when nothing is. */
export async function barriersOn(page: Page): Promise<string[]> {
  await page.evaluate(source());
  const { violations }: AxeResults = await page.evaluate(
    // Runs in the browser, where there is no frame inside the page.
    `axe.run(document, { iframes: false, resultTypes: ['violations'] })`,
  );
  return violations.filter(({ impact }) => GRAVE.includes(impact)).map(told);
}

function told({ id, impact, help, nodes }: Result): string {
  const places = nodes.slice(0, PLACES_MAX).map(({ target, html, failureSummary = '' }) => {
    const [, ...why] = failureSummary.split('\n').map((line) => line.trim());
    return `  ${target.join(' ')}  ${html.slice(0, 160)}\n    ${why.join('; ')}`;
  });
  const more = nodes.length > PLACES_MAX ? [`  and ${nodes.length - PLACES_MAX} more`] : [];
  return [`${id} (${impact}): ${help}`, ...places, ...more].join('\n');
}
